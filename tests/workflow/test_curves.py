"""Curves are seen while a run trains, here and in DVC's queue."""

import shutil
import time
from pathlib import Path

import pytest

from jointaware.errors import InputError
from jointaware.training import runs
from tests.tiny import train
from workflow import curves
from workflow.curves import read_histories


def test_after_each_epoch_of_a_training_its_curve_is_there(checkout, monkeypatch):
    shutil.rmtree(".checkpoints")
    seen = []
    monkeypatch.setattr(runs, "report", lambda _: seen.append(read_histories(Path(), since=0)))
    train("joint_aware", 0)
    assert [{name: len(history) for name, history in each.items()} for each in seen[:2]] == [
        {"joint_aware-0": 1},
        {"joint_aware-0": 2},
    ]


def test_all_runs_are_on_the_page_those_of_the_queue_by_their_folder(checkout):
    shutil.copytree(".checkpoints", ".dvc/tmp/exps/tmpabc/.checkpoints")
    curves.main(["--once", "--out", "curves.html"])
    page = Path("curves.html").read_text()
    for name in ("joint_aware-0: epoch 2, ", "tmpabc: joint_aware-0: epoch 2, "):
        assert f"<!-- {name}" in page
    assert '<meta http-equiv="refresh" content="10">' in page


def test_runs_without_a_recent_epoch_are_left_out(checkout):
    with pytest.raises(InputError, match=r"^\.checkpoints: found no training of the last 0 hours, expected one$"):
        curves.main(["--once", "--hours", "0"])
    assert not read_histories(Path(), since=time.time() + 1)


def test_runs_of_the_same_name_and_other_parameters_are_told_apart(checkout):
    folder = next(Path(".checkpoints").glob("joint_aware-0-*"))
    shutil.copytree(folder, folder.with_name("joint_aware-0-0123456789abcdef"))
    assert {"joint_aware-0", "joint_aware-0 (2)"} <= set(read_histories(Path(), since=0))
