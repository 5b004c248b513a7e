"""Run the same stage twice at the same time, or two whose files overlap: the same results, or one is refused."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from bench.faults._checkout import STEPS, Grounds, Step, Try
from bench.faults._child import Child
from bench.faults._commands import finish, start_command
from bench.faults._verdict import HELD, complaint, difference, digests

ROUNDS = 5
BOTH = {step.stage: step for step in STEPS}
OVERLAPPING = [
    ("evaluate", "aggregate"),
    ("predict", "smooth"),
    ("smooth", "evaluate"),
    ("aggregate", "report"),
    ("preprocess", "train"),
]


def tries(grounds: Grounds, seed: int) -> Sequence[Try]:
    """Every stage beside itself, neighbouring stages, and two `dvc repro`."""
    pairs = [(step, step) for step in STEPS] + [(BOTH[first], BOTH[second]) for first, second in OVERLAPPING]
    stages = [Try(f"{first} and {second}", partial(_both, grounds, first, second)) for first, second in pairs]
    return [*(stages * ROUNDS), Try("dvc repro and dvc repro", partial(_both_repro, grounds))]


def _both(grounds: Grounds, first: Step, second: Step) -> str:
    expected = grounds.results
    with grounds.copy(grounds.finished) as folder, ExitStack() as stack:
        if "train" in (first.stage, second.stage):
            shutil.rmtree(folder / ".checkpoints")
        children = [stack.enter_context(Child(step.call, folder)) for step in (first, second)]
        ended = [child.wait() for child in children]
        grounds.ended += ended
        wrong = [text for each in ended if (text := complaint(each))]
        if wrong or all(each.status for each in ended):
            return wrong[0] if wrong else f"both refused: {ended[0].stderr.strip()}"
        return difference(expected, folder)


def _both_repro(grounds: Grounds) -> str:
    """DVC lets one of them wait or end; afterwards everything is up to date."""
    expected = digests(grounds.reproduced)
    with grounds.copy(grounds.reproduced) as folder:
        for name in ("data", "models", "predictions", "smoothers", ".checkpoints"):
            shutil.rmtree(folder / name)
        shutil.rmtree(folder / ".dvc/cache")
        done = [finish(each) for each in [start_command("dvc repro", folder) for _ in range(2)]]
        if all(each.returncode for each in done):
            return f"both failed: {done[0].stderr.strip().splitlines()[-1]}"
        return "traceback" if any("Traceback" in each.stderr for each in done) else difference(expected, folder) or HELD
