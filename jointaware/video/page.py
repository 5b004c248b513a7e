"""The report's skeleton player as one offline page for one take."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jointaware.pose.skeleton import ROOT
from jointaware.report.page import render_take
from jointaware.report.player import FPS, LIFTED, Take, pack
from jointaware.video.film import bones_of
from jointaware.video.lifted import Lifted

MOST_BYTES = 50_000_000


def write(path: Path, take: Lifted) -> None:
    """Write the page; it makes no network requests."""
    words = f"{len(take.root)} frames at {take.fps:g} frames/s, {int(take.lost.sum())} of them lost"
    path.write_text(render_take(motion([take]), take.name, words), encoding="utf-8")


def motion(takes: list[Lifted]) -> dict[str, object]:
    """Takes for the player, whole; the person is kept in the middle. takes: with keypoints of one layout."""
    points = takes[0].layout.points
    return pack([_shown(take) for take in takes], points=points, bones=bones_of(points), link="video", most=MOST_BYTES)


def _shown(take: Lifted) -> Take:
    step = max(1, round(take.fps / FPS))
    world = take.placed()
    world[..., :2] -= world[:, [ROOT], :2]
    keypoints = np.where(take.known[:, None, None], take.keypoints, np.nan)
    return Take(take.name, "", take.fps / step, {LIFTED: world[::step]}, keypoints[::step], take.lost[::step])
