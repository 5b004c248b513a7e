"""Human3.6M, which the user provides: 3D positions in every common form, and detected keypoints."""

from jointaware.mocap.actions import ACTIONS
from jointaware.mocap.cameras import CAMERAS
from jointaware.mocap.h36m.folders import SUBJECTS, Positions, find_positions, split_take
from jointaware.mocap.h36m.keypoints import Keypoints, read_keypoints
from jointaware.mocap.h36m.takes import (
    DETECTORS,
    FPS,
    KEPT_JOINTS,
    LEFT_OUT,
    missing,
    read_positions,
)

__all__ = [
    "ACTIONS",
    "CAMERAS",
    "DETECTORS",
    "FPS",
    "KEPT_JOINTS",
    "LEFT_OUT",
    "SUBJECTS",
    "Keypoints",
    "Positions",
    "find_positions",
    "missing",
    "read_keypoints",
    "read_positions",
    "split_take",
]
