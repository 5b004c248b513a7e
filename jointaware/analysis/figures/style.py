"""The common look of all figures: style sheet, colours, labels, heat maps and legends.

An experiment has one colour everywhere, by its place in params.yaml; ours are filled, published values hollow. More
than `MANY` colours cannot be told apart: figures of that many experiments use panels and heat maps instead.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jointaware.artifacts.metrics import Constraint, Metric

STYLE = Path(__file__).with_name("figures.mplstyle")
MANY = 6
"""The largest number of experiments that share axes."""
TEXT = dict.fromkeys(("row", "variant", "against", "experiment", "skeleton", "action", "joint"), str)
"""Types of the columns of figures' data that hold names, of which pandas takes some for numbers or truth values."""
INK = "#333333"
"""Colour of everything that belongs to no experiment."""
ROWS_OF_SCALE = 10
LEGEND_INCHES, LEGEND_INCHES_PER_LETTER = 0.6, 0.075
"""Width of a legend entry: its handle, and each letter of its name."""
mpl.use("svg")


@contextmanager
def drawing(path: Path) -> Iterator[None]:
    """Apply the style, and save the figure drawn in the block as SVG; the same data gives the same bytes."""
    with plt.style.context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # of names in scripts that the font lacks
        try:
            yield
            plt.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
        finally:
            plt.close()


def colours(experiments: list[str]) -> dict[str, tuple[float, ...]]:
    """One colour for each experiment, safe for colour-blind readers."""
    return dict(zip(experiments, sns.color_palette("colorblind", len(experiments)), strict=True))


def axis_label(measure: Metric | Constraint) -> str:
    """Name and unit: `MPJPE (mm)`."""
    return f"{measure.name} ({measure.unit})"


def draw_heat_map(axis: Axes, grid: pd.DataFrame, label: str, decimals: int) -> None:
    """Heat map with the numbers in its cells; the colour bar is at most as tall as ROWS_OF_SCALE rows."""
    scale: dict[str, Any] = {"label": f"{label}\nlower is better", "aspect": 8, "pad": 0.015}
    scale["shrink"] = min(1, ROWS_OF_SCALE / len(grid))
    sns.heatmap(
        grid, ax=axis, cmap="rocket_r", annot=True, fmt=f".{decimals}f", annot_kws={"size": 8}, linewidths=1.2,
        cbar_kws=scale,
    )  # fmt: skip
    axis.set(xlabel="", ylabel="")
    axis.tick_params(length=0)
    axis.set_xticks(axis.get_xticks(), grid.columns, rotation=35, ha="right", rotation_mode="anchor")
    axis.set_yticks(axis.get_yticks(), grid.index, rotation=0)


def legend_above(figure: Figure, axis: Axes) -> None:
    """Move the legend of one panel above all panels, in as many columns as its longest name allows."""
    handles, labels = axis.get_legend_handles_labels()
    if legend := axis.get_legend():
        legend.remove()
    columns = int(figure.get_figwidth() / (LEGEND_INCHES + LEGEND_INCHES_PER_LETTER * max(map(len, labels))))
    figure.legend(handles, labels, loc="outside upper center", ncols=min(5, max(1, columns)))
