"""Errors of single joints, drawn where they are on the body."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jointaware.analysis.figures.style import SMALL, TINY, axis_label, grid, read
from jointaware.artifacts.metrics import METRICS, Metric
from jointaware.pose.skeleton import BONES, JOINTS, ROOT

BODY = {
    "pelvis": (0, 0), "hip": (0.24, -0.08), "knee": (0.32, -0.95), "foot": (0.36, -1.85), "spine": (0, 0.35),
    "thorax": (0, 0.75), "neck": (0, 1.3), "head": (0, 1.65), "shoulder": (0.45, 1.08), "elbow": (0.72, 0.4),
    "hand": (0.85, -0.3),
}  # fmt: skip
"""Where the joints of a person who faces the reader are drawn; the left ones are on the right of the page."""
LIMBS = 1.35
"""Half the width of a panel."""
SIZE = 26


def draw_joints(csv: Path) -> Figure:
    """A body for each metric: above the error of each joint, below its change from the first experiment to the last."""
    table = read(csv)
    metrics = {name: row for name, row in METRICS.items() if name in table}
    means = table.groupby(["experiment", "joint"], sort=False)[list(metrics)].mean()
    first, last = table["experiment"].iloc[0], table["experiment"].iloc[-1]
    figure, axes = grid(2 * len(metrics), len(metrics), 2.3)
    for axis, (name, metric) in zip(axes, metrics.items(), strict=False):
        values = means.loc[first][name]
        _draw(axis, values, f"{first}\n{axis_label(metric)}", _format(metric), "viridis_r", (0, values.max()))
    for axis, (name, metric) in zip(axes[len(metrics) :], metrics.items(), strict=True):
        change = 100 * (means.loc[last][name] / means.loc[first][name] - 1)
        reach = max(float(change.abs().max()), 1)
        _draw(axis, change, f"{last}\n{metric.name}, change in %", "{:+.0f}", "RdBu_r", (-reach, reach))
    return figure


def _draw(axis: Axes, values: pd.Series, title: str, form: str, colours: str, limits: tuple[float, float]) -> None:
    places = np.array([_place(joint) for joint in JOINTS])
    for bone in BONES:
        axis.plot(*places[list(bone)].T, color="#bbbbbb", linewidth=1.5, zorder=1)
    scale = mpl.colormaps[colours].resampled(256)
    for joint, (x, y) in zip(JOINTS, places, strict=True):
        if joint == JOINTS[ROOT]:
            continue
        share = (values[joint] - limits[0]) / (limits[1] - limits[0] or 1)
        axis.scatter(x, y, s=SIZE, color=scale(share), edgecolor="#555555", linewidth=0.4, zorder=2)
        side = "right" if x < 0 else "left"
        shift = -0.13 if x < 0 else 0.13
        axis.text(x + shift, y, form.format(values[joint]), ha=side, va="center", fontsize=TINY)
    axis.set(xlim=(-LIMBS, LIMBS), ylim=(-2.05, 1.85), aspect="equal")
    axis.set_title(title, fontsize=SMALL)
    axis.set_axis_off()


def _place(joint: str) -> tuple[float, float]:
    side, _, part = joint.rpartition("_")
    x, y = BODY[part]
    return (-x if side == "right" else x), y


def _format(metric: Metric) -> str:
    return f"{{:.{max(0, metric.decimals - 1)}f}}"
