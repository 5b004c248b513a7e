"""Orders of the keypoints in files of Human3.6M's detections, recognised by what the files say of left and right.

A file's `metadata` lists the keypoints of the left and the right side; those on neither tell the orders apart, even
if the lists mix the sides. Two orders of 16 keypoints are called `mpii`, or not named at all: Stacked Hourglass's own,
in VideoPose3D's files, and that of Human3.6M without the neck, in SemGCN's. Pairs of a known order are taken from the
table, because VideoPose3D lists those of Stacked Hourglass so that a hip is paired with the other side's foot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jointaware.errors import InputError
from jointaware.foreign import listed, refusing
from jointaware.pose.skeleton import HEAD, JOINTS, MIRRORED, NECK, THORAX

KEYPOINTS = len(JOINTS)


@dataclass(frozen=True)
class Layout:
    """An order of keypoints.

    name: of the order in which they are delivered, `h36m`, `coco` or the file's own.
    keypoints: their number in the file.
    left, right: those of each side in the file.
    mirrored: index of each delivered keypoint's counterpart on the other side of the body.
    joints: for 16 keypoints, the index of each joint of the skeleton but the neck.
    """

    name: str
    keypoints: int
    left: tuple[int, ...]
    right: tuple[int, ...]
    mirrored: tuple[int, ...]
    joints: tuple[int, ...] = ()

    def order(self, view: np.ndarray) -> np.ndarray:
        """Keypoints as delivered, (frames, 17, 2), of (frames, keypoints, 2) as in the file.

        A neck that the file lacks is put in the middle of thorax and head.
        """
        if not self.joints:
            return view
        ordered = np.insert(view[:, self.joints], NECK, 0, axis=1)
        ordered[:, NECK] = (ordered[:, THORAX] + ordered[:, HEAD]) / 2
        return ordered


def _exchange(left: Sequence[int], right: Sequence[int]) -> tuple[int, ...]:
    mirrored = np.arange(KEYPOINTS)
    mirrored[[*left, *right]] = [*right, *left]
    return tuple(mirrored.tolist())


_COCO = (1, 3, 5, 7, 9, 11, 13, 15), (2, 4, 6, 8, 10, 12, 14, 16)

LAYOUTS = (
    Layout("h36m", 17, (4, 5, 6, 11, 12, 13), (1, 2, 3, 14, 15, 16), MIRRORED),
    Layout("coco", 17, *_COCO, _exchange(*_COCO)),
    Layout(
        "h36m",
        16,
        (3, 4, 5, 13, 14, 15),
        (0, 1, 2, 10, 11, 12),
        MIRRORED,
        joints=(6, 2, 1, 0, 3, 4, 5, 7, 8, 9, 13, 14, 15, 12, 11, 10),
    ),
    Layout("h36m", 16, (4, 5, 6, 10, 11, 12), (1, 2, 3, 13, 14, 15), MIRRORED, joints=tuple(range(16))),
)


def read_layout(metadata: Any, where: str) -> Layout:
    """Layout that a file's metadata describe."""
    expected = "layout_name, num_joints and keypoints_symmetry (the keypoints of the left and of the right side)"
    if not isinstance(metadata, Mapping) or "keypoints_symmetry" not in metadata:
        keys = listed(metadata) if isinstance(metadata, Mapping) else type(metadata).__name__
        raise InputError(f"{where}: found {keys}, expected {expected}")
    with refusing(where, expected):
        name = metadata.get("layout_name")
        keypoints = int(metadata.get("num_joints", KEYPOINTS))
        left, right = (tuple(int(keypoint) for keypoint in side) for side in metadata["keypoints_symmetry"])
    _check_exchange(left, right, keypoints, where)
    same = [layout for layout in LAYOUTS if layout.keypoints == keypoints]
    paired = {*left, *right}
    found = next((layout for layout in same if paired == {*layout.left, *layout.right}), None)
    is_named = keypoints == KEYPOINTS and name is not None
    if found and is_named and name in ("h36m", "coco") and name != found.name:
        raise InputError(f"{where}: found the layout {name} with left and right of {found.name}, expected one of them")
    if found:
        return found
    if is_named and name not in ("h36m", "coco"):
        return Layout(str(name), KEYPOINTS, left, right, _exchange(left, right))
    known = " or ".join(f"left {listed(layout.left)} and right {listed(layout.right)}" for layout in same)
    raise InputError(
        f"{where}: found left {listed(left)} and right {listed(right)} of {keypoints} keypoints, expected "
        f"{known or '16 or 17 keypoints'}"
    )


def _check_exchange(left: Sequence[int], right: Sequence[int], keypoints: int, where: str) -> None:
    """Raise InputError unless left and right can be exchanged: as many of each, every keypoint once."""
    both = [*left, *right]
    is_once = len(set(both)) == len(both) and all(0 <= keypoint < keypoints for keypoint in both)
    if len(left) != len(right) or not is_once:
        raise InputError(
            f"{where}: keypoints_symmetry is {len(left)} left ({listed(left)}) and {len(right)} right "
            f"({listed(right)}), expected as many on either side and each of 0 to {keypoints - 1} at most once"
        )
