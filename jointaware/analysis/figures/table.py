"""The table of figures: one row for each figure of results/figures, in the order of the report.

A new figure is two functions and a row. Functions are given as `module:function` and resolved where figures are
drawn (`draw`), so that importing this table does not import Matplotlib.
"""

from __future__ import annotations

from dataclasses import dataclass

from jointaware.analysis.tables import FILTERED


@dataclass(frozen=True)
class FigureRow:
    """A figure.

    data: `module:function` from `data.Results` to the table that is kept beside the figure; an empty one has no figure.
    draw: `module:function` from the path of that CSV file to a Matplotlib figure.
    """

    data: str
    draw: str
    caption: str


FIGURES = {
    "skeleton": FigureRow(
        "jointaware.analysis.figures.data:skeleton",
        "jointaware.analysis.figures.skeleton:draw_skeleton",
        "2D keypoints, true pose and predicted poses in the frame of median error of the first test sequence of "
        "Walking; the true pose in grey.",
    ),
    "training_curves": FigureRow(
        "jointaware.analysis.figures.data:training_curves",
        "jointaware.analysis.figures.runs:draw_training_curves",
        "MPJPE by epoch, the only error measured in training: one line for each seed, experiments by group; grey: the "
        "range of all. The axis is that of the epochs after the first.",
    ),
    "actions": FigureRow(
        "jointaware.analysis.figures.data:actions",
        "jointaware.analysis.figures.runs:draw_actions",
        "Change of the errors by action against the baseline, or else the first experiment: filled is joint-aware "
        "training, or else the second experiment, its small dots single seeds; grey are controls without losses; "
        "hollow, where there are any, published values.",
    ),
    "joints": FigureRow(
        "jointaware.analysis.figures.data:joints",
        "jointaware.analysis.figures.body:draw_joints",
        "Error of each joint, of a person who faces you: above of the baseline, below its change with joint-aware "
        "training. The pelvis is the root, whose error is zero by definition. P-MPJPE and N-MPJPE are of whole poses.",
    ),
    "differences": FigureRow(
        "jointaware.analysis.figures.data:differences",
        "jointaware.analysis.figures.comparison:draw_differences",
        "Relative change against `wide`, or else the first experiment, on single frames without losses: filled as "
        f"predicted, hollow after {FILTERED}; bars are 95 % intervals over subjects, takes and seeds.",
    ),
    "ablation": FigureRow(
        "jointaware.analysis.figures.data:ablation",
        "jointaware.analysis.figures.comparison:draw_ablation",
        "Each choice of losses against the same training without any, so that the effect of leaving one out is the "
        "distance from the row with all; bars are 95 % intervals, which plausibility has none of; dashed: our recipe.",
    ),
    "comparison": FigureRow(
        "jointaware.analysis.figures.data:comparison",
        "jointaware.analysis.figures.comparison:draw_constraints",
        "Physical plausibility of each experiment: bars are means over seeds, whiskers standard deviations; dashed: "
        "true motion.",
    ),
}
