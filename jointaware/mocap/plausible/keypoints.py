"""Plausible keypoints: detected in every frame, near the projected joints, and normalised where they should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.plausible import Finding
from jointaware.pose.skeleton import JOINTS

NEAR, DISPLACED = 50.0, 100.0
"""Largest median distance of detected keypoints from the projected joints, in pixels: in general, and in one sequence
whose keypoints move with the joints at a constant distance. Three takes of Human3.6M's S9 (Greeting, SittingDown 1,
Waiting 1) are such: their joints are known to be displaced by 0.2 m, which is some 50 pixels."""

ALIKE = 0.1
"""Least correlation of keypoints and joints from side to side in a sequence. It is above 0.5 for a detector that is
20 pixels off, and below zero for a person in the middle seen by another camera, who is not far off in pixels."""

STRIDE, SAMPLES = 10, 20
"""Medians are taken over every n-th frame, and of a sequence over so many: neighbouring frames differ little."""

_COCO = product(("shoulder", "elbow", "hand", "hip", "knee", "foot"), ("left", "right"))

JOINT_AT = {
    "h36m": {joint: joint for joint in range(len(JOINTS))},
    "coco": {5 + number: JOINTS.index(f"{side}_{part}") for number, (part, side) in enumerate(_COCO)},
}
"""By layout, the joint at each keypoint that has one. COCO's nose, eyes and ears have none."""

SCREEN, SCREEN_MEDIAN = 100.0, 10.0
"""Largest absolute value of normalised screen coordinates, and of their median."""

LOOKS_LIKE = "other cameras, another take, a shift in time, another resolution, or no pixels?"


def find_lost(keypoints: np.ndarray, where: object) -> Iterator[Finding]:
    """Find frames without a detection: a keypoint at (0, 0), or all at one point.

    keypoints: (frames, 17, 2) pixels.
    """
    lost = keypoints[:, 0, 0] == keypoints[:, 1, 0]
    if lost.any():
        lost &= (keypoints == keypoints[:, :1]).all(axis=(1, 2))
    if not keypoints.all():
        lost |= (keypoints == 0).all(axis=2).any(axis=1)
    if lost.any():
        yield Finding(
            "lost_keypoints",
            f"{where}: frame {int(np.argmax(lost))} has keypoints at (0, 0) or all at one point, "
            f"as have {lost.sum()} of {len(lost)} frames, expected a detection in each",
        )


def check_screen(keypoints: np.ndarray, where: object) -> None:
    """Raise InputError unless keypoints are finite and in normalised screen coordinates, as far as that can be seen."""
    largest = np.abs(keypoints).max()
    median = np.median(np.abs(keypoints[::STRIDE]))
    if not (largest <= SCREEN and median <= SCREEN_MEDIAN):
        found = f"{largest:.3g} at most and {median:.3g} in the median"
        raise InputError(
            f"{where}: keypoints are {found}, expected normalised screen coordinates, about -1 to 1: pixels?"
        )


@dataclass
class Distances:
    """Distances between keypoints and projected joints in pixels, over all sequences.

    joints: joint at each keypoint that has one, a row of `JOINT_AT`; nothing is measured where it is empty.
    """

    joints: Mapping[int, int]
    names: list[str] = field(default_factory=list)
    detected: list[np.ndarray] = field(default_factory=list)
    projected: list[np.ndarray] = field(default_factory=list)

    def add(self, keypoints: np.ndarray, projected: np.ndarray, name: str) -> None:
        """Take samples of a sequence: (frames, 17, 2) pixels."""
        if self.joints:
            frames = np.linspace(0, len(projected) - 1, SAMPLES).astype(int)
            self.names.append(name)
            self.detected.append(keypoints[frames])
            self.projected.append(projected[frames])

    def median(self) -> float | None:
        """Median over all sequences, in pixels; None if there are none."""
        return float(np.median(_lengths(np.subtract(*self._samples())))) if self.names else None

    def find(self) -> Iterator[Finding]:
        """Find the sequences whose keypoints are those of other motion, and whether most are."""
        if not self.names:
            return
        detected, projected = self._samples()
        offsets = detected - projected
        distances = np.median(_lengths(offsets), axis=1)
        spread = np.median(_lengths(offsets - np.median(offsets, axis=1, keepdims=True)), axis=1)
        is_displaced = (distances < DISPLACED) & (spread < distances / 2)
        alike = _correlations(detected, projected)
        for name, distance, displaced, correlation in zip(self.names, distances, is_displaced, alike, strict=True):
            if distance > NEAR and not displaced:
                yield _too_far(name, distance)
            elif correlation < ALIKE:
                found = f"{name}: from side to side, keypoints and projected joints correlate by {correlation:.2f}"
                expected = f"expected at least {ALIKE:g}: other cameras, or left and right exchanged?"
                yield Finding("projection", f"{found}, {expected}")
        if (median := self.median()) is not None and median > NEAR:
            yield _too_far("all sequences", median)

    def _samples(self) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints and the projected joints at them, each (sequences, samples, 2) pixels."""
        each = (self.detected, list(self.joints)), (self.projected, list(self.joints.values()))
        detected, projected = (np.stack(samples)[:, :, at].reshape(len(samples), -1, 2) for samples, at in each)
        return detected, projected


def _lengths(offsets: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(offsets[..., 0], offsets[..., 1]))


def _too_far(name: str, distance: float) -> Finding:
    found = f"{name}: the keypoints are {distance:.3g} pixels from the projected joints in the median"
    return Finding("projection", f"{found}, expected at most {NEAR:g}: {LOOKS_LIKE}")


def _correlations(detected: np.ndarray, projected: np.ndarray) -> np.ndarray:
    """Correlation in x about the mean of each frame, one value per sequence; outliers are clipped.

    detected, projected: (sequences, samples, 2) pixels, the samples of each frame together.
    """
    detected, projected = (_about_mean(each[..., 0].reshape(len(each), SAMPLES, -1)) for each in (detected, projected))
    detected = detected.clip(projected.min(axis=1, keepdims=True), projected.max(axis=1, keepdims=True))
    scale = np.sqrt((detected**2).sum(axis=1) * (projected**2).sum(axis=1))
    return np.divide((detected * projected).sum(axis=1), scale, out=np.ones(len(scale)), where=scale > 0)


def _about_mean(values: np.ndarray) -> np.ndarray:
    """Differences from the mean of the last axis, (sequences, samples)."""
    return np.asarray(values - values.mean(axis=-1, keepdims=True)).reshape(len(values), -1)
