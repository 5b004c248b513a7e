"""Plausible keypoints: detected in every frame, near the projected joints, and normalised where they should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.plausible import Finding
from jointaware.pose.skeleton import (
    JOINTS,
    LEFT_ELBOW,
    LEFT_FOOT,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    RIGHT_ELBOW,
    RIGHT_FOOT,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
)

NEAR, DISPLACED = 50.0, 100.0
"""Largest median distance of detected keypoints from the projected joints, in pixels: in general, and in one sequence
whose keypoints move with the joints at a constant distance. Three takes of Human3.6M's S9 (Greeting, SittingDown 1,
Waiting 1) are such: their joints are known to be displaced by 0.2 m, which is some 50 pixels."""

ALIKE = 0.1
"""Least correlation of keypoints and joints from side to side in a sequence. It is above 0.5 for a detector that is
20 pixels off, and below zero for a person in the middle seen by another camera, who is not far off in pixels."""

STRIDE, FEWEST = 25, 20
"""Distances are measured in every 25th frame, since neighbouring frames differ little, and at least in some 20."""

JOINT_AT = {
    "h36m": {joint: joint for joint in range(len(JOINTS))},
    "coco": {
        5: LEFT_SHOULDER,
        6: RIGHT_SHOULDER,
        7: LEFT_ELBOW,
        8: RIGHT_ELBOW,
        9: LEFT_HAND,
        10: RIGHT_HAND,
        11: LEFT_HIP,
        12: RIGHT_HIP,
        13: LEFT_KNEE,
        14: RIGHT_KNEE,
        15: LEFT_FOOT,
        16: RIGHT_FOOT,
    },
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
    """Distances between keypoints and projected joints in pixels, collected sequence by sequence.

    joints: joint at each keypoint that has one, a row of `JOINT_AT`; nothing is measured where it is empty.
    """

    joints: Mapping[int, int]
    pieces: list[np.ndarray] = field(default_factory=list)

    def add(self, keypoints: np.ndarray, projected: np.ndarray, where: object) -> list[Finding]:
        """Add a sequence, and find whether its keypoints are those of other motion.

        keypoints, projected: (frames, 17, 2) pixels.
        """
        if not self.joints:
            return []
        stride = max(1, min(STRIDE, len(keypoints) // FEWEST))
        keypoints, projected = keypoints[::stride, list(self.joints)], projected[::stride, list(self.joints.values())]
        offsets = (keypoints - projected).reshape(-1, 2)
        self.pieces.append(np.hypot(offsets[:, 0], offsets[:, 1]))
        median = float(np.median(self.pieces[-1]))
        if median > NEAR and not (median < DISPLACED and _spread(offsets) < median / 2):
            return _judge_distance(median, where)
        if (alike := _correlation(keypoints[..., 0], projected[..., 0])) < ALIKE:
            found = f"{where}: from side to side the keypoints correlate with the projected joints by {alike:.2f}"
            expected = f"expected at least {ALIKE:g}: other cameras, or left and right exchanged?"
            return [Finding("projection", f"{found}, {expected}")]
        return []

    def median(self) -> float | None:
        """Median over all sequences, in pixels; None if there are none."""
        return float(np.median(np.concatenate(self.pieces))) if self.pieces else None

    def find(self) -> list[Finding]:
        """Find whether keypoints and joints belong together over all sequences."""
        return _judge_distance(self.median() or 0.0, "all sequences")


def _judge_distance(median: float, where: object) -> list[Finding]:
    if median <= NEAR:
        return []
    found = f"{where}: the keypoints are {median:.3g} pixels from the projected joints in the median"
    return [Finding("projection", f"{found}, expected at most {NEAR:g}: {LOOKS_LIKE}")]


def _correlation(keypoints: np.ndarray, projected: np.ndarray) -> float:
    """Correlation of one coordinate, (frames, keypoints) pixels, about the mean of each frame; outliers are clipped."""
    keypoints, projected = (each - each.mean(axis=1, keepdims=True) for each in (keypoints, projected))
    keypoints = keypoints.clip(projected.min(), projected.max())
    scale = float(np.sqrt((keypoints**2).sum() * (projected**2).sum()))
    return float((keypoints * projected).sum()) / scale if scale else 1.0


def _spread(offsets: np.ndarray) -> float:
    """Median distance of offsets from their middle, in pixels."""
    return float(np.median(np.linalg.norm(offsets - np.median(offsets, axis=0), axis=1)))
