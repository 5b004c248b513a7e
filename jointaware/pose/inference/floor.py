"""The floor that a person stands on, and a world frame on it: x to the camera's right, y away from it, z up.

Up is where heads are above feet; the floor lies under the feet that stand still. Where these cover a piece of floor
it is tilted to fit them, the less the smaller the piece.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from jointaware.pose.skeleton import HEAD, LEFT_FOOT, RIGHT_FOOT

ANKLE = 0.08
"""Height of the joint called foot, which is the ankle, above the sole, metres."""
EXTENT = 0.5
"""Standard deviation, in metres, of the places where feet stand at which the floor is tilted half as much as fits."""


class World(NamedTuple):
    """A world frame: points p of the camera frame are `p @ turn + shift` in it. turn: (3, 3). shift: (3,) metres."""

    turn: Tensor
    shift: Tensor


def find_world(joints: Tensor, root: Tensor) -> World:
    """World frame with z = 0 on the floor and its origin under the root's first position, float64.

    joints: (frames, 17, 3) metres, root-relative, root: (frames, 3) metres, both in the camera frame and finite.
    """
    feet, root = joints[:, [LEFT_FOOT, RIGHT_FOOT]].double(), root.double()
    turn = _upright((joints[:, HEAD] - feet.mean(dim=1)).mean(dim=0))
    placed = (feet + root[:, None]) @ turn
    standing = _standing(placed)
    turn = turn @ _levelled(standing)
    standing = (feet + root[:, None]) @ turn
    height = _standing(standing)[:, 2].median() - ANKLE
    first = root[0] @ turn
    return World(turn, -torch.stack([first[0], first[1], height]))


def _upright(up: Tensor) -> Tensor:
    """Rotation (3, 3), for points as row vectors, from the camera frame to right, forward and a given up."""
    up = up / up.norm()
    right = up.new_tensor([1.0, 0.0, 0.0])
    right = right - right @ up * up
    right = right / right.norm()
    return torch.stack([right, torch.linalg.cross(up, right), up], dim=1)


def _standing(feet: Tensor) -> Tensor:
    """Positions of the lower foot, (some frames, 3), in the half of the frames in which it moves least.

    feet: (frames, 2, 3), z up.
    """
    lower = feet[..., 2].argmin(dim=1)
    frames = torch.arange(len(feet))
    speed = torch.zeros(feet.shape[:2], dtype=feet.dtype)
    if len(feet) > 1:
        speed = (feet - feet.roll(1, 0)).norm(dim=-1)
        speed[0] = speed[1]
    moving = speed[frames, lower]
    return feet[frames, lower][moving <= moving.median()]


def _levelled(points: Tensor) -> Tensor:
    """Rotation (3, 3) for row vectors that levels the plane through points (n, 3), z up."""
    centred = points - points.mean(dim=0)
    ground = torch.cat([centred[:, :2], EXTENT * len(points) ** 0.5 * torch.eye(2, dtype=points.dtype)])
    slope = torch.linalg.lstsq(ground, torch.cat([centred[:, 2], centred.new_zeros(2)])[:, None]).solution[:, 0]
    return _upright(torch.stack([-slope[0], -slope[1], slope.new_tensor(1.0)]))
