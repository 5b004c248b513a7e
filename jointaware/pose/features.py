"""What the joint-aware terms and the measures of constraints look at: angles and lengths of a skeleton.

All features are differentiable wherever limbs have a length, straight limbs included.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from jointaware.pose.constants import constant
from jointaware.pose.skeleton import BONES, LIMB_ANGLES, LIMB_PAIRS, PARENTS

SMALLEST_LIMB = 1e-3
"""Metres. The angle at a limb shorter than about this has no meaning, and no gradient."""


def bones(joints: Tensor) -> Tensor:
    """From the parent to the joint, the 16 `BONES` of (..., 17, 3) joints in metres, (..., 16, 3)."""
    return joints[..., 1:, :] - _select(joints, PARENTS[1:])


def limb_angles(bones: Tensor) -> Tensor:
    """Angles at the middle joints of `LIMB_ANGLES`, (..., 10, 1) radians; a straight limb has pi.

    bones: (..., 16, 3) metres. By atan2 of cross and dot product: the arc cosine has no gradient for a straight limb.
    """
    first, second = _select(bones, _ANGLE_BONES).chunk(2, dim=-2)
    sine = torch.linalg.cross(first, second).norm(dim=-1, keepdim=True)
    cosine = -(first * second).sum(dim=-1, keepdim=True)
    too_small = torch.hypot(sine.detach(), cosine.detach()) <= SMALLEST_LIMB**2
    return torch.atan2(sine, cosine.masked_fill(too_small, 1.0))


def limit_excess(angles: Tensor) -> Tensor:
    """Radians by which each of the `limb_angles` lies outside its limits, 0 inside, (..., 10, 1)."""
    low, high = (constant(limit, angles.device, angles.dtype) for limit in _ANGLE_LIMITS)
    return (angles - angles.clamp(low, high)).abs()


def lengths(bones: Tensor) -> Tensor:
    """Of the bones, (..., 16, 1) metres."""
    return bones.norm(dim=-1, keepdim=True)


def asymmetry(lengths: Tensor) -> Tensor:
    """Left minus right length of the 6 limb pairs, (..., 6, 1) metres."""
    left, right = _select(lengths, _PAIRED_BONES).chunk(2, dim=-2)
    return left - right


def _select(values: Tensor, items: tuple[int, ...]) -> Tensor:
    """Some of the items of (..., items, size); index_select has a backward pass of its own, quicker than indexing's."""
    return values.index_select(-2, constant(items, values.device))


_ANGLE_BONES = tuple(
    BONES.index(bone)
    for bone in (
        *((first, middle) for (first, middle, _), _ in LIMB_ANGLES.values()),
        *((middle, last) for (_, middle, last), _ in LIMB_ANGLES.values()),
    )
)
_PAIRED_BONES = tuple(BONES.index(bone) for side in zip(*LIMB_PAIRS, strict=True) for bone in side)
_ANGLE_LIMITS = tuple(
    tuple((math.radians(limit),) for limit in side)
    for side in zip(*(limits for _, limits in LIMB_ANGLES.values()), strict=True)
)
