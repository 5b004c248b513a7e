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
        "Training curves: MPJPE by epoch on training and held-out sequences, one line per seed.",
    ),
    "actions": FigureRow(
        "jointaware.analysis.figures.data:actions",
        "jointaware.analysis.figures.runs:draw_actions",
        "Position, velocity and acceleration error by action: bars are means over seeds, dots single seeds, hollow "
        "markers published values. With many experiments, a heat map of means over seeds.",
    ),
    "joints": FigureRow(
        "jointaware.analysis.figures.data:joints",
        "jointaware.analysis.figures.runs:draw_joints",
        "MPJPE of each joint in each run, without the root, whose error is zero by definition.",
    ),
    "differences": FigureRow(
        "jointaware.analysis.figures.data:differences",
        "jointaware.analysis.figures.comparison:draw_differences",
        "Relative change against the equally wide network without joint-aware losses, raw (filled) and after "
        f"{FILTERED} (hollow), with 95 % intervals over subjects, takes and seeds.",
    ),
    "ablation": FigureRow(
        "jointaware.analysis.figures.data:ablation",
        "jointaware.analysis.figures.comparison:draw_ablation",
        "Each joint-aware loss alone and left out: relative change against the same training without joint-aware "
        "losses, errors with 95 % intervals; dashed: all losses.",
    ),
    "comparison": FigureRow(
        "jointaware.analysis.figures.data:comparison",
        "jointaware.analysis.figures.comparison:draw_constraints",
        "Physical plausibility of each experiment: mean and standard deviation over seeds; dashed: true motion.",
    ),
}
