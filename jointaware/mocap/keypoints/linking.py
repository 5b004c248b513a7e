"""Follow people from frame to frame, for detectors that do not say who is who.

Every track predicts where its person is by constant velocity; detections go to the tracks whose predictions they are
nearest to, all at once, so that two people who cross each other keep their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FARTHEST = 0.5
"""Distance from a prediction, relative to the person's size, up to which a detection continues a track."""
GROWTH = 0.05
"""By which that distance grows with each frame in which the person was lost."""
LONGEST = 60
"""Frames after which a lost person is given up: a track's prediction is no longer worth anything."""
MEMORY = 0.7
"""Share of the earlier velocity in a track's velocity."""


@dataclass
class _Track:
    """A person who is followed. pose: (points, 2) pixels of the last detection. velocity: (2,) pixels/frame."""

    number: int
    frame: int
    pose: np.ndarray
    velocity: np.ndarray

    def predicted(self, frame: int) -> np.ndarray:
        """Where the person would be, (points, 2) pixels; nobody keeps a velocity while unseen for long."""
        return self.pose + self.velocity * min(frame - self.frame, 10)

    def take(self, frame: int, pose: np.ndarray) -> None:
        """Continue with a detection; points that it lacks move along."""
        moved, missing = self.predicted(frame), np.isnan(pose)
        steps = (pose - self.pose)[~(missing | np.isnan(self.pose)).any(axis=1)]
        if len(steps):
            step = steps.sum(axis=0) / (len(steps) * (frame - self.frame))
            self.velocity = MEMORY * self.velocity + (1 - MEMORY) * step
        self.frame, self.pose = frame, np.where(missing, moved, pose)


def link(numbers: np.ndarray, keypoints: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Number of the person of every detection, (detections,), from 0.

    numbers: (detections,) frame of each. keypoints: (detections, points, 2) pixels, NaN where a point is missing.
    confidence: (detections, points).
    """
    order = np.argsort(numbers, kind="stable")
    frames, counts = np.unique(numbers, return_counts=True)
    tracks = np.zeros(len(numbers), int)
    if counts.max() == 1 and _is_steady(numbers[order], keypoints[order]):
        return tracks
    alive: list[_Track] = []
    made = 0
    for frame, rows in zip(frames.tolist(), np.split(order, np.cumsum(counts)[:-1]), strict=True):
        alive = [track for track in alive if frame - track.frame <= LONGEST]
        taken = _assign(alive, frame, keypoints[rows])
        for place, row in enumerate(rows):
            track = taken.get(place)
            if track is None:
                track = _Track(made, frame, keypoints[row], np.zeros(2))
                alive.append(track)
                made += 1
            else:
                track.take(frame, keypoints[row])
            tracks[row] = track.number
    return tracks


def _assign(alive: list[_Track], frame: int, poses: np.ndarray) -> dict[int, _Track]:
    """The track that each detection continues, by its place among those of the frame."""
    from scipy.optimize import linear_sum_assignment

    if not alive:
        return {}
    limits = np.array([FARTHEST + GROWTH * (frame - track.frame - 1) for track in alive])
    predicted = np.stack([track.predicted(frame) for track in alive])
    costs = _distances(predicted, poses) / limits[:, None]
    chosen = zip(*linear_sum_assignment(np.minimum(costs, 2.0)), strict=True)
    return {int(place): alive[track] for track, place in chosen if costs[track, place] < 1}


def _distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distances between (tracks, points, 2) and (detections, points, 2), relative to their size."""
    mean = _mean_distance(first[:, None] - second[None])
    return mean / np.maximum(_size(first)[:, None], _size(second)[None])


def _mean_distance(offsets: np.ndarray) -> np.ndarray:
    """Mean length of the offsets (..., points, 2) that are known; infinite where none is."""
    apart = np.hypot(offsets[..., 0], offsets[..., 1])
    known = ~np.isnan(apart)
    if known.all():
        return np.add.reduce(apart, axis=-1) / apart.shape[-1]
    count = known.sum(axis=-1)
    return np.where(count > 0, np.where(known, apart, 0).sum(axis=-1) / np.maximum(count, 1), np.inf)


def _size(poses: np.ndarray) -> np.ndarray:
    """The longer side of the box around every pose, pixels, at least 1."""
    sides = np.fmax.reduce(poses, axis=-2) - np.fmin.reduce(poses, axis=-2)
    return np.fmax(np.fmax(sides[..., 0], sides[..., 1]), 1.0)


def _is_steady(numbers: np.ndarray, keypoints: np.ndarray) -> bool:
    """Whether detections, one a frame, are near each other from frame to frame: of one person without doubt."""
    if len(numbers) < 2:
        return True
    steps, mean = np.diff(numbers), _mean_distance(np.diff(keypoints, axis=0))
    limits = FARTHEST + GROWTH * (steps - 1)
    return bool((np.isinf(mean) | (mean <= limits * _size(keypoints[1:])) | (steps > LONGEST)).all())
