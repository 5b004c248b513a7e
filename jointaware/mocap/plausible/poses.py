"""Plausible poses: bone lengths, the root and the axes of joints, (frames, 17, 3) in whichever frame of reference."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.plausible import Finding
from jointaware.pose.skeleton import BONES, JOINTS, ROOT

PERSON = (1.5, 6.0)
"""Range for the summed length of a person's 16 bones, in metres; an adult's add up to some 3.5."""

METRES = (0.5, 10.0)
"""Range for the same of anything given in metres."""

SIZE = (0.02, 2.8)
"""Range for the size of predictions over that of the truth, wide enough for a network that has learnt nothing."""

UNITS = {"millimetres": 1000.0, "centimetres": 100.0, "inches": 39.37, "feet": 3.281, "kilometres": 0.001}
ADULT = 3.5
SAME_UNIT = 1.7
"""A person's size in another unit lies within this factor of an adult's in that unit."""

LONGEST, TOLERANCE = 2.0, 0.05
"""In every frame a bone is at most this many times as long or as short as in the median, give or take some metres. Real
motion capture keeps within a factor of 1.3."""

MEDIAN_FRAMES = 100
"""A median over frames is taken over about this many of them."""

REACH = 3.0
"""Metres from the root that no joint exceeds along an axis."""

AT_ORIGIN = 0.001
ROOT_ERROR = 0.3
"""Distances of the root of root-relative joints from the origin, in metres: of true ones in every frame, and of
predicted ones in the median. Networks predict a root too, centimetres off; in the camera frame it is metres away."""

KILOMETRE = 1000.0

AXES_STRIDE, AXES_MATCH, ORDER_MATCH = 10, 2.0, 1 / 3
_CHILD, _PARENT = (np.array(joints) for joints in ([b for _, b in BONES], [a for a, _ in BONES]))


def apart(joints: np.ndarray) -> np.ndarray:
    """Bring (frames, joints, coordinates) to (coordinates, joints, frames), along which NumPy is many times as fast."""
    return np.ascontiguousarray(joints.transpose(2, 1, 0))


def squared_lengths(vectors: np.ndarray) -> np.ndarray:
    """Squared length of vectors whose coordinates are `apart`."""
    return np.asarray((vectors * vectors).sum(axis=0))


def lengths(vectors: np.ndarray) -> np.ndarray:
    """Length of vectors whose coordinates are `apart`."""
    return np.asarray(np.sqrt(squared_lengths(vectors)))


def check_metres(joints: np.ndarray, where: object) -> None:
    """Raise InputError unless the bones add up to something in metres, which nothing in another unit does."""
    for finding in find_size(_median_lengths(_squared_bones(apart(joints))).sum(), where, METRES):
        raise InputError(finding.message)


def find_size(total: float, where: object, limits: tuple[float, float] = PERSON) -> Iterator[Finding]:
    """Find a summed bone length beyond the limits, and say which unit it looks like."""
    if not limits[0] <= total <= limits[1]:
        expected = "{:g} to {:g} m".format(*limits)
        message = f"{where}: the bones add up to {total:.3g} m, expected {expected}{_unit(total / ADULT)}"
        yield Finding("bones", message)


def find_bones(coordinates: np.ndarray, where: object, *, first: int = 0) -> Iterator[Finding]:
    """Find bones that are not a person's, or that change their length.

    coordinates: of the joints, `apart`. first: number of the first frame, for the message.
    """
    squared = _squared_bones(coordinates)
    median = _median_lengths(squared)
    yield from find_size(float(median.sum()), where)
    longest, shortest = LONGEST * median + TOLERANCE, (median / LONGEST - TOLERANCE).clip(0)
    if (squared.max(axis=1) <= longest**2).all() and (squared.min(axis=1) >= shortest**2).all():
        return
    off = (squared > longest[:, None] ** 2) | (squared < shortest[:, None] ** 2)
    frame = int(np.argmax(off.any(axis=0)))
    bone = int(np.argmax(off[:, frame]))
    parent, joint = (JOINTS[end] for end in BONES[bone])
    yield Finding(
        "bones",
        f"{where}: in {off.any(axis=0).sum()} frames a bone changes its length, first in frame {first + frame}: "
        f"{parent} to {joint} is {squared[bone, frame] ** 0.5:.3g} m, expected about {median[bone]:.3g} m",
    )


def check_relative(joints: np.ndarray, where: object) -> None:
    """Raise InputError unless joints are finite and relative to the root in every frame."""
    if not np.isfinite(joints.min()) or not np.isfinite(joints.max()):
        frame = int(np.argwhere(~np.isfinite(joints).all(axis=(1, 2)))[0, 0])
        raise InputError(f"{where}: joints of frame {frame} are not finite, expected numbers")
    distance = np.abs(joints[:, ROOT]).max(axis=1)
    if distance.max() > AT_ORIGIN:
        frame = int(np.argmax(distance > AT_ORIGIN))
        raise InputError(
            f"{where}: the root of frame {frame} is {distance[frame]:.3g} m from the origin, "
            "expected joints relative to it"
        )


def find_in_camera(root: np.ndarray, where: object) -> Iterator[Finding]:
    """Find a root that a camera cannot see: behind it, or a kilometre away.

    root: (frames, 3) metres, camera frame.
    """
    root = np.ascontiguousarray(root)
    if root.min() >= -KILOMETRE and root.max() <= KILOMETRE and root[:, 2].min() > 0:
        return
    if not np.isfinite(root).all():
        raise InputError(f"{where}: the root is not finite, expected numbers")
    beyond = (root[:, 2] <= 0) | (np.abs(root) > KILOMETRE).any(axis=1)
    frame = int(np.argmax(beyond))
    yield Finding(
        "position",
        f"{where}: in {beyond.sum()} of {len(root)} frames the root is behind the camera or a kilometre away, "
        f"in frame {frame} at z = {root[frame, 2]:.3g} m, expected in front of it",
    )


def find_in_predictions(predicted: np.ndarray, true: np.ndarray, where: object) -> Iterator[Finding]:
    """Find predicted root-relative joints in another unit, frame of reference or order of axes than the true ones."""
    farthest = np.abs(predicted - predicted[:, ROOT : ROOT + 1]).max(axis=(1, 2))
    predicted, true = predicted[::AXES_STRIDE], true[::AXES_STRIDE]
    distance = float(np.linalg.norm(np.median(predicted[:, ROOT], axis=0)))
    relative = predicted - predicted[:, ROOT : ROOT + 1]
    size, true_size = (float(np.median(np.linalg.norm(joints, axis=-1))) for joints in (relative, true))
    if not SIZE[0] < size / true_size < SIZE[1]:
        found = f"the joints are {size:.3g} m from the root in the median, expected about {true_size:.2g} m"
        yield Finding("bones", f"{where}: {found}{_unit(size / true_size)}")
    elif farthest.max() > REACH:
        frame = int(np.argmax(farthest > REACH))
        found = f"in {(farthest > REACH).sum()} frames a joint is too far from the root, first in frame {frame}"
        yield Finding("bones", f"{where}: {found}: {farthest[frame]:.3g} m, expected at most {REACH:g} m")
    elif distance > ROOT_ERROR:
        yield Finding(
            "root",
            f"{where}: the root is {distance:.3g} m from the origin in the median, expected joints relative to it: "
            "in the camera frame, with the root's position?",
        )
    yield from find_axes(relative, true, where)
    yield from find_order(relative, true, where)


def find_axes(predicted: np.ndarray, true: np.ndarray, where: object) -> Iterator[Finding]:
    """Find axes that match the true ones far better once they are exchanged or reversed, by their correlations."""
    correlations = _correlations(predicted.reshape(-1, 3), true.reshape(-1, 3))
    as_given = float(np.trace(correlations))
    order = max(
        permutations(range(3)), key=lambda order: sum(abs(correlations[order[axis], axis]) for axis in range(3))
    )
    matched = [correlations[order[axis], axis] for axis in range(3)]
    if np.abs(matched).sum() > max(AXES_MATCH, as_given + 1):
        axes = ", ".join(f"{'-' if match < 0 else ''}{'xyz'[axis]}" for axis, match in zip(order, matched, strict=True))
        guess = "mirrored or upside down?" if order == (0, 1, 2) else "another axis up?"
        yield Finding("axes", f"{where}: the axes look like {axes}, expected x right, y down, z forward: {guess}")


def find_order(predicted: np.ndarray, true: np.ndarray, where: object) -> Iterator[Finding]:
    """Find joints that are far nearer to the true ones once they are brought into another order."""
    from scipy.optimize import linear_sum_assignment  # here, because only predictions made elsewhere need it

    predicted, true = (joints - joints.mean(axis=1, keepdims=True) for joints in (predicted, true))
    offsets = (np.linalg.norm(predicted - true[:, joint : joint + 1], axis=-1) for joint in range(len(JOINTS)))
    distances = np.stack([np.median(each, axis=0) for each in offsets], axis=1)  # (predicted, true)
    _, order = linear_sum_assignment(distances)
    if distances[range(len(JOINTS)), order].sum() < ORDER_MATCH * np.trace(distances):
        joint = int(np.argmax(distances.diagonal() - distances[range(len(JOINTS)), order]))
        found = f"{JOINTS[joint]} looks like {JOINTS[order[joint]]}"
        yield Finding("axes", f"{where}: {found}, expected the joints in the order {', '.join(JOINTS[:3])}, ...")


def _squared_bones(coordinates: np.ndarray) -> np.ndarray:
    """Squared length of every bone, (16, frames)."""
    return squared_lengths(coordinates[:, _CHILD] - coordinates[:, _PARENT])


def _median_lengths(squared: np.ndarray) -> np.ndarray:
    """Median length of every bone over about `MEDIAN_FRAMES` of the frames, (16,) metres."""
    return np.asarray(np.median(np.sqrt(squared[:, :: max(1, squared.shape[1] // MEDIAN_FRAMES)]), axis=1))


def _unit(scale: float) -> str:
    """Guess, at the end of a message, the unit in which people look this much larger than they are."""
    like = [unit for unit, factor in UNITS.items() if 1 / SAME_UNIT < scale / factor < SAME_UNIT]
    return f": {like[0]}?" if like else ""


def _correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Correlation of each column of the first with each of the second, (3, 3); zero for a constant column."""
    first, second = ((each - each.mean(axis=0)).astype(np.float64) for each in (first, second))
    scale = np.sqrt(np.outer((first**2).sum(axis=0), (second**2).sum(axis=0)))
    return np.divide(first.T @ second, scale, out=np.zeros((3, 3)), where=scale > 0)
