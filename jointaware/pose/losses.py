"""The position error and the seven joint-aware terms of the paper's Table 1.

Poses are (windows, frames, 17, 3) metres, camera frame, root-relative. Each term compares a feature of the predicted
window with the same feature of the true one (`features`); differences in time are taken along frames, never along the
batch. All terms are differentiable wherever limbs have a length, straight limbs included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from jointaware.pose.constants import constant
from jointaware.pose.features import asymmetry, bones, lengths, limb_angles, limit_excess
from jointaware.pose.shapes import check_poses


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
    if unknown := [name for name in weights if name not in TERMS]:
        raise ValueError(f"unknown loss term {unknown[0]!r}; the terms are {', '.join(TERMS)}")
    if form not in DISTANCES:
        raise ValueError(f"unknown form {form!r}; the forms are {', '.join(DISTANCES)}")
    found, size = differences(predicted, target), DISTANCES[form]
    terms = {name: size(difference) if difference.numel() else difference.sum() for name, difference in found.items()}
    values = torch.stack(list(terms.values()))
    return values @ constant(tuple(weights.get(name, 0.0) for name in terms), values.device, values.dtype), terms


def differences(predicted: Tensor, target: Tensor) -> dict[str, Tensor]:
    """Predicted minus true feature of each term, (windows, frames, items, size); `norm` measures along the last axis.

    What is linear is taken of differences, which saves work: in training most of the time goes to starting operations.
    """
    postures = zip(_posture(predicted), _posture(target.detach()), strict=True)
    angle, distance, excess = (found - wanted for found, wanted in postures)
    velocity = (predicted - target).diff(dim=1)
    return {
        "angle": angle,
        "distance": distance,
        "symmetry": asymmetry(distance),
        "range_of_motion": excess,
        "velocity": velocity,
        "acceleration": velocity.diff(dim=1),
        "angular_acceleration": angle.diff(n=2, dim=1),
    }


def _posture(joints: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Angles, lengths, and by how much angles exceed their limits."""
    vectors = bones(joints)
    angles = limb_angles(vectors)
    return angles, lengths(vectors), limit_excess(angles)


TERMS = ("angle", "distance", "symmetry", "range_of_motion", "velocity", "acceleration", "angular_acceleration")

DISTANCES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "squared": lambda difference: difference.square().mean(),
    "norm": lambda difference: (difference.abs() if difference.shape[-1] == 1 else difference.norm(dim=-1)).mean(),
}
