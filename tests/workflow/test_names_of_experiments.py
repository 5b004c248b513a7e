"""Whatever an experiment is called, DVC runs no shell command from its name and deletes nothing of the user's."""

import shutil
from pathlib import Path

import pytest

from jointaware.errors import InputError
from stages import train
from tests.house import ROOT
from tests.tiny import read_yaml, write_yaml
from tests.tiny_checkout import fails, is_clean, run

STAGES = read_yaml(ROOT / "dvc.yaml")["stages"]
REFUSED = "error: params.yaml: experiments: found"
"""What a stage says."""
NOT_FOUND = "workflow/names_have_no_slash.yaml' does not exist"
"""What DVC says before it does anything."""


def test_commands_hold_nothing_that_comes_from_params_yaml():
    for name, stage in STAGES.items():
        assert "${" not in stage.get("do", stage)["cmd"], name


def test_every_stage_is_found_for_plain_names_only():
    for name, stage in STAGES.items():
        fields = stage.get("do", stage)
        paths = " ".join(map(str, fields["outs"]))
        if "foreach" in stage:
            assert fields["wdir"] == "models/${key}/../../${data.source}/..", name
        elif "${" in paths:
            assert fields["wdir"] == "${data.source}/..", name
        assert fields.get("vars") == (["workflow/names_have_no_slash.yaml"] if "${" in paths else None), name
    assert not read_yaml(ROOT / "workflow/names_have_no_slash.yaml")


@pytest.mark.parametrize("stage", ["train@no_such", "train", "train@", "@", ""])
def test_a_stage_of_no_experiment_is_refused(checkout, stage):
    with pytest.raises(InputError, match="expected a stage, @, and one of baseline"):
        train.main(["--params", "params.yaml", "--stage", stage, "--sequences", "s.safetensors", "--out", "models"])


@pytest.fixture
def spoiled(reproduced, tmp_path) -> Path:
    """A finished checkout within a folder that has something else as well."""
    shutil.copytree(reproduced, tmp_path / "checkout", symlinks=True)
    for folder in (tmp_path / "precious", tmp_path / "checkout/precious"):
        folder.mkdir()
        (folder / "file").touch()
    return tmp_path / "checkout"


def add(folder: Path, name: str) -> None:
    parameters = read_yaml(folder / "params.yaml")
    parameters["experiments"][name] = {"role": "other"}
    write_yaml(folder / "params.yaml", parameters)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "name", "says"),
    [
        ("dvc repro", "x$(touch pwned)", REFUSED),
        ("dvc repro", "x'\"; touch pwned #`touch pwned`\ntouch pwned", REFUSED),
        ("dvc repro --single-item train", "-rf; touch pwned", REFUSED),
        ("dvc repro", "../precious", NOT_FOUND),
        ("dvc repro --single-item train", "../../precious", NOT_FOUND),
        ("dvc repro --downstream evaluate", "../../precious", NOT_FOUND),
        ("dvc exp run", "..", NOT_FOUND),
    ],
)
def test_a_hostile_name_is_refused_in_one_line_and_nothing_is_run_or_lost(spoiled, how, name, says):
    add(spoiled, name)
    printed = fails(spoiled, how)
    assert says in printed
    assert "Traceback" not in printed
    for folder in (spoiled, spoiled.parent):
        assert not list(folder.rglob("pwned"))
        assert (folder / "precious/file").is_file()
    run(spoiled, "git checkout params.yaml")
    shutil.rmtree(spoiled / "precious")
    assert is_clean(spoiled)


@pytest.mark.parametrize("source", ["../precious", "..", "a/b", "", "/tmp"])
def test_a_source_that_is_a_path_is_refused_as_well(spoiled, source):
    parameters = read_yaml(spoiled / "params.yaml")
    parameters["data"]["source"] = source
    write_yaml(spoiled / "params.yaml", parameters)
    assert NOT_FOUND in fails(spoiled, "dvc repro")
    assert (spoiled / "data/raw").is_dir()
