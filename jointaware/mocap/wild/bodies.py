"""Other bodies: the motion of a take on a skeleton of other proportions, in another posture.

Nobody's size can be seen by one camera, so that all bodies are equally large.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from jointaware.pose.skeleton import (
    BONES,
    JOINTS,
    LEFT_FOOT,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    PARENTS,
    PELVIS,
    RIGHT_FOOT,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    ROOT,
    THORAX,
)

SIZE = 4.1
"""Summed length of everyone's bones, metres, as of CMU's subjects 01, 02 and 03, who are some 1.7 m tall."""
LEGS = ((LEFT_HIP, LEFT_KNEE), (LEFT_KNEE, LEFT_FOOT), (RIGHT_HIP, RIGHT_KNEE), (RIGHT_KNEE, RIGHT_FOOT))
PARTS = {
    "left_arm": (("left_elbow", "left_hand"), 1.0),
    "right_arm": (("right_elbow", "right_hand"), 1.0),
    "left_leg": (("left_knee", "left_foot"), 0.5),
    "right_leg": (("right_knee", "right_foot"), 0.5),
    "trunk": (("spine", "thorax", "neck", "head", *(f"{side}_{joint}" for side in ("left", "right")
              for joint in ("shoulder", "elbow", "hand"))), 0.5),
    "head": (("neck", "head"), 0.5),
}  # fmt: skip
"""Parts of a body that are turned: the joints at the ends of their bones, and by how much of the arms' turn."""


def other_body(joints: np.ndarray, *, proportions: float, posture: float, rng: np.random.Generator) -> np.ndarray:
    """The same motion of another body, (frames, 17, 3) float32 metres, world frame.

    joints: (frames, 17, 3) metres, world frame. proportions: standard deviation of the logarithm of a bone's length.
    posture: standard deviation, in degrees, of the constant turn of an arm about each of the body's axes.
    The root's path is scaled with the legs.
    """
    bones = {joint: joints[:, joint] - joints[:, parent] for parent, joint in BONES}
    lengths = {joint: float(np.median(np.linalg.norm(bone, axis=1))) for joint, bone in bones.items()}
    drawn = {name.split("_")[-1]: np.exp(rng.normal(0, proportions)) for name in JOINTS}
    scale = {joint: drawn[JOINTS[joint].split("_")[-1]] for joint in bones}
    size = SIZE / sum(scale[joint] * lengths[joint] for joint in bones)
    axes = body_axes(joints)
    for names, share in PARTS.values():
        turn = Rotation.from_rotvec(rng.normal(0, np.radians(share * posture), 3)).as_matrix()
        turn = (axes @ turn @ axes.transpose(0, 2, 1)).astype(np.float32)
        for joint in map(JOINTS.index, names):
            bones[joint] = np.einsum("fij,fj->fi", turn, bones[joint])
    legs = [lengths[joint] for _, joint in LEGS]
    stride = size * sum(scale[joint] * lengths[joint] for _, joint in LEGS) / sum(legs)
    placed = np.empty(joints.shape, np.float32)
    placed[:, ROOT] = stride * joints[:, ROOT]
    for joint, bone in bones.items():
        placed[:, joint] = placed[:, PARENTS[joint]] + size * scale[joint] * bone
    return placed


def body_axes(joints: np.ndarray) -> np.ndarray:
    """The body's axes in every frame, (frames, 3, 3), columns to its left, upward and forward.

    joints: (frames, 17, 3), world frame.
    """
    left = joints[:, LEFT_SHOULDER] - joints[:, RIGHT_SHOULDER] + joints[:, LEFT_HIP] - joints[:, RIGHT_HIP]
    return upright_axes(left, joints[:, THORAX] - joints[:, PELVIS])


def upright_axes(left: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Orthonormal axes, (frames, 3, 3), columns to the left, upward and forward, of two directions, (frames, 3)."""
    up = _unit(up)
    left = _unit(left - (left * up).sum(axis=1, keepdims=True) * up)
    return np.stack([left, up, np.cross(left, up)], axis=2)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-6))
