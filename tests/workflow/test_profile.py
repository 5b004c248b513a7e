"""Changing the parameter set: edits that exist nowhere else are not overwritten."""

import shutil
import subprocess

import pytest

from jointaware.errors import InputError
from tests.house import ROOT
from workflow import profile


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git repository with the profiles and the demo in params.yaml."""
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    shutil.copy(ROOT / "profiles/demo.yaml", tmp_path / "params.yaml")
    for command in ("init --quiet", "add --all", "-c user.name=a -c user.email=a@b commit --quiet --message first"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_profile_takes_the_place_of_the_parameters_and_goes_back(checkout):
    profile.main(["paper"])
    assert (checkout / "params.yaml").read_text() == (checkout / "profiles/paper.yaml").read_text()
    profile.main(["demo"])
    assert (checkout / "params.yaml").read_text() == (checkout / "profiles/demo.yaml").read_text()


def test_edits_that_exist_nowhere_else_are_not_overwritten(checkout):
    edited = (checkout / "params.yaml").read_text().replace("\n  epochs: ", "\n  epochs: 1")
    (checkout / "params.yaml").write_text(edited)
    with pytest.raises(InputError, match="has edits that are in no commit and no profile"):
        profile.main(["paper"])
    assert (checkout / "params.yaml").read_text() == edited
    (checkout / "profiles/mine.yaml").write_text(edited)
    profile.main(["paper"])


def test_parameters_that_are_no_text_are_edits_too(checkout):
    (checkout / "params.yaml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="has edits that are in no commit and no profile"):
        profile.main(["paper"])
    assert (checkout / "params.yaml").read_bytes() == b"\xff"
