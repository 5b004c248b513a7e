"""Flip one bit in a file between the tables and the raw motion: `workflow.trace --all` names the file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from bench.faults._checkout import Grounds, Try
from bench.faults._child import stage
from bench.faults._verdict import HELD

TRACED = (
    "paper/*.csv",
    "paper/claims.yaml",
    "data/**/*",
    "models/**/*",
    "predictions/**/*",
    "smoothers/**/*",
    "results/**/*",
)
NOT_TRACED = ("results/report.html", "results/provenance/")
"""Made from the traced files, or not part of a number."""


def tries(grounds: Grounds, seed: int) -> Sequence[Try]:
    """One for each file of the finished checkout, in an order that mixes folders."""
    names = {
        path.relative_to(grounds.finished).as_posix()
        for pattern in TRACED
        for path in grounds.finished.glob(pattern)
        if path.is_file()
    }
    chosen = sorted(name for name in names if not name.startswith(NOT_TRACED))
    np.random.default_rng(seed).shuffle(chosen)
    return [Try(name, partial(_flip, grounds, name, [seed, number])) for number, name in enumerate(chosen)]


def _flip(grounds: Grounds, name: str, seed: list[int]) -> str:
    with grounds.copy(grounds.finished) as folder:
        flip_bit(folder / name, np.random.default_rng(seed))
        ended = grounds.run(stage("workflow.trace", ["--all"]), folder)
    if "Traceback" in ended.stderr:
        return f"traceback: {ended.stderr.splitlines()[-1]}"
    named = [line for line in ended.stderr.splitlines() if name in line and line.startswith("error: ")]
    return HELD if ended.status and named else f"exit status {ended.status}, {name} not named"


def flip_bit(path: Path, rng: np.random.Generator) -> None:
    """Flip a random bit of a file."""
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)
