"""A study is checked by the list of its files."""

import shutil

import numpy as np
import pytest

from bench.faults.flips import flip_bit
from jointaware.lineage.studies import LIST, check_studies, list_files
from tests.house import ROOT
from tests.tiny import STUDY


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(ROOT / STUDY, tmp_path / STUDY).relative_to(tmp_path)


def problems() -> list[str]:
    return [problem.text for problem in check_studies()[1]]


def test_every_study_in_git_has_a_list_that_fits(monkeypatch):
    monkeypatch.chdir(ROOT)
    folders = [path for path in (ROOT / "results/studies").iterdir() if path.is_dir()]
    assert folders
    assert all((folder / LIST).is_file() for folder in folders)
    count, wrong = check_studies()
    assert count >= 4 * len(folders)
    assert not wrong


def test_a_flipped_bit_in_any_file_of_a_study_is_named(study):
    assert problems() == []
    for path in sorted(study.iterdir()):
        whole = path.read_bytes()
        for seed in range(3):
            flip_bit(path, np.random.default_rng(seed))
            assert any(str(path) in text for text in problems()), (path, seed)
            path.write_bytes(whole)


def test_a_file_that_is_gone_or_new_is_named(study):
    (study / "runs.csv").rename(study / "others.csv")
    found = problems()
    assert f"{study}/others.csv: not listed in {study}/{LIST}" in found
    assert f"{study}/runs.csv: missing" in found


def test_a_study_listed_again_is_whole(study):
    (study / "runs.csv").write_text("a,b\n")
    assert problems()
    list_files(study)
    assert problems() == []
