"""The position error and the seven joint-aware terms of the paper's Table 1.

Poses are (windows, frames, 17, 3) metres, camera frame, root-relative. Each term compares a feature of the predicted
window with the same feature of the true one (`FEATURES`); differences in time are taken along frames, never along the
batch. All terms are differentiable wherever limbs have a length, straight limbs included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from pose.features import acceleration, bone_lengths, length_asymmetry, limb_angles, limit_excess, velocity
from pose.shapes import check_poses


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
