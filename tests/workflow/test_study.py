"""Keeping results as a study: whole, told in words, and only when they are those of the parameters."""

import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from jointaware.artifacts.parameters import load
from jointaware.artifacts.scores import runs_of
from jointaware.errors import InputError
from tests.house import ROOT
from workflow import study


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The results of this repository, and a `dvc status` that finds them current."""
    shutil.copytree(ROOT / "results", tmp_path / "results", ignore=shutil.ignore_patterns("runs", "studies"))
    for name in ("params.yaml", "dvc.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    for run in runs_of(load(ROOT / "params.yaml")):
        (tmp_path / "models" / run.name).mkdir(parents=True)
        (tmp_path / "models" / run.name / "run.json").write_text('{"commit": "0123456789abcdef+"}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["study", "mine"])
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    return tmp_path


def test_a_study_holds_the_results_their_origin_and_a_page(checkout):
    study.main()
    folder = checkout / "results/studies/mine"
    for name in ("params.yaml", "dvc.lock"):
        assert (folder / name).read_bytes() == (ROOT / name).read_bytes()
    for name in ("claims.csv", "tables/differences.csv", "figures/differences.svg"):
        assert (folder / name).read_bytes() == (ROOT / "results" / name).read_bytes()
    page = (folder / "README.md").read_text()
    assert "tested on S9, S11" in page
    assert "the code of commit 0123456789 made them" in page
    assert "Of 22 claims 0 are reproduced, 1 are not, and 21 cannot be tested on this motion." in page
    assert "A Savitzky-Golay filter on the predictions of `wide` changes MPJPE" in page
    assert "## Each term alone, and left out" in page
    assert "## Not reproduced" in page
    assert "3.65 times as many" in page


def test_results_of_other_parameters_are_refused(checkout, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    with pytest.raises(InputError, match=r"results: is not what params\.yaml gives"):
        study.main()
    assert not (checkout / "results/studies").exists()


def test_a_second_study_of_the_name_takes_the_place_of_the_first(checkout):
    study.main()
    (checkout / "results/studies/mine/old").touch()
    study.main()
    assert not (checkout / "results/studies/mine/old").exists()
