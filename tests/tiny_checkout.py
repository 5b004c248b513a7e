"""A tiny checkout of its own, in which commands run as a user types them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.tiny import STUDY, tiny_parameters, write_yaml

EXPERIMENTS = ["wide_clips", "joint_aware"]
"""What differences need at least."""
SMALL = {"cameras": ["54138969"], "actions": ["Eating", "Sitting", "Walking"]}


def run(folder: Path, command: str) -> str:
    """Run a command in a folder with this Python's tools; returns what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command.split(), cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def fails(folder: Path, command: str) -> str:
    """Run a command that must fail; returns what it printed."""
    with pytest.raises(AssertionError) as failed:
        run(folder, command)
    return str(failed.value)


def commit(folder: Path, message: str) -> None:
    """Commit everything."""
    run(folder, "git add --all")
    run(folder, f"git -c user.name=a -c user.email=a@b commit --quiet --message {message}")


def repro(folder: Path, options: str = "") -> tuple[set[str], set[str]]:
    """Bring the pipeline up to date; returns what `ran`."""
    return ran(run(folder, f"dvc repro {options}"))


def ran(printed: str) -> tuple[set[str], set[str]]:
    """The stages that ran, and the runs that trained at least one epoch."""
    stages = {line.split("'")[1] for line in printed.splitlines() if line.startswith("Running stage")}
    return stages, set(re.findall(r"^(\w+-\d+) epoch \d", printed, re.MULTILINE))


def is_clean(folder: Path) -> bool:
    """Whether neither DVC nor git sees a change."""
    return "up to date" in run(folder, "dvc status") and not run(folder, "git status --porcelain")


def lay_out(folder: Path) -> None:
    """Fill a folder with a git repository of the files as they are now and tiny parameters, without results."""
    files = run(ROOT, "git ls-files --cached --others --exclude-standard").splitlines()
    for file in files:
        is_made = file.startswith(("tests/", "results/")) and not file.startswith(STUDY)
        if (ROOT / file).is_file() and not is_made and file != "dvc.lock":
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, folder / file)
    parameters = tiny_parameters() | {"seeds": [0]}
    parameters["preprocess"] |= SMALL
    parameters["experiments"] = {name: parameters["experiments"][name] for name in EXPERIMENTS}
    write_yaml(folder / "params.yaml", parameters)
    run(folder, "git init --quiet")
    commit(folder, "tiny")


def reproduce(folder: Path) -> None:
    """Lay out a checkout, commit the results of its stages, and have DVC take them for those of `dvc repro`.

    All stages in one process take a fraction of the time; test_smoke.py makes the same results by `dvc repro`.
    """
    lay_out(folder)
    program = "from pathlib import Path; from tests.tiny import run_everything; run_everything(Path(), page=True)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run(folder, "dvc commit --force --quiet")
    commit(folder, "results")
