"""The position error and the seven joint-aware terms of the paper's Table 1.

Poses are (windows, frames, 17, 3) metres, camera frame, root-relative. Each term compares a feature of the predicted
window with the same feature of the true one (`features`); differences in time are taken along frames, never along the
batch. All terms are differentiable wherever limbs have a length, straight limbs included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from pose.constants import constant
from pose.features import acceleration, asymmetry, bones, lengths, limb_angles, limit_excess, velocity
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
    if unknown := [name for name in weights if name not in TERMS]:
        raise ValueError(f"unknown loss term {unknown[0]!r}; the terms are {', '.join(TERMS)}")
    if form not in DISTANCES:
        raise ValueError(f"unknown form {form!r}; the forms are {', '.join(DISTANCES)}")
    terms = {}
    # Both at once: in training there are few windows, and most of the time goes to starting each operation.
    for name, both in features(torch.cat([predicted, target])).items():
        found, wanted = both.chunk(2)
        terms[name] = DISTANCES[form](found, wanted.detach()) if found.numel() else found.sum()
    values = torch.stack(list(terms.values()))
    return values @ constant(tuple(weights.get(name, 0.0) for name in terms), values.device, values.dtype), terms


def features(joints: Tensor) -> dict[str, Tensor]:
    """What each term compares, (windows, frames, items, size); the last axis is the vector that `norm` measures."""
    vectors = bones(joints)
    angles, distances, velocities = limb_angles(vectors), lengths(vectors), velocity(joints)
    return {
        "angle": angles,
        "distance": distances,
        "symmetry": asymmetry(distances),
        "range_of_motion": limit_excess(angles),
        "velocity": velocities,
        "acceleration": velocity(velocities),
        "angular_acceleration": acceleration(angles),
    }


TERMS = ("angle", "distance", "symmetry", "range_of_motion", "velocity", "acceleration", "angular_acceleration")

DISTANCES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "squared": nn.functional.mse_loss,
    "norm": lambda found, wanted: (found - wanted).norm(dim=-1).mean(),
}
