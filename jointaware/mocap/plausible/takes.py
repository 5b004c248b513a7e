"""Plausible takes: motion of a person in a world in metres, z up, with the floor at z = 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from jointaware.mocap.plausible import Finding, check_fps
from jointaware.mocap.plausible.poses import AT_ORIGIN, apart, find_bones, lengths, squared_lengths
from jointaware.mocap.take import Take
from jointaware.pose.skeleton import HEAD, JOINTS, LEFT_FOOT, RIGHT_FOOT, ROOT

FARTHEST = 100.0
"""Largest distance of the root from the origin, in metres."""

JUMP, ROOT_SPEED = 2.0, 50.0
"""The root moves at most this far between two frames: metres, and metres/second."""

SPIKE, JOINT_SPEED = 0.3, 25.0
"""A joint leaves its place for a single frame by at most this: metres, and metres/second; relative to the root."""

BELOW_FLOOR = -0.4
"""Lowest plausible median height of the lowest joint, in metres; that of root-relative motion is about -0.9."""

STANDING = 0.3
"""Least median height of the head above the ankles, in metres, over the takes of a subject."""

ON_TOP, ARM = 0.25, ("shoulder", "elbow", "hand")
"""Whoever stands has no joint that far below the ankles, nor one but of the arms that far above the head, in metres."""

OFTEN, OFTEN_SPEED = 0.02, 12.0
"""The fastest joint moves at most this far between two frames in the median: metres, and metres/second."""

STRIDE = 10


def find_in_take(take: Take, *, first: int = 0) -> Iterator[Finding]:
    """Find what a person recorded in the world frame cannot do.

    first: number of the take's first frame, for messages.
    """
    where, coordinates = take.where or take.name, apart(take.joints)
    check_fps(take.fps, where)
    found = list(find_bones(coordinates, where, first=first))
    yield from found
    if not found:  # a joint that is somewhere else has been named already
        yield from _find_spike(coordinates, take.fps, where, first)
    yield from _find_position(coordinates[:, ROOT], take.fps, where, first)
    yield from _find_floor(coordinates, where)


def find_copies(takes: Iterable[Take]) -> Iterator[Finding]:
    """Find takes that are the same motion under two names: a network could be tested on what it was trained on."""
    known: dict[int, Take] = {}
    for take in takes:
        first = known.setdefault(hash(take.joints[::STRIDE].tobytes()), take)
        if first is not take:
            names = f"{take.where or take.name}: the same motion as {first.where or first.name}"
            yield Finding("copies", f"{names}, expected motion of its own")


def find_lying(takes: Iterable[Take]) -> Iterator[Finding]:
    """Find subjects who do not stand in most of their frames, and say along which axis they do."""
    sampled: dict[str, list[np.ndarray]] = {}
    for take in takes:
        joints = take.joints[::STRIDE]
        ankles = (joints[:, LEFT_FOOT] + joints[:, RIGHT_FOOT]) / 2
        sampled.setdefault(take.subject, []).append(joints - ankles[:, None])
    for subject, parts in sampled.items():
        above_ankles = np.median(np.concatenate(parts), axis=0)
        median = above_ankles[HEAD]
        if median[2] > STANDING:
            yield from _find_order(above_ankles[:, 2], subject)
            continue
        axis = int(np.argmax(np.abs(median)))
        up = f"{'-' if median[axis] < 0 else ''}{'xyz'[axis]}"
        guess = f": {up} up?" if up != "z" and abs(median[axis]) > STANDING else ""
        yield Finding(
            "upright",
            f"{subject}: in most frames the head is {median[2]:.2g} m above the ankles, "
            f"expected more than {STANDING:g} m along z{guess}",
        )


def _find_order(heights: np.ndarray, subject: str) -> Iterator[Finding]:
    """Find who stands on other joints than the ankles, or whose head is not on top."""
    expected = "expected the head above and the ankles below: joints in another order?"
    if heights.min() < -ON_TOP:
        below = f"{JOINTS[heights.argmin()]} is {-heights.min():.2g} m below the ankles"
        yield Finding("upright", f"{subject}: in most frames {below}, {expected}")
    trunk = np.where([name.endswith(ARM) for name in JOINTS], -np.inf, heights)
    if trunk.max() > heights[HEAD] + ON_TOP:
        above = f"{JOINTS[trunk.argmax()]} is {trunk.max() - heights[HEAD]:.2g} m above the head"
        yield Finding("upright", f"{subject}: in most frames {above}, {expected}")


# The coordinates of these functions are `apart`: (3, 17, frames), and (3, frames) of the root.


def _find_spike(coordinates: np.ndarray, fps: float, where: object, first: int) -> Iterator[Finding]:
    steps = np.diff(coordinates)
    steps -= steps[:, ROOT : ROOT + 1].copy()
    squared, limit = squared_lengths(steps), SPIKE + JOINT_SPEED / fps
    if not squared.size:
        return
    often = float(np.median(squared[:, ::STRIDE].max(axis=0))) ** 0.5
    if often > (most := OFTEN + OFTEN_SPEED / fps):
        found = f"in most frames a joint moves by more than {often:.2g} m at {fps:g} frames/s"
        guess = "another frame rate, or frames in another order?"
        yield Finding("position", f"{where}: {found}, expected at most {most:.2g} m: {guess}")
    if squared.max() <= limit**2:
        return
    away = np.minimum(squared[:, 1:], squared[:, :-1])  # there and back; a single step may follow a rest pose
    if away.size and away.max() > limit**2:
        joint, frame = np.unravel_index(np.argmax(away), away.shape)
        yield Finding(
            "bones",
            f"{where}: {JOINTS[joint]} is {away[joint, frame] ** 0.5:.3g} m off in frame {first + frame + 1}, "
            f"expected less than {limit:.2g} m",
        )


def _find_position(root: np.ndarray, fps: float, where: object, first: int) -> Iterator[Finding]:
    if np.abs(root).max() > FARTHEST:
        distance = np.abs(root).max(axis=0)
        frame = int(np.argmax(distance > FARTHEST))
        yield Finding(
            "position",
            f"{where}: the root of frame {first + frame} is {distance[frame]:.3g} m from the origin, "
            f"expected at most {FARTHEST:g} m",
        )
    steps, limit = lengths(np.diff(root)), JUMP + ROOT_SPEED / fps
    if steps.size and steps.max() > limit:
        frame = int(np.argmax(steps > limit))
        yield Finding(
            "position",
            f"{where}: the whole body jumps by {steps[frame]:.3g} m to frame {first + frame + 1}, "
            f"expected at most {limit:.2g} m",
        )


def _find_floor(coordinates: np.ndarray, where: object) -> Iterator[Finding]:
    expected = "expected the world frame with the floor at z = 0: relative to the root?"
    lowest = float(np.median(coordinates[2, :, ::STRIDE].min(axis=0)))
    if np.abs(coordinates[:, ROOT]).max() < AT_ORIGIN:
        yield Finding("floor", f"{where}: the root is at the origin in every frame, {expected}")
    elif lowest < BELOW_FLOOR:
        yield Finding("floor", f"{where}: the feet are {-lowest:.2g} m below the floor, {expected}")
