"""Every stage as a command: help worth reading, mistakes in one line, exit status 2."""

import subprocess
import sys

import pytest

from tests.house import ROOT

STAGES = ["fetch", "preprocess", "train", "predict", "evaluate", "aggregate"]


def call(stage: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", f"stages.{stage}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("stage", STAGES)
def test_help_starts_with_what_the_stage_does_and_names_every_path(stage):
    done = call(stage, "--help")
    first = (ROOT / f"stages/{stage}.py").read_text().splitlines()[0].strip('"')
    assert done.returncode == 0
    assert first in done.stdout
    assert "--out" in done.stdout or "--sequences" in done.stdout or "--manifest" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fetch", "--params", "nowhere.yaml", "--raw", "x", "--manifest", "y"], "nowhere.yaml"),
        (["evaluate", "--sequences", "nowhere.safetensors", "--predictions", "x", "--out", "y"], "nowhere.csv"),
        (["fetch", "--params", "profiles/paper.yaml", "--raw", "x", "--manifest", "y"], "vision.imar.ro"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_2(arguments, words):
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert not (ROOT / "x").exists()
