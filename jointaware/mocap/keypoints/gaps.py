"""Fill gaps: points that were not detected in some frames, and frames in which the whole person was lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SECONDS = 0.5
"""Longest loss of a person that is bridged by default."""


def stretches(lost: np.ndarray, gap: int) -> list[slice]:
    """The frames in which a person's pose is known or can be bridged, as slices.

    lost: (frames,) bool. gap: longest run of lost frames that is bridged, in the middle and at both ends.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[True], lost, [True]]).astype(int)))
    seen = edges.reshape(-1, 2)  # first frame and end of each run that is not lost
    parts: list[list[int]] = []
    for first, end in seen.tolist():
        if parts and first - parts[-1][1] <= gap:
            parts[-1][1] = end
        else:
            parts.append([first, end])
    if parts and parts[0][0] <= gap:
        parts[0][0] = 0
    if parts and len(lost) - parts[-1][1] <= gap:
        parts[-1][1] = len(lost)
    return [slice(*part) for part in parts]


def fill(keypoints: np.ndarray, mirrored: Sequence[int]) -> tuple[np.ndarray, tuple[int, ...]]:
    """Keypoints of a stretch without gaps, (frames, points, 2) float32, and the points that were never detected.

    keypoints: (frames, points, 2), NaN where not detected, of a person detected in some frame. mirrored: index of each
    point's counterpart on the other side.

    A point is interpolated linearly between the frames in which it was detected, and stays where it is before the first
    and after the last. One that was never detected is put where its counterpart is, or else amid all others.
    """
    frames = np.arange(len(keypoints))
    filled = keypoints.astype(np.float32)
    known = ~np.isnan(keypoints[..., 0])
    for point in np.flatnonzero(known.any(axis=0) & ~known.all(axis=0)):
        seen = known[:, point]
        for axis in range(2):
            filled[~seen, point, axis] = np.interp(frames[~seen], frames[seen], keypoints[seen, point, axis])
    never = np.flatnonzero(~known.any(axis=0))
    centre = np.delete(filled, never, axis=1).mean(axis=1) if len(never) else None
    for point in never:
        other = mirrored[int(point)]
        filled[:, point] = centre if other in never else filled[:, other]
    return filled, tuple(int(point) for point in never)
