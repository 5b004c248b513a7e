"""A grid of experiments in DVC's queue, two at a time, as docs/pipeline.md shows it."""

import re
import shutil
import time
from pathlib import Path

import pytest

from tests.tiny import read_yaml
from tests.tiny_checkout import fails, is_clean, run

WEIGHT = "experiments.joint_aware.losses.velocity"


def finish(folder: Path) -> str:
    """Run everything in the queue; returns its last status."""
    run(folder, "dvc queue start --jobs 2")
    while re.search(r"Queued|Running", status := run(folder, "dvc queue status")):
        time.sleep(1)
    return status


@pytest.mark.slow
def test_a_grid_runs_two_at_a_time_is_listed_narrowly_and_applied(reproduced, tmp_path, monkeypatch):
    clone = shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)
    run(clone, f"dvc exp run --queue -S {WEIGHT}=2.0,5.0")
    assert finish(clone).count("Success") == 2
    assert is_clean(clone)
    monkeypatch.setenv("COLUMNS", "120")
    listed = run(clone, "python -m workflow.experiments")
    assert max(map(len, listed.splitlines())) <= 120
    assert "…" not in listed
    tried = dict(re.findall(r"^  (\S+)  joint_aware\.losses\.velocity=(\S+)$", listed, re.MULTILINE))
    assert set(tried.values()) == {"2.0", "5.0"}
    assert "joint_aware.MP" in listed
    assert "wide_clips" not in listed
    name = next(name for name, value in tried.items() if value == "2.0")
    run(clone, f"dvc exp apply {name}")
    assert read_yaml(clone / "params.yaml")["experiments"]["joint_aware"]["losses"]["velocity"] == 2.0
    assert "up to date" in run(clone, "dvc status")
    assert "joint_aware.MP" in run(clone, "dvc metrics diff")


@pytest.mark.slow
def test_motion_that_git_does_not_track_is_missed_in_one_line_with_the_cure(reproduced, tmp_path):
    clone = shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)
    (clone / "licensed/S1").mkdir()
    (clone / "licensed/S1/Walking.npz").touch()
    said = fails(clone, "dvc exp run --temp -S data.source=arrays -S data.path=licensed")
    assert f"only files that git tracks: name it {clone / 'licensed'} in params.yaml" in said
