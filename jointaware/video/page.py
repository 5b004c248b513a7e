"""The report's skeleton player as one offline page for one take."""

from __future__ import annotations

from pathlib import Path

from jointaware.report.page import render_take
from jointaware.report.player import pack_take
from jointaware.video.lifted import Lifted, held


def write(path: Path, take: Lifted) -> None:
    """Write the page; it makes no network requests."""
    words = f"{len(take.root)} frames at {take.fps:g} frames/s, {int(take.lost.sum())} of them lost"
    motion = pack_take(take.name, held(take.placed()), take.fps)
    path.write_text(render_take(motion, take.name, words), encoding="utf-8")
