"""Figures of the effect of the losses, each drawn from the CSV file beside it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jointaware.analysis.comparison import row_name
from jointaware.analysis.figures.style import INK, TEXT, axis_label, colours
from jointaware.analysis.tables import TRUTH
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.predictions import FILTERS, RAW

INCHES_PER_ROW = 0.28
COLUMNS = 3
"""Panels side by side in the figures of changes."""


def draw_constraints(csv: Path) -> Figure:
    """Physical plausibility of each experiment: mean and standard deviation over seeds, the true motion as a line."""
    table = pd.read_csv(csv, dtype=TEXT, keep_default_na=False, na_values=[""])
    means, spreads = (
        table[(table["statistic"] == statistic) & (table["variant"] == RAW)].set_index("row")[list(CONSTRAINTS)]
        for statistic in ("mean", "std")
    )
    true, means = means.loc[TRUTH], means.drop(index=TRUTH)
    palette = colours(list(means.index))
    height = 1 + INCHES_PER_ROW * len(means)
    figure, axes = _row(len(CONSTRAINTS), height)
    for axis, (column, constraint) in zip(axes, CONSTRAINTS.items(), strict=True):
        spread = spreads[column].reindex(means.index).fillna(0)
        axis.barh(means.index, means[column], xerr=spread, color=[palette[row] for row in means.index], height=0.7)
        axis.axvline(true[column], color="black", linestyle="--", linewidth=1)
        axis.set(xlabel=f"{axis_label(constraint)},\nlower is better, dashed: truth")
    axes[0].invert_yaxis()
    return figure


def draw_differences(csv: Path) -> Figure:
    """Relative change of every experiment, raw (filled) and after each filter (hollow), with its interval."""
    table = pd.read_csv(csv, dtype=TEXT, keep_default_na=False, na_values=[""])
    table = table.assign(name=list(map(row_name, table["row"], table["variant"])))
    [reference] = table["against"].unique()
    rows = list(table["name"].unique())
    palette = colours(list(table["row"].unique()))
    figure, axes = _panels(len(METRICS), rows)
    for axis, metric in zip(axes, METRICS, strict=True):
        shown = table[table["metric"] == metric].set_index("name")
        for place, name in enumerate(rows):
            row = shown.loc[name]
            axis.plot([row["low"], row["high"]], [place, place], color=palette[row["row"]], linewidth=2)
            filled = palette[row["row"]] if row["variant"] == RAW else "white"
            marker = "o" if row["variant"] == RAW else FILTERS[row["variant"]].marker
            axis.plot(row["percent"], place, marker, color=palette[row["row"]], markerfacecolor=filled, markersize=5)
        axis.axvline(0, color="black", linewidth=0.8)
        axis.set(xlabel=f"{METRICS[metric].name} against {reference} (%),\nlower is better")
    return figure


def draw_ablation(csv: Path) -> Figure:
    """Relative change of errors and physical plausibility; the full loss, the first row, as a dashed line."""
    table = pd.read_csv(csv, dtype=TEXT, keep_default_na=False, na_values=[""])
    experiments = list(table["row"].unique())
    measures = METRICS | CONSTRAINTS
    figure, axes = _panels(len(measures), experiments)
    for axis, (column, measure) in zip(axes, measures.items(), strict=True):
        shown = table[table["metric"] == column].set_index("row")
        for place, name in enumerate(experiments):
            row = shown.loc[name]
            axis.plot([row["low"], row["high"]], [place, place], color=INK, linewidth=2)
            axis.plot(row["percent"], place, "o", color=INK, markersize=5)
        if shown["percent"].isna().all():
            axis.set(xticks=[])
            axis.text(0.5, 0.5, "reference is zero", transform=axis.transAxes, ha="center", va="center", fontsize=8)
        else:
            axis.axvline(0, color="black", linewidth=0.8)
            axis.axvline(shown["percent"].iloc[0], color=INK, linewidth=0.8, linestyle="--")
        axis.set(xlabel=f"{measure.name} (%)")
    note = f"relative change against {table['against'].iloc[0]}, lower is better; dashed: {experiments[0]}"
    figure.supxlabel(note, fontsize=8)
    return figure


def _panels(count: int, rows: list[str]) -> tuple[Figure, list[Axes]]:
    """Panels, `COLUMNS` side by side, with the same rows from top to bottom."""
    lines = -(-count // COLUMNS)
    height = 1.4 + lines * INCHES_PER_ROW * (len(rows) + 1)
    figure, axes = plt.subplots(lines, COLUMNS, sharey=True, squeeze=False, figsize=(8.5, height), layout="constrained")
    for axis in axes.flat[count:]:
        axis.set_axis_off()
    axes[0, 0].set(yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.5, -0.5))
    return figure, list(axes.flat[:count])


def _row(count: int, height: float) -> tuple[Figure, list[Axes]]:
    """Panels side by side, with the same experiments."""
    figure, axes = plt.subplots(1, count, sharey=True, squeeze=False, figsize=(8.5, height), layout="constrained")
    return figure, list(axes[0])
