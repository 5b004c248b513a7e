"""Put right what a detector exchanged: left and right of the whole body, of the legs or of the arms, for some frames.

Whoever turns around does so gradually; an exchange makes all points of a part jump at once, there and back. Of all
ways to exchange frames back, the one is taken in which points travel least, where each exchange has a price and so has
the time that it lasts: what is wrong is the shorter part. Exchanges while left and right coincide make no jump, and
stay.
"""

from __future__ import annotations

import numpy as np

from jointaware.mocap.keypoints.layouts import Layout

CHANGE, SECOND = 0.03, 0.03
"""Price of a change of sides and of a second with exchanged sides, in the person's sizes that each point travels."""
PARTS = (None, ("knee", "ankle"), ("elbow", "wrist"))
"""What is exchanged together: everything, or these points."""


def with_sides_right(
    keypoints: np.ndarray, confidence: np.ndarray, layout: Layout, fps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keypoints and confidence with left and right as they were in the frames before, and which frames were changed.

    keypoints: (frames, points, 2), NaN where not detected. confidence: (frames, points). Returns arrays of the same
    shapes, and (frames,) bool.
    """
    keypoints, confidence = keypoints.copy(), confidence.copy()
    mirrored, changed = np.array(layout.mirrored), np.zeros(len(keypoints), bool)
    for names in PARTS:
        is_in = [names is None or name.partition("_")[2] in names for name in layout.points]
        points = np.flatnonzero(is_in & (mirrored != np.arange(len(mirrored))))
        exchanged = find_exchanged(keypoints, points, mirrored, fps)
        for array in (keypoints, confidence):
            array[np.ix_(exchanged, points)] = array[np.ix_(exchanged, mirrored[points])]
        changed |= exchanged
    return keypoints, confidence, changed


def find_exchanged(keypoints: np.ndarray, points: np.ndarray, mirrored: np.ndarray, fps: float) -> np.ndarray:
    """The frames in which left and right of the points are exchanged, (frames,) bool.

    keypoints: (frames, points, 2), NaN where not detected. mirrored: counterpart of each point. This is the Viterbi
    algorithm with two states, sides as they are and exchanged.
    """
    here, there = keypoints[:, points], keypoints[:, mirrored[points]]
    size = _height(keypoints)
    stays = (_travel(here[:-1], here[1:]) / size).tolist()
    changes = (_travel(here[:-1], there[1:]) / size + CHANGE).tolist()
    kept, turned, price, came_from = 0.0, SECOND / fps, SECOND / fps, []
    for stay, change in zip(stays, changes, strict=True):
        to_kept, to_turned = (kept + stay, turned + change), (kept + change, turned + stay)
        came_from.append((to_kept[1] < to_kept[0], to_turned[1] < to_turned[0]))
        kept, turned = min(to_kept), min(to_turned) + price
    states = [turned < kept]
    for origin in reversed(came_from):
        states.append(origin[states[-1]])
    return np.array(states[::-1])


def _height(keypoints: np.ndarray) -> float:
    """About the height in pixels of a person who stands."""
    seen = keypoints[~np.isnan(keypoints[..., 0]).all(axis=1)]
    spread = np.nanmax(seen, axis=1) - np.nanmin(seen, axis=1)
    return max(1.0, float(np.median(spread.max(axis=1))))


def _travel(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Mean distance that points travel, (frames,); 0 where none is seen twice."""
    distance = np.linalg.norm(after - before, axis=-1)
    seen = ~np.isnan(distance)
    return np.asarray(np.where(seen, distance, 0).sum(axis=1) / np.maximum(1, seen.sum(axis=1)))
