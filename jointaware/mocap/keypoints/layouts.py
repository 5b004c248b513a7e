"""The table of layouts: the order in which a detector lists its keypoints, and how one layout is brought to another.

Points are named alike in every layout, left and right are the person's. What OpenPose and Halpe call neck lies between
the shoulders, where Human3.6M has its thorax, and is named so here. A point that a layout lacks is constructed from
others by `CONSTRUCTED`, where it can be; such points are approximations and are said to be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jointaware.errors import InputError
from jointaware.pose.skeleton import JOINTS

_COCO = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
_HALPE = (
    *_COCO, "head", "thorax", "pelvis", "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe",
    "left_heel", "right_heel",
)  # fmt: skip
_OPENPOSE_ARMS = (
    "nose", "thorax", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
)  # fmt: skip
_OPENPOSE_LEGS = ("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle")
_OPENPOSE_FACE = ("right_eye", "left_eye", "right_ear", "left_ear")
_FEET = ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel")
_MEDIAPIPE = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear", "left_mouth", "right_mouth", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb",
    "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel",
    "right_heel", "left_foot_index", "right_foot_index",
)  # fmt: skip
_MPII = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax", "neck", "head",
    "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """An order of keypoints. name: its key in `LAYOUTS`, or the file's own. points: name of each keypoint."""

    name: str
    points: tuple[str, ...]
    words: str = ""

    @property
    def mirrored(self) -> tuple[int, ...]:
        """Index of each keypoint's counterpart on the other side of the body; those on the midline are their own."""
        return tuple(self.points.index(_other_side(point)) for point in self.points)

    @property
    def root(self) -> tuple[int, ...]:
        """Indices of the points whose mean is the root: the pelvis, or the hips where there is none."""
        names = ("pelvis",) if "pelvis" in self.points else ("left_hip", "right_hip")
        return tuple(map(self.points.index, names))


def _numbered(points: Sequence[str], count: int) -> tuple[str, ...]:
    """The named points, followed by points of face and hands, which have numbers only."""
    return (*points, *(f"point_{number}" for number in range(len(points), count)))


def _of_skeleton(joint: str) -> str:
    """Name of a joint of `jointaware.pose.skeleton` among keypoints: its feet are ankles, its hands wrists."""
    return joint.replace("foot", "ankle").replace("hand", "wrist")


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("coco", _COCO, "COCO's 17 keypoints"),
        Layout("h36m", tuple(map(_of_skeleton, JOINTS)), "the 17 joints of Human3.6M, in VideoPose3D's order"),
        Layout("halpe26", _HALPE, "COCO's 17, head, neck, hip and feet (AlphaPose, RTMPose)"),
        Layout("halpe136", _numbered(_HALPE, 136), "Halpe's 26 with face and hands (AlphaPose)"),
        Layout("wholebody133", _numbered((*_COCO, *_FEET), 133), "COCO-WholeBody"),
        Layout("body25", (*_OPENPOSE_ARMS, "pelvis", *_OPENPOSE_LEGS, *_OPENPOSE_FACE, *_FEET), "OpenPose BODY_25"),
        Layout("openpose18", (*_OPENPOSE_ARMS, *_OPENPOSE_LEGS, *_OPENPOSE_FACE), "OpenPose COCO"),
        Layout("mediapipe33", _MEDIAPIPE, "MediaPipe's (BlazePose's) 33 landmarks"),
        Layout("mpii16", _MPII, "MPII's 16 joints"),
    )
}
"""Layouts by the name that `--layout` and the header of a network give."""

CONSTRUCTED: Mapping[str, Mapping[str, float]] = {
    "pelvis": {"left_hip": 0.5, "right_hip": 0.5},
    "thorax": {"left_shoulder": 0.5, "right_shoulder": 0.5},
    "spine": {"pelvis": 0.5, "thorax": 0.5},
    "head": {"thorax": -0.2, "left_ear": 0.6, "right_ear": 0.6},
    "neck": {"thorax": 0.5, "head": 0.5},
}
"""Points that can be constructed, and the weights of those they are constructed from, which may be constructed too.

Pelvis and thorax are close to Human3.6M's. Spine, neck and head are approximations: the head's top lies a fifth beyond
the ears, seen from between the shoulders, and the neck halfway between them, as in the files of other data sets.
"""


@dataclass(frozen=True)
class Mapping2D:
    """How keypoints of one layout become those of another: each a weighted sum of the detected ones.

    weights: for each point wanted, weights by index of the points that there are. approximated: names of the points
    wanted that the source lacks.
    """

    weights: tuple[dict[int, float], ...]
    approximated: tuple[str, ...]

    def apply(self, keypoints: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (frames, points, 2) and confidence (frames, points) in the wanted layout, float32.

        A constructed point has the least confidence of those it is constructed from, and is NaN where one of them is.
        """
        places = np.stack([sum(w * keypoints[:, i] for i, w in row.items()) for row in self.weights], axis=1)
        trust = np.stack([confidence[:, list(row)].min(axis=1) for row in self.weights], axis=1)
        return places.astype(np.float32, copy=False), trust


def can_become(source: Layout, wanted: Layout) -> bool:
    """Whether every point of a layout is in another one or is constructed from its points."""
    return all(_weights(source.points, point) is not None for point in wanted.points)


def mapping(source: Layout, wanted: Layout, where: object) -> Mapping2D:
    """How to bring keypoints of one layout to another; InputError if a point is neither there nor constructed."""
    weights = []
    for point in wanted.points:
        if (row := _weights(source.points, point)) is None:
            raise InputError(
                f"{where}: the layout {source.name} has no {point}, expected one from which {wanted.name} can be made, "
                "which the network was trained on"
            )
        weights.append(row)
    lacking = tuple(point for point in wanted.points if point not in source.points)
    return Mapping2D(tuple(weights), lacking)


def _weights(points: Sequence[str], wanted: str) -> dict[int, float] | None:
    if wanted in points:
        return {points.index(wanted): 1.0}
    if wanted not in CONSTRUCTED:
        return None
    total: dict[int, float] = {}
    for part, weight in CONSTRUCTED[wanted].items():
        if (row := _weights(points, part)) is None:
            return None
        for index, inner in row.items():
            total[index] = total.get(index, 0.0) + weight * inner
    return total


def named_layout(names: Sequence[str]) -> Layout:
    """The layout of a file that names its keypoints: a known one if all its names are known, else the file's own."""
    points = tuple(canonical(name) for name in names)
    found = next((layout for layout in LAYOUTS.values() if layout.points == points), None)
    return found or Layout("of the file", points)


def canonical(name: str) -> str:
    """A point's name as `LAYOUTS` has it: `LShoulder`, `left-shoulder` and `shoulder_L` become left_shoulder."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)
    lower = [word.lower() for word in words]
    sides = {"l": "left", "left": "left", "r": "right", "right": "right"}
    side = next((sides[word] for word in lower if word in sides), "")
    rest = "_".join(word for word in lower if word not in sides)
    rest = {"hand": "wrist", "foot": "ankle", "midhip": "pelvis", "mid_hip": "pelvis"}.get(rest, rest)
    return f"{side}_{rest}" if side else rest


def _other_side(point: str) -> str:
    side, _, rest = point.partition("_")
    return {"left": f"right_{rest}", "right": f"left_{rest}"}.get(side, point)
