"""Kill a stage at a random moment, then run it again: the same bytes, and nothing left lying about.

Stages are killed as children of this process, and with everything around them under `dvc repro` and Snakemake.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from bench.faults._checkout import STEPS, Grounds, Step, Try
from bench.faults._child import Child
from bench.faults._commands import run_command, start_command
from bench.faults._verdict import HELD, complaint, difference, digests

PLAIN, UNDER_EACH = 80, 10
COMMANDS = ("dvc repro", "snakemake --cores 2 --quiet")
AFTER_KILL = {
    "dvc repro": ["dvc repro"],
    "snakemake --cores 2 --quiet": ["snakemake --unlock", "snakemake --cores 2 --quiet --rerun-incomplete"],
}
"""What docs/trouble.md advises."""
MADE = (
    "data",
    "models",
    "predictions",
    "smoothers",
    "frame_errors",
    "results/report.html",
    ".checkpoints",
    ".dvc/cache",
    ".dvc/tmp",
)
SIGNALS = (signal.SIGKILL, signal.SIGTERM)


def tries(grounds: Grounds, seed: int) -> Sequence[Try]:
    """Stages killed alone, then whole pipelines."""
    plain = [
        Try(f"{by.name} during {step}, number {number}", partial(_kill_stage, grounds, step, by, [seed, number]))
        for number in range(PLAIN)
        for step, by in [(STEPS[number % len(STEPS)], SIGNALS[number // len(STEPS) % 2])]
    ]
    whole = [
        Try(f"{by.name} during {command}", partial(_kill_command, grounds, command, by, [seed, PLAIN + number]))
        for number in range(UNDER_EACH)
        for command in COMMANDS
        for by in [SIGNALS[number % 2]]
    ]
    return [*plain, *whole]


def _kill_stage(grounds: Grounds, step: Step, by: signal.Signals, seed: list[int]) -> str:
    rng, expected = np.random.default_rng(seed), grounds.results
    with grounds.copy(grounds.finished) as folder:
        seconds = grounds.seconds(step, lambda: grounds.run(step.call, folder))
        if step.stage == "train":
            shutil.rmtree(folder / ".checkpoints")
        if rng.random() < 0.5:  # from nothing; else over earlier results
            _remove(folder, step.outputs)
        with Child(step.call, folder) as child:
            child.kill(by, after=rng.uniform(0, 1.2 * seconds))
            child.wait()
        return complaint(grounds.run(step.call, folder)) or difference(expected, folder)


def _kill_command(grounds: Grounds, command: str, by: signal.Signals, seed: list[int]) -> str:
    rng, expected = np.random.default_rng(seed), digests(grounds.reproduced)
    with grounds.copy(grounds.reproduced) as folder:
        _remove(folder, MADE)
        seconds = grounds.seconds(command, lambda: run_command(command, folder))
        _remove(folder, MADE)
        process = start_command(command, folder)
        time.sleep(rng.uniform(0.05, 1) * seconds)
        os.killpg(process.pid, by)
        process.communicate()
        for again in AFTER_KILL[command]:
            done = run_command(again, folder)
        return _said(done) or difference(expected, folder)


def _said(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stdout + done.stderr).strip().splitlines()
    return f"exit status {done.returncode}: {lines[-1] if lines else 'silence'}" if done.returncode else HELD


def _remove(folder: Path, names: Sequence[str]) -> None:
    for path in (folder / name for name in names):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
