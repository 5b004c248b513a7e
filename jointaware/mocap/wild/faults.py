"""What detectors get wrong for some frames: keypoints that are lost and bridged, left and right exchanged."""

from __future__ import annotations

import numpy as np

from jointaware.mocap.keypoints.gaps import fill
from jointaware.mocap.keypoints.layouts import Layout

FRAMES = 6
"""Mean duration of a loss or an exchange, frames."""
LIMBS = (("elbow", "wrist"), ("knee", "ankle"))
EXCHANGED = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"), ("knee", "ankle"))
"""Parts of which left and right are exchanged together; all keypoints are another."""


def with_faults(
    pixels: np.ndarray, layout: Layout, *, lost: float, swapped: float, rng: np.random.Generator
) -> np.ndarray:
    """Keypoints with exchanges, and losses filled as `jointaware lift` fills them, (frames, points, 2) float32.

    pixels: (frames, points, 2). lost, swapped: probability per frame that a loss, an exchange starts.
    """
    pixels, mirrored = pixels.copy(), np.array(layout.mirrored)
    swappable = [layout_points(layout, names) for names in EXCHANGED] + [[*range(len(layout.points))]]
    for frames in _spans(len(pixels), swapped, rng):
        points = swappable[rng.integers(len(swappable))]
        pixels[frames, points] = pixels[frames, mirrored[points]]
    losable = [[point] for point in range(len(layout.points))]
    losable += [layout_points(layout, names, side) for names in LIMBS for side in ("left", "right")]
    losable += [[*range(len(layout.points))]]
    whole = pixels.copy()
    for frames in _spans(len(pixels), lost, rng):
        pixels[frames, losable[rng.integers(len(losable))]] = np.nan
    pixels[0] = np.where(np.isnan(pixels[0]), whole[0], pixels[0])  # somebody is seen
    return fill(pixels, layout.mirrored)[0]


def layout_points(layout: Layout, names: tuple[str, ...], *sides: str) -> list[int]:
    """Indices of the points of one side, or of both."""
    return [layout.points.index(f"{side}_{name}") for side in sides or ("left", "right") for name in names]


def _spans(count: int, probability: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Runs of frames that start with this probability in every frame, as columns of indices."""
    starts = np.flatnonzero(rng.random(count) < probability).tolist()
    return [np.arange(start, min(count, start + int(rng.geometric(1 / FRAMES))))[:, None] for start in starts]
