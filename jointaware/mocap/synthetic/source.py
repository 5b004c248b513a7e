"""Synthetic motion as a source: every subject performs every action twice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

from jointaware.mocap.actions import ACTIONS
from jointaware.mocap.arrays import write_take
from jointaware.mocap.sources import SyntheticSettings
from jointaware.mocap.synthetic.takes import SUBJECTS, synthesize
from jointaware.progress import follow

SUBACTIONS = ("", "1")


def fetch(settings: SyntheticSettings, path: Path, raw: Path, subjects: Sequence[str]) -> dict[Path, str]:
    """Generate every take of every subject, as motion arrays."""
    names = list(product(SUBJECTS, ACTIONS, SUBACTIONS))
    origin = f"jointaware.mocap.synthetic.synthesize, seed {settings.seed}"
    return {
        write_take(raw, synthesize(*name, frames=settings.frames, fps=settings.fps, seed=settings.seed)): origin
        for name in follow(names, "synthetic motion", total=len(names), unit="takes")
    }
