"""The common look of all figures: style sheet, width, colours and labels.

All figures are as wide as a phone shows without scaling; pages put them side by side where there is room. Names stand
beside what they name; colours tell groups of experiments apart, of which there are few, and are safe for colour-blind
readers. What is ours is filled, what was published or filtered is hollow.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jointaware.analysis.ablation import GROUPS
from jointaware.artifacts.metrics import Constraint, Metric

STYLE = Path(__file__).with_name("figures.mplstyle")
WIDTH = 4.1
"""Width of every figure, inches."""
TEXT = dict.fromkeys(("row", "variant", "against", "experiment", "skeleton", "action", "joint", "group", "role"), str)
"""Types of the columns of figures' data that hold names, of which pandas takes some for numbers or truth values."""
INK = "#333333"
"""Colour of everything that belongs to no experiment."""
SOFT = "#8a8a8a"
"""Of what is drawn for comparison."""
OURS = "#d55e00"
SMALL, TINY = 7, 6.5
"""Sizes of text, points."""
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


def colours() -> dict[str, str]:
    """One colour for each group of experiments, safe for colour-blind readers."""
    return dict(zip(GROUPS, ("#555555", "#0173b2", OURS, "#029e73", "#a8559a"), strict=True))


def read(csv: Path) -> pd.DataFrame:
    """The data of a figure."""
    return pd.read_csv(csv, dtype=TEXT, keep_default_na=False, na_values=[""])


def grid(count: int, columns: int, height: float, **shared: Any) -> tuple[Figure, list[Axes]]:
    """Panels side by side in as many rows as they take, each `height` inches; the axes that are left over are off."""
    rows = -(-count // columns)
    figure, axes = plt.subplots(
        rows, columns, squeeze=False, figsize=(WIDTH, rows * height), layout="constrained", **shared
    )
    for axis in axes.flat[count:]:
        axis.set_axis_off()
    return figure, list(axes.flat)


def by_group(table: pd.DataFrame, names: str) -> dict[str, list[str]]:
    """The names in a column by their group, in the order of the groups."""
    found = {group: list(rows[names].unique()) for group, rows in table.fillna({"group": ""}).groupby("group")}
    return {group: found[group] for group in GROUPS if group in found}


def axis_label(measure: Metric | Constraint) -> str:
    """Name and unit: `MPJPE (mm)`."""
    return f"{measure.name} ({measure.unit})"
