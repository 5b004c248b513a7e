"""Features of a pose for the joint-aware loss terms and the plausibility measures: limb angles and bone lengths.

All functions work in any frame of reference and are differentiable, with finite gradients for straight limbs and limbs
of zero length. Angles and limits follow the paper's released code (`skeleton.LIMB_ANGLES`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from jointaware.pose.constants import constant
from jointaware.pose.skeleton import BONES, LIMB_ANGLES, LIMB_PAIRS, PARENTS

SMALLEST_LIMB = 1e-3
"""Metres. The angle between limbs shorter than about this is ill-defined; it is set near 0, with a bounded gradient."""


def bones(joints: Tensor) -> Tensor:
    """Vectors from parent to child of the 16 `BONES`, (..., 16, 3) metres.

    joints: (..., 17, 3) metres.
    """
    return joints[..., 1:, :] - _select(joints, PARENTS[1:])


def limb_angles(bones: Tensor) -> Tensor:
    """Angles at the middle joints of `LIMB_ANGLES`, (..., 10, 1) radians, 0 to pi; pi for a straight limb.

    bones: (..., 16, 3) metres.

    Computed by atan2 of cross and dot product: the gradient of the arc cosine is infinite for a straight limb.
    """
    first, second = _select(bones, _ANGLE_BONES).chunk(2, dim=-2)
    sine = torch.linalg.cross(first, second).norm(dim=-1, keepdim=True)
    cosine = -(first * second).sum(dim=-1, keepdim=True)
    too_small = torch.hypot(sine.detach(), cosine.detach()) <= SMALLEST_LIMB**2
    return torch.atan2(sine, cosine.masked_fill(too_small, 1.0))


def limit_excess(angles: Tensor) -> Tensor:
    """Radians by which each limb angle exceeds its joint limits, (..., 10, 1); 0 within them.

    angles: (..., 10, 1) radians, from `limb_angles`.
    """
    low, high = (constant(limit, angles.device, angles.dtype) for limit in _ANGLE_LIMITS)
    return (angles - angles.clamp(low, high)).abs()


def lengths(bones: Tensor) -> Tensor:
    """Bone lengths, (..., 16, 1) metres.

    bones: (..., 16, 3) metres.
    """
    return bones.norm(dim=-1, keepdim=True)


def asymmetry(lengths: Tensor) -> Tensor:
    """Left minus right length of the 6 `LIMB_PAIRS`, (..., 6, 1) metres.

    lengths: (..., 16, 1) metres.
    """
    left, right = _select(lengths, _PAIRED_BONES).chunk(2, dim=-2)
    return left - right


def _select(values: Tensor, items: tuple[int, ...]) -> Tensor:
    """Select `items` along the last axis but one; the backward pass of index_select is faster than that of indexing."""
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
