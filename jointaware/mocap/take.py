"""A take: one recording of one subject, in the form that every source delivers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Take:
    """One recording: subject, action, number of the repetition, and joints.

    joints: (frames, 17, 3) float32, metres, world frame, z up, in the order of `jointaware.pose.skeleton`.
    where: the file it is from, for messages; empty if its name says enough.
    """

    subject: str
    action: str
    subaction: str
    joints: np.ndarray
    fps: float
    where: str = ""

    @property
    def name(self) -> str:
        """Subject, action and subaction in one: `S1/Walking 1`."""
        return take_name(self.subject, self.action, self.subaction)


def take_name(subject: str, action: str, subaction: str) -> str:
    """Name of a take as parameters and messages write it: `S1/Walking 1`."""
    return f"{subject}/{action} {subaction}".rstrip()
