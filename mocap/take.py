"""A take: one recording of one person, in the form every source gives it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Take:
    """One recording: who, what, which repetition, and the joints.

    joints: (frames, 17, 3) float32, metres, world frame, z up, in the order of `pose.skeleton`.
    """

    subject: str
    action: str
    subaction: str
    joints: np.ndarray
    fps: float
