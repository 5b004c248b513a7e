"""The table of joint-aware loss terms (the paper's Table 1): one row per term.

Parameters, training and tables take the names, units and order of the terms from here. A new term is a row, whose
difference is computed from `losses.Comparison`. PyTorch is not imported, so that reading the names stays cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from jointaware.pose.losses import Comparison


@dataclass(frozen=True)
class Term:
    """A loss term: the distance between a feature of the predicted and of the target clip.

    words: description of the feature, for tables and reports. unit: of the feature.
    frames: smallest number of consecutive frames for which the term is defined.
    difference: predicted minus target feature, (clips, clip frames - `frames` + 1, items, size). A size of 1 marks
        scalars; the distance "norm" is Euclidean along this last axis.
    """

    words: str
    unit: str
    frames: int
    difference: Callable[[Comparison], Tensor]


TERMS = {
    "angle": Term("angles between adjacent limbs", "radian", 1, lambda comparison: comparison.angle),
    "distance": Term(
        "distances between connected joints (bone lengths)", "metre", 1, lambda comparison: comparison.distance
    ),
    "symmetry": Term("left minus right limb lengths", "metre", 1, lambda comparison: comparison.symmetry),
    "range_of_motion": Term(
        "excess of the angles over their joint limits", "radian", 1, lambda comparison: comparison.range_of_motion
    ),
    "velocity": Term("joint velocities", "metre/frame", 2, lambda comparison: comparison.velocity),
    "acceleration": Term("joint accelerations", "metre/frame²", 3, lambda comparison: comparison.acceleration),
    "angular_acceleration": Term(
        "second differences of the angles", "radian/frame²", 3, lambda comparison: comparison.angular_acceleration
    ),
}
"""The loss terms by name, in the order of the paper's Table 1."""
