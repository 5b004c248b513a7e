"""Keypoints on a body in 3D, as a detector would place them: COCO's, or Human3.6M's joints.

Shoulders to ankles are joints. Nose, eyes and ears are placed about the joint called head, which in CMU's skeleton is
amid the ears; where a person looks is not in the joints, so that the head turns by itself. Human3.6M's head is its top.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from jointaware.mocap.keypoints.layouts import CONSTRUCTED, LAYOUTS, Layout
from jointaware.mocap.wild.bodies import body_axes, upright_axes
from jointaware.pose.skeleton import HEAD, NECK, THORAX

FACE = {
    "nose": (0.0, -0.025, 0.11),
    "left_eye": (0.032, 0.015, 0.085),
    "right_eye": (-0.032, 0.015, 0.085),
    "left_ear": (0.075, 0.0, 0.0),
    "right_ear": (-0.075, 0.0, 0.0),
}
"""Metres to the head's left, upward and forward, from between the ears of a person 1.7 m tall."""
TURN, NOD, SECONDS = 25.0, 10.0, 1.0
"""Standard deviations of the turn of a head to the side and up or down, degrees, and the time in which it changes."""
TOP = -CONSTRUCTED["head"]["thorax"]
"""How far beyond the ears the top of the head lies, as a share of their distance from the thorax: as in layouts."""
UNSURE = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
"""Keypoints that lie inside the body, and that detectors and motion capture place twice as differently."""


def place_keypoints(
    joints: np.ndarray, layout: Layout, *, misplacement: float, fps: float, rng: np.random.Generator
) -> np.ndarray:
    """Keypoints on the body, (frames, points, 3) metres, world frame.

    joints: (frames, 17, 3) metres, world frame.
    misplacement: standard deviation of a keypoint's offset from its place in each direction, metres. Offsets are
        constant in the body's axes, and half of their variance is alike on both sides.
    """
    axes = body_axes(joints)
    head = _head_axes(joints, axes, fps, rng)
    top, thorax = (1 + TOP) * joints[:, HEAD] - TOP * joints[:, THORAX], joints[:, THORAX]
    places = dict(zip(LAYOUTS["h36m"].points, joints.swapaxes(0, 1), strict=True))
    places |= {"head": top, "neck": (thorax + top) / 2}
    places |= {point: joints[:, HEAD] + head @ np.array(offset) for point, offset in FACE.items()}
    # Of a pair, both have the offset of the first, mirrored, and one of their own.
    alone, shared = rng.normal(0, misplacement * np.sqrt(0.5), (2, len(layout.points), 3))
    sideways = np.array([-1, 1, 1])
    placed = []
    for number, point in enumerate(layout.points):
        both = shared[min(number, layout.mirrored[number])] * (sideways if number > layout.mirrored[number] else 1)
        placed.append(places[point] + axes @ ((alone[number] + both) * (2 if point in UNSURE else 1)))
    return np.stack(placed, axis=1).astype(np.float32)


def _head_axes(joints: np.ndarray, axes: np.ndarray, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Axes of the head, (frames, 3, 3): the body's, upright along the neck, turning by themselves."""
    upright = upright_axes(axes[..., 0], joints[:, HEAD] - joints[:, NECK])
    count = len(joints)
    knots = np.arange(0, count / fps + 2 * SECONDS, SECONDS)
    turns, nods = (np.interp(np.arange(count) / fps, knots, rng.normal(0, each, len(knots))) for each in (TURN, NOD))
    turned = Rotation.from_euler("YX", np.stack([turns, nods], axis=1), degrees=True).as_matrix()
    return np.asarray(upright @ turned)
