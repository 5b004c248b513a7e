"""The position error and the joint-aware loss terms of the paper's Table 1 and equation 1.

Poses are (clips, frames, 17, 3) metres, camera frame, root-relative. Each term is the distance between a feature of the
predicted and of the target clip (`features`); time derivatives are taken along frames, never along the batch.
Gradients are finite everywhere, also for straight limbs and limbs of zero length. The terms are listed in `terms`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from jointaware.pose.constants import constant
from jointaware.pose.features import asymmetry, bones, lengths, limb_angles, limit_excess
from jointaware.pose.shapes import check_poses
from jointaware.pose.terms import TERMS

__all__ = ["DISTANCES", "TERMS", "Comparison", "joint_aware_loss", "position_error"]

AXES = "clips, frames, joints, 3"

DISTANCES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "squared": lambda difference: difference.square().mean(),
    "norm": lambda difference: (difference.abs() if difference.shape[-1] == 1 else difference.norm(dim=-1)).mean(),
}
"""Scalar distance from a difference (..., items, size): mean square, or mean Euclidean norm along the last axis."""


def position_error(predicted: Tensor, target: Tensor) -> Tensor:
    """MPJPE over all frames, a scalar in metres: the loss of VideoPose3D.

    predicted, target: (clips, frames, 17, 3) metres. Raises ValueError if their shapes differ.
    """
    check_poses(predicted, target, axes=AXES)
    return (predicted - target).norm(dim=-1).mean()


def joint_aware_loss(
    predicted: Tensor, target: Tensor, weights: Mapping[str, float], *, distance: str = "squared"
) -> tuple[Tensor, dict[str, Tensor]]:
    """Weighted sum of the joint-aware terms, and every term unweighted; the position error is not included.

    predicted, target: (clips, frames, 17, 3) metres. A term that needs more frames than the clips have is 0.
    weights: weight per term; terms left out have weight 0.
    distance: "squared", the mean squared difference of the features (the paper's equation 1); or "norm", the mean
        Euclidean distance of vectors and the mean absolute difference of scalars, as in the metrics.

    Raises ValueError if the shapes differ, or for an unknown term or distance.
    """
    check_poses(predicted, target, axes=AXES)
    if unknown := [name for name in weights if name not in TERMS]:
        raise ValueError(f"unknown loss term {unknown[0]!r}; expected one of {', '.join(TERMS)}")
    if distance not in DISTANCES:
        raise ValueError(f"unknown distance {distance!r}; expected one of {', '.join(DISTANCES)}")
    comparison, measure = Comparison(predicted, target.detach()), DISTANCES[distance]
    differences = {name: term.difference(comparison) for name, term in TERMS.items()}
    terms = {
        name: measure(difference) if difference.numel() else difference.sum()
        for name, difference in differences.items()
    }
    values = torch.stack(list(terms.values()))
    return values @ constant(tuple(weights.get(name, 0.0) for name in terms), values.device, values.dtype), terms


@dataclass(frozen=True, eq=False)
class Comparison:
    """Predicted and target clips, and the differences between their features.

    predicted, target: (clips, frames, 17, 3) metres, camera frame, root-relative.

    Every property is predicted minus target, (clips, frames, items, size), computed on first use and cached, because
    the terms share bones, angles and lengths. Linear features are computed once, from the difference, instead of from
    prediction and target separately: most of a training step's time is the overhead of launching operations.
    """

    predicted: Tensor
    target: Tensor

    @cached_property
    def angle(self) -> Tensor:
        """Limb angles, (clips, frames, 10, 1) radians."""
        return self._posture[0]

    @cached_property
    def distance(self) -> Tensor:
        """Bone lengths, (clips, frames, 16, 1) metres."""
        return self._posture[1]

    @cached_property
    def symmetry(self) -> Tensor:
        """Left minus right length of the limb pairs, (clips, frames, 6, 1) metres."""
        return asymmetry(self.distance)

    @cached_property
    def range_of_motion(self) -> Tensor:
        """Excess of the limb angles over their limits, (clips, frames, 10, 1) radians."""
        return self._posture[2]

    @cached_property
    def velocity(self) -> Tensor:
        """First difference of the joints along frames, (clips, frames - 1, 17, 3) metres/frame."""
        return (self.predicted - self.target).diff(dim=1)

    @cached_property
    def acceleration(self) -> Tensor:
        """Second difference of the joints along frames, (clips, frames - 2, 17, 3) metres/frame²."""
        return self.velocity.diff(dim=1)

    @cached_property
    def angular_acceleration(self) -> Tensor:
        """Second difference of the limb angles along frames, (clips, frames - 2, 10, 1) radians/frame²."""
        return self.angle.diff(n=2, dim=1)

    @cached_property
    def _posture(self) -> tuple[Tensor, Tensor, Tensor]:
        """Angles, lengths and limit excess, which share the bones."""
        angles, bone_lengths, excess = _posture(self.predicted)
        target_angles, target_lengths, target_excess = _posture(self.target)
        return angles - target_angles, bone_lengths - target_lengths, excess - target_excess


def _posture(joints: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Limb angles (radians), bone lengths (metres) and limit excess (radians) of (..., 17, 3) joints in metres."""
    vectors = bones(joints)
    angles = limb_angles(vectors)
    return angles, lengths(vectors), limit_excess(angles)
