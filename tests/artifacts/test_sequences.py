"""The data contract: what is written reads back, and what does not fit together is refused by file."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from jointaware.artifacts.files import sha256
from jointaware.artifacts.sequences import open_sequences, writing_sequences
from jointaware.errors import InputError
from tests.small import change_table


def test_a_split_is_its_sequences_end_to_end(sequences):
    joints = sequences.read("joints")
    np.testing.assert_array_equal(sequences.read("joints", "train"), joints[:95])
    np.testing.assert_array_equal(sequences.read("joints", "test"), joints[135:])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.drop(columns="camera"), "found columns"),
        (lambda table: table.assign(start=table["start"] + 1), "the rows end at frame 169"),
        (lambda table: table.iloc[:-1], "the rows end at frame 135"),
        (lambda table: table.iloc[[0, 2, 3]], "the rows end at frame"),
        (lambda table: table.iloc[:0], "the rows end at frame"),
        (lambda table: table.assign(frames="many"), "expected a table of sequences"),
        (lambda table: table.assign(frames=10**30), "expected a table of sequences"),
        (lambda table: table.assign(frames=2**62), "expected at least 1 frame and at most"),
        (lambda table: table.assign(frames=[40, 0, 95, 33]), "frames 0, .*; expected at least 1 frame"),
        (lambda table: table.assign(frames=[40, -5, 100, 33]), "frames -5, .*; expected at least 1 frame"),
        (lambda table: table.assign(fps=0.01), "fps 0.01; expected 1 to 1000 frames/s"),
        (lambda table: table.assign(fps=np.nan), "expected a table of sequences|expected 1 to 1000 frames/s"),
        (lambda table: table.assign(split="tset"), "split tset, .*; expected a split of train, validation, test"),
        (lambda table: table.assign(subject="S1", action="Walking"), "expected every take and camera once"),
    ],
)
def test_a_table_that_does_not_fit_its_arrays_is_refused(sequences, change, words):
    path = sequences.path.with_suffix(".csv")
    change(pd.read_csv(path)).to_csv(path, index=False)
    with pytest.raises(InputError, match=words) as caught:
        open_sequences(sequences.path)
    assert str(caught.value).startswith(str(path))


def with_folds(path: Path, **columns: object) -> None:
    """Give the table two folds: the first two sequences, of S1, and the others."""
    changes = {"split": ["train", "validation", "train", "train"], "fold": [0, 0, 1, 1]} | columns
    change_table(path, lambda table: table.assign(**changes))


def test_every_fold_is_tested_by_networks_trained_on_the_others(sequences):
    joints = sequences.read("joints")
    with_folds(sequences.path)
    found = open_sequences(sequences.path)
    assert found.folds == (0, 1)
    np.testing.assert_array_equal(found.read("joints", "test"), joints)
    np.testing.assert_array_equal(found.read("joints", "test", 1), joints[95:])
    np.testing.assert_array_equal(found.read("joints", "train", 1), joints[:40])
    np.testing.assert_array_equal(found.read("joints", "validation", 1), joints[40:95])
    np.testing.assert_array_equal(found.read("joints", "train", 0), joints[95:])
    assert found.of("validation", 0).empty


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"fold": 0}, "found the folds 0; expected 0, 1 and so on"),
        ({"fold": [0, 0, 2, 2]}, "found the folds 0, 2; expected 0, 1 and so on"),
        ({"fold": [0, 1, 1, 1]}, "found subject S1 in several folds; expected each in one"),
        ({"split": "test"}, "found the split test; expected train or validation"),
        ({"fold": "first"}, "expected a table of sequences"),
    ],
)
def test_folds_that_share_a_subject_or_a_test_split_are_refused(sequences, columns, words):
    with pytest.raises(InputError, match=words):
        with_folds(sequences.path, **columns)


def test_a_table_of_other_splits_is_not_taken_for_that_of_the_arrays(sequences):
    """Checkpoints, networks and predictions are known by the digest of the arrays: it has to change with the table."""
    before = sha256(sequences.path)
    path = sequences.path.with_suffix(".csv")
    pd.read_csv(path, keep_default_na=False).assign(split="test").to_csv(path, index=False)
    with pytest.raises(InputError, match=f"^{path}: differs from the table that {sequences.path} was written with"):
        open_sequences(sequences.path)
    sequences.table.to_csv(path, index=False)
    change_table(sequences.path, lambda table: table.assign(split="test"))
    assert sha256(sequences.path) != before


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"subject\n\xe9\n", b"\x00" * 100, b'"' * 99])
def test_a_table_that_is_no_text_is_refused_in_one_line(sequences, content):
    path = sequences.path.with_suffix(".csv")
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_sequences(sequences.path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".safetensors", ".csv"])
def test_a_pipe_in_place_of_sequences_is_refused_instead_of_waited_for(sequences, suffix):
    path = sequences.path.with_suffix(suffix)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match=f"{path}: found a named pipe, expected a file"):
        open_sequences(sequences.path)


@pytest.mark.parametrize("flaw", ["no root", "other shape", "other type", "truncated", "empty", "foreign"])
def test_arrays_that_are_not_ours_are_refused(sequences, flaw):
    arrays, path = load_file(sequences.path), sequences.path
    if flaw == "no root":
        del arrays["root"]
    elif flaw == "other shape":
        arrays["joints"] = arrays["joints"][:, :16].copy()
    elif flaw == "other type":
        arrays["joints"] = arrays["joints"].astype(np.float64)
    save_file(arrays, path)
    if flaw in ("truncated", "empty", "foreign"):
        path.write_bytes({"truncated": path.read_bytes()[:500], "empty": b"", "foreign": b"PK\x03\x04" * 30}[flaw])
    with pytest.raises(InputError, match=r"sequences\.(safetensors|csv)"):
        open_sequences(path)


def corrupt(sequences, name, change):
    """Change one array of a file."""
    arrays = load_file(sequences.path)
    arrays[name] = np.ascontiguousarray(change(arrays[name].copy()), np.float32)
    save_file(arrays, sequences.path)


def put(value, *place):
    """A change of one value."""

    def change(array):
        array[place] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("joints", lambda joints: 1000 * joints, r"millimetres\?"),
        ("joints", lambda joints: joints + np.float32(0.5), "the root of frame 0 is 0.5 m from the origin"),
        ("joints", put(77.0, 150, 16, 0), r"S9/Walking, camera 54138969: .*first in frame 15"),
        ("joints", put(np.nan, 150, 16, 0), "joints of frame 15 are not finite"),
        ("joints", put(np.inf, 150, 16, 0), "joints of frame 15 are not finite"),
        ("root", lambda root: -root, "in 33 of 33 frames the root is behind the camera"),
        ("root", lambda root: 1000 * root, "a kilometre away"),
        ("root", put(np.nan, 150, 2), "the root is not finite"),
        ("keypoints", lambda keypoints: 500 * keypoints + 500, r"expected normalised screen coordinates, .*: pixels\?"),
        ("keypoints", put(np.nan, 150, 16, 0), "keypoints are nan at most"),
        ("keypoints", put(1e6, 150, 16, 0), r"keypoints are 1e\+06 at most"),
    ],
)
def test_arrays_that_are_not_plausible_are_refused_when_they_are_read(sequences, name, change, words):
    corrupt(sequences, name, change)
    with pytest.raises(InputError, match=words) as caught:
        open_sequences(sequences.path).read(name, "test")
    assert str(caught.value).startswith(str(sequences.path))


def test_what_was_allowed_when_sequences_were_made_is_allowed_when_they_are_read(sequences):
    arrays = load_file(sequences.path)
    arrays["joints"] *= 2
    with writing_sequences(sequences.path, sequences.table, allow=["bones"]) as write:
        write(0, arrays)
    np.testing.assert_array_equal(open_sequences(sequences.path).read("joints"), arrays["joints"])


@pytest.mark.parametrize(
    ("mirrored", "words"),
    [
        ("[0, 1", "mirrored_keypoints is '.0, 1', expected a list"),
        ("{}", "expected a list"),
        ("[" * 100_000, "expected a list"),
        ("[0, 1, 2]", "has 3 numbers, expected 17"),
        (str([0, 16, *range(2, 17)]), "keypoint 1 is mirrored to 16, expected an exchange"),
        (json.dumps(["a", *range(1, 17)]), "keypoint 0 is mirrored to a"),
    ],
)
def test_a_header_whose_mirror_list_is_damaged_or_no_exchange_is_refused(sequences, mirrored, words):
    save_file(load_file(sequences.path), sequences.path, metadata={"mirrored_keypoints": mirrored})
    with pytest.raises(InputError, match=words):
        open_sequences(sequences.path)


def test_pieces_written_in_any_order_are_what_safetensors_reads(sequences, tmp_path):
    arrays, path = load_file(sequences.path), tmp_path / "again.safetensors"
    with writing_sequences(path, sequences.table, mirrored_keypoints=range(17)) as write:
        for start in (95, 0):
            write(start, {name: array[start : start + 95] for name, array in arrays.items()})
    again = open_sequences(path)
    assert again.mirrored_keypoints == tuple(range(17))
    for name, array in load_file(path).items():
        np.testing.assert_array_equal(array, arrays[name])
        np.testing.assert_array_equal(again.read(name), arrays[name])


def test_sequences_that_stop_halfway_leave_nothing_and_the_earlier_ones_stay(sequences):
    before = sequences.path.read_bytes(), sequences.path.with_suffix(".csv").read_bytes()
    with pytest.raises(OSError, match="full"), writing_sequences(sequences.path, sequences.table) as write:
        write(0, load_file(sequences.path))
        raise OSError("disk full")
    assert (sequences.path.read_bytes(), sequences.path.with_suffix(".csv").read_bytes()) == before
    assert len(list(sequences.path.parent.iterdir())) == 2
