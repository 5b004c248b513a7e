"""What is physically possible: the checks that every reader makes of what it read, and their names.

The checks are free functions in `poses`, `takes` and `keypoints` that return findings; a `Judge` refuses a finding
unless its check is in `preprocess.allow`. This module stays light: it imports no NumPy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jointaware.errors import InputError

CHECKS = {
    "bones": "bones add up to a person's, in metres, and keep their lengths",
    "position": "a person near the origin and in front of every camera, who neither jumps nor rushes",
    "floor": "motion in a world whose floor is at z = 0, not relative to the root",
    "upright": "people who mostly stand, z up, head above feet",
    "copies": "takes that differ from each other",
    "lost_keypoints": "a detection in every frame, no zeros",
    "projection": "keypoints near the projected joints",
    "root": "predictions relative to the root",
    "axes": "predictions with the axes and the order of the true joints",
}
"""Name and meaning of every check whose findings `preprocess.allow` can allow."""

FPS = (1.0, 1000.0)
"""Frame rates that motion is recorded at."""


class Finding(NamedTuple):
    """Something implausible: the check that found it, and one line that says where, what, and what was expected."""

    check: str
    message: str


@dataclass
class Judge:
    """Refuses findings, except those of the checks in `allow`, which it collects in `unusual`."""

    allow: Collection[str] = ()
    unusual: list[Finding] = field(default_factory=list)

    def hear(self, findings: Iterable[Finding]) -> None:
        """Raise InputError for the first finding that is not allowed."""
        for finding in findings:
            if finding.check not in self.allow:
                raise InputError(f"{finding.message} (if it is right: preprocess.allow: [{finding.check}])")
            self.unusual.append(finding)

    def summary(self) -> dict[str, str]:
        """By check the first finding, and how many more there are."""
        messages: dict[str, list[str]] = {}
        for finding in self.unusual:
            messages.setdefault(finding.check, []).append(finding.message)
        more = {check: f"; and {len(found) - 1} more" if len(found) > 1 else "" for check, found in messages.items()}
        return {check: found[0] + more[check] for check, found in messages.items()}


def check_fps(fps: float, where: object) -> None:
    """Raise InputError unless it is a plausible frame rate."""
    if not FPS[0] <= fps <= FPS[1]:
        raise InputError(f"{where}: found {fps:g} frames/s, expected {FPS[0]:g} to {FPS[1]:g}")


def check_mirrored(mirrored: Sequence[int], where: object) -> None:
    """Raise InputError unless left and right are exchanged: `mirrored[mirrored[i]] == i` for every keypoint."""
    keypoints = range(len(mirrored))
    for keypoint, other in enumerate(mirrored):
        if type(other) is not int or other not in keypoints or mirrored[other] != keypoint:
            raise InputError(
                f"{where}: keypoint {keypoint} is mirrored to {other}, "
                "expected an exchange of left and right: as many left as right, each once"
            )
