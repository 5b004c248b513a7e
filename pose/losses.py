"""The position error and the seven joint-aware terms of the paper's Table 1.

Poses are (windows, frames, 17, 3) metres, camera frame, root-relative. Each term compares a feature of the predicted
window with the same feature of the true one (`FEATURES`); differences in time are taken along frames, never along the
batch. All terms are differentiable wherever limbs have a length, straight limbs included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from pose.shapes import check_poses
from pose.skeleton import BONES, LIMB_ANGLES, LIMB_PAIRS

SMALLEST_LIMB = 1e-3
"""Metres. The angle at a limb shorter than about this has no meaning, and no gradient."""


def position_error(predicted: Tensor, target: Tensor) -> Tensor:
    """MPJPE over all frames, a scalar in metres: the term that VideoPose3D trains with."""
    check_poses(predicted, target, axes="windows, frames, joints, 3")
    return (predicted - target).norm(dim=-1).mean()


def joint_aware_loss(
    predicted: Tensor, target: Tensor, weights: Mapping[str, float], *, form: str = "squared"
) -> tuple[Tensor, dict[str, Tensor]]:
    """Weighted sum of the seven terms, and each term unweighted; the position error is not among them.

    predicted, target: (windows, frames, 17, 3) metres. A term that needs more frames than there are is 0.
    weights: a weight for each of `TERMS`; those left out weigh nothing.
    form: "squared", the mean squared difference of the features (the paper's equation 1); or "norm", the mean
        Euclidean distance for vectors and the mean absolute difference for numbers (the manner of the metrics).

    Raises ValueError for an unknown term or form.
    """
    check_poses(predicted, target, axes="windows, frames, joints, 3")
    if unknown := [name for name in weights if name not in FEATURES]:
        raise ValueError(f"unknown loss term {unknown[0]!r}; the terms are {', '.join(TERMS)}")
    if form not in DISTANCES:
        raise ValueError(f"unknown form {form!r}; the forms are {', '.join(DISTANCES)}")
    nothing = predicted.sum() * 0
    terms = {}
    for name, feature in FEATURES.items():
        difference = feature(predicted) - feature(target)
        terms[name] = DISTANCES[form](difference) if difference.numel() else nothing
    return sum((weight * terms[name] for name, weight in weights.items()), start=nothing), terms


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


def limit_excess(joints: Tensor) -> Tensor:
    """Radians by which each limb angle lies outside its limits, 0 inside, (..., 10, 1)."""
    angles = limb_angles(joints)
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


FEATURES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "angle": limb_angles,
    "distance": bone_lengths,
    "symmetry": length_asymmetry,
    "range_of_motion": limit_excess,
    "velocity": velocity,
    "acceleration": acceleration,
    "angular_acceleration": lambda joints: acceleration(limb_angles(joints)),
}
"""What each term compares, (windows, frames, items, size); the last axis is the vector that `norm` measures."""

TERMS = tuple(FEATURES)

DISTANCES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "squared": lambda difference: difference.square().mean(),
    "norm": lambda difference: difference.norm(dim=-1).mean(),
}

_ANGLE_JOINTS = tuple(zip(*(joints for joints, _ in LIMB_ANGLES.values()), strict=True))
_ANGLE_LIMITS = tuple(
    [math.radians(limit) for limit in side]
    for side in zip(*(limits for _, limits in LIMB_ANGLES.values()), strict=True)
)
