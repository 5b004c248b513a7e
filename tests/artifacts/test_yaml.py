"""params.yaml as a file: what is no YAML of ours is refused unread, and YAML is read as people and DVC write it."""

import os
import re
import time
from pathlib import Path

import pytest

from jointaware.artifacts.parameters import Parameters, load
from jointaware.errors import InputError
from tests.house import ROOT

DEMO = ROOT / "profiles/demo.yaml"


def edited(text: str, tmp_path: Path, old: str = "", new: str = "") -> Parameters:
    """The demo with one edit of its text."""
    assert text.count(old) == 1, old
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new))
    return load(path)


@pytest.mark.parametrize("text", ["", "just text", "[1, 2]", "train: [unclosed", "\x00", "seeds: [0]\nseeds: [1]\n"])
def test_what_is_no_yaml_of_ours_is_refused(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=str(path)):
        load(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)), "100000 values"),
        ("a0: &a0 []\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)), "100000 values"),
        ("a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)), "seconds"),
        ("a: &a [*a]", "20 levels of nesting"),
        ("[" * 10**5, "cannot be read"),
        ("#" * 2**19, "found 524288 bytes, expected at most 262144"),
        ("a: 1\na: 2\n", 'line 2: found duplicate key "a"'),
        ("a:\n\tb: 1", "line 2: found character '\\t' that cannot start any token"),
        ("a: !!python/object/apply:os.system [touch pwned]", "line 1: could not determine a constructor for the tag"),
        ("a: !!bool maybe", "cannot be read"),
        ("a: 2001-99-99", "cannot be read"),
        ("a: \0", "cannot be read"),
        ("? {a: 1}\n: 2", "line 1: found unhashable key"),
        ("", "found an empty file, expected YAML"),
    ],
    ids=lambda text: text[:20],
)
def test_yaml_that_is_no_parameters_does_no_harm(tmp_path, text, words):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    started = time.process_time()
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        load(path)
    assert time.process_time() - started < 5
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_what_is_no_text_file_is_refused_unread(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_bytes(DEMO.read_bytes().replace(b"# The demo", b"# \xdc"))
    with pytest.raises(InputError, match="UnicodeDecodeError"):
        load(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match="found a named pipe, expected YAML"):
        load(path)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(InputError, match="found a device, expected YAML"):
        load(path)


@pytest.mark.parametrize("key", ["1", "true", "null", "1.5", "[a]", "NULL", "~"])
def test_a_key_that_is_no_text_is_refused_in_one_line(tmp_path, key):
    path = tmp_path / "params.yaml"
    for text, words in (
        (f"{DEMO.read_text()}  {key}: {{}}\n", "experiments: found"),
        (f"{DEMO.read_text()}{key}: {{}}\n", "unknown key"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=words) as caught:
            load(path)
        assert "\n" not in str(caught.value)


def test_numbers_are_read_as_dvc_and_people_write_them(tmp_path):
    text = DEMO.read_text()
    assert edited(text, tmp_path, "learning_rate: 0.001", "learning_rate: 1e-3").train.learning_rate == 0.001
    small = edited(text, tmp_path, "acceleration: 4.0", "acceleration: 2e-05")
    assert small.experiments["joint_aware"].losses["acceleration"] == 0.00002
    assert edited(text, tmp_path, "learning_rate: 0.001", "learning_rate: 5E-4").train.learning_rate == 0.0005


def test_switches_and_times_of_yaml_1_1_are_text(tmp_path):
    text = DEMO.read_text()
    assert edited(text, tmp_path, "actions: []", "actions: [on, No, yes, 1:30]").preprocess.actions == (
        *("on", "No", "yes", "1:30"),
    )
    with pytest.raises(InputError, match=r"train\.use_flip: found 'on', expected boolean"):
        edited(text.partition("predict:")[0], tmp_path, "use_flip: true", "use_flip: on")


def test_a_subject_that_looks_like_a_number_needs_quotes(tmp_path):
    with pytest.raises(
        InputError, match=r"subjects\.cmu\.test\.0: found 8, expected string\. .* needs quotes: \"08\".$"
    ):
        edited(DEMO.read_text(), tmp_path, 'test: ["02"]', "test: [08]")


def test_a_name_that_is_a_number_needs_quotes(tmp_path):
    with pytest.raises(
        InputError, match=r"experiments: found 8, expected string as a key\. .* needs quotes: \"08\"\.$"
    ):
        edited(DEMO.read_text(), tmp_path, "  wide:", "  08:")
