"""What the joint-aware terms and the measures of constraints look at: angles, lengths and motion of a skeleton.

Poses are (..., 17, 3) metres. All features are differentiable wherever limbs have a length, straight limbs included.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pose.skeleton import BONES, LIMB_ANGLES, LIMB_PAIRS

SMALLEST_LIMB = 1e-3
"""Metres. The angle at a limb shorter than about this has no meaning, and no gradient."""


def limb_angles(joints: Tensor) -> Tensor:
    """Angles at the middle joints of `LIMB_ANGLES`, (..., 10, 1) radians; a straight limb has pi.

    joints: (..., 17, 3) metres. By atan2 of cross and dot product: the arc cosine has no gradient for a straight limb.
    """
    first, middle, last = (torch.tensor(index, device=joints.device) for index in _ANGLE_JOINTS)
    inward, outward = joints[..., first, :] - joints[..., middle, :], joints[..., last, :] - joints[..., middle, :]
    sine = torch.linalg.cross(inward, outward).norm(dim=-1, keepdim=True)
    cosine = (inward * outward).sum(dim=-1, keepdim=True)
    size = (inward.square().sum(dim=-1, keepdim=True) * outward.square().sum(dim=-1, keepdim=True)).detach()
    return torch.atan2(sine, torch.where(size > SMALLEST_LIMB**4, cosine, 1.0))


def limit_excess(angles: Tensor) -> Tensor:
    """Radians by which each of the `limb_angles` lies outside its limits, 0 inside, (..., 10, 1)."""
    low, high = (angles.new_tensor(limit).unsqueeze(-1) for limit in _ANGLE_LIMITS)
    return (low - angles).relu() + (angles - high).relu()


def bone_lengths(joints: Tensor) -> Tensor:
    """Lengths of the 16 bones, (..., 16, 1) metres, in the order of `BONES`."""
    parent, child = zip(*BONES, strict=True)
    return (joints[..., child, :] - joints[..., parent, :]).norm(dim=-1, keepdim=True)


def length_asymmetry(joints: Tensor) -> Tensor:
    """Left minus right bone length of the 6 limb pairs, (..., 6, 1) metres."""
    lengths = bone_lengths(joints)
    left, right = zip(*((BONES.index(left), BONES.index(right)) for left, right in LIMB_PAIRS), strict=True)
    return lengths[..., left, :] - lengths[..., right, :]


def velocity(values: Tensor) -> Tensor:
    """First difference along frames, (windows, frames - 1, items, size)."""
    return values[:, 1:] - values[:, :-1]


def acceleration(values: Tensor) -> Tensor:
    """Second difference along frames, (windows, frames - 2, items, size)."""
    return velocity(velocity(values))


_ANGLE_JOINTS = tuple(zip(*(joints for joints, _ in LIMB_ANGLES.values()), strict=True))
_ANGLE_LIMITS = tuple(
    [math.radians(limit) for limit in side]
    for side in zip(*(limits for _, limits in LIMB_ANGLES.values()), strict=True)
)
