"""The table of metrics: one row for each error and each measure of plausibility that the pipeline reports.

Tables, figures, captions, README and report take names, units, words and order from here. A new metric is a function
and a row. Functions are given as `module:function` and resolved where scores are computed (`pkgutil.resolve_name`), so
that importing this table does not import PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

METRES_TO_MM = 1000.0
"""Metres inside, millimetres in tables: the factor between them."""


@dataclass(frozen=True)
class Metric:
    """An error between predicted and true joints, lower is better.

    name: its usual abbreviation. protocol: its name as a protocol, if it has one. words: its definition in one phrase.
    unit: of the number in the tables, which has `decimals` decimal places.
    measure: `module:function` from (predicted, target), both (frames, joints, 3) metres, to one value per frame.
    scale: factor from the unit of `measure` to `unit`.
    order: order of the difference along frames, for metrics defined for a single joint; None for the others.
    is_headline: whether it is among the few that a terminal shows.
    """

    name: str
    words: str
    unit: str
    decimals: int
    measure: str
    protocol: str = ""
    scale: float = METRES_TO_MM
    order: int | None = None
    is_headline: bool = False

    @property
    def label(self) -> str:
        """Name and unit: `MPJPE, mm`."""
        return f"{self.name}, {self.unit}"


@dataclass(frozen=True)
class Constraint:
    """A measure of physical plausibility of one motion, without comparison to ground truth; lower is better.

    measure: `module:function` from (frames, 17, 3) metres to one value per frame. scale: factor to `unit`.
    """

    name: str
    words: str
    unit: str
    decimals: int
    measure: str
    scale: float

    @property
    def label(self) -> str:
        """Name and unit: `bone length deviation, mm`."""
        return f"{self.name}, {self.unit}"


METRICS = {
    "mpjpe_mm": Metric(
        "MPJPE",
        "mean per-joint position error, without alignment",
        "mm",
        1,
        "jointaware.pose.metrics:mpjpe",
        protocol="Protocol 1",
        order=0,
        is_headline=True,
    ),
    "p_mpjpe_mm": Metric(
        "P-MPJPE",
        "position error after the best rotation, translation and scale (Procrustes)",
        "mm",
        1,
        "jointaware.pose.metrics:p_mpjpe",
        protocol="Protocol 2",
    ),
    "n_mpjpe_mm": Metric(
        "N-MPJPE",
        "position error after the best scale",
        "mm",
        1,
        "jointaware.pose.metrics:n_mpjpe",
        protocol="Protocol 3",
    ),
    "mpjve_mm_per_frame": Metric(
        "MPJVE",
        "mean per-joint velocity error",
        "mm/frame",
        2,
        "jointaware.pose.metrics:mpjve",
        order=1,
        is_headline=True,
    ),
    "mpjae_mm_per_frame2": Metric(
        "MPJAE",
        "mean per-joint acceleration error",
        "mm/frame²",
        2,
        "jointaware.pose.metrics:mpjae",
        order=2,
        is_headline=True,
    ),
}
"""The errors by their column in every table, in the order of the tables."""

CONSTRAINTS = {
    "bone_length_deviation_mm": Constraint(
        "bone length deviation",
        "mean deviation of each bone from its mean length in the sequence",
        "mm",
        2,
        "jointaware.pose.constraints:bone_length_deviation",
        METRES_TO_MM,
    ),
    "left_right_difference_mm": Constraint(
        "left-right difference",
        "mean difference between the lengths of left and right limbs",
        "mm",
        2,
        "jointaware.pose.constraints:left_right_difference",
        METRES_TO_MM,
    ),
    "limit_violation_percent": Constraint(
        "joint limit violations",
        "share of limb angles outside their limits",
        "%",
        2,
        "jointaware.pose.constraints:limit_violation",
        100.0,
    ),
}
"""Physical plausibility by column: constant bone lengths, symmetry, joint limits."""
