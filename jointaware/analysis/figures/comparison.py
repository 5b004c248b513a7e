"""Figures of what the losses change, drawn like those of `runs` from the CSV file beside each."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from jointaware.analysis.figures.runs import LABELS, colours
from jointaware.artifacts.scores import CONSTRAINTS

CONSTRAINT_NAMES = dict(
    zip(CONSTRAINTS, ("bone lengths off their mean", "left from right length", "angles beyond limits"), strict=True)
)
UNITS = dict(zip(CONSTRAINTS, ("mm", "mm", "%"), strict=True))
SHORT_LABELS = {**{metric: label.partition(" ")[0] for metric, label in LABELS.items()}, **CONSTRAINT_NAMES}
INCHES_PER_ROW = 0.28
INK = "#333333"
"""Of what has no colour of its own."""


def draw_constraints(csv: Path) -> Figure:
    """How far each run keeps to what bodies keep to: mean and standard deviation over seeds, the truth as a line."""
    table = pd.read_csv(csv)
    means, spreads = (
        table[(table["statistic"] == statistic) & (table["variant"] == "raw")].set_index("row")[list(CONSTRAINTS)]
        for statistic in ("mean", "std")
    )
    true, means = means.loc["truth"], means.drop(index="truth")
    palette = colours(list(means.index))
    height = 1 + INCHES_PER_ROW * len(means)
    figure, axes = plt.subplots(1, len(CONSTRAINTS), sharey=True, figsize=(8.5, height), layout="constrained")
    for axis, column in zip(axes, CONSTRAINTS, strict=True):
        spread = spreads[column].reindex(means.index).fillna(0)
        axis.barh(means.index, means[column], xerr=spread, color=[palette[row] for row in means.index], height=0.7)
        axis.axvline(true[column], color="black", linestyle="--", linewidth=1)
        axis.set(xlabel=f"{CONSTRAINT_NAMES[column]} ({UNITS[column]}),\nlower is better, dashed: truth")
    axes[0].invert_yaxis()
    return figure


def draw_differences(csv: Path) -> Figure:
    """Change of every run, as it is and smoothed, against `wide` or else the first run without terms, with interval."""
    table = pd.read_csv(csv)
    against = "wide" if "wide" in set(table["against"]) else table["against"].iloc[0]
    table = table[(table["against"] == against) & (table["against_variant"] == "raw")]
    names = table["row"] + table["variant"].map({"raw": "", "smoothed": ", smoothed"})
    table = table.assign(name=names)
    rows = list(table["name"].unique())
    palette = colours(list(table["row"].unique()))
    height = 1 + INCHES_PER_ROW * len(rows)
    figure, axes = plt.subplots(1, len(LABELS), sharey=True, figsize=(8.5, height), layout="constrained")
    for axis, metric in zip(axes, LABELS, strict=True):
        shown = table[table["metric"] == metric].set_index("name")
        for place, name in enumerate(rows):
            row = shown.loc[name]
            axis.plot([row["low"], row["high"]], [place, place], color=palette[row["row"]], linewidth=2)
            filled = palette[row["row"]] if row["variant"] == "raw" else "white"
            axis.plot(row["percent"], place, "o", color=palette[row["row"]], markerfacecolor=filled, markersize=5)
        axis.axvline(0, color="black", linewidth=0.8)
        axis.set(xlabel=f"{LABELS[metric].partition(' ')[0]} against {against} (%),\nlower is better")
    axes[0].set(yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.5, -0.5))
    return figure


def draw_ablation(csv: Path) -> Figure:
    """Change of errors and constraints in every run of the ablation, the whole as a dashed line through all rows."""
    table = pd.read_csv(csv)
    rows = list(table["row"].unique())
    height = 1.4 + 2 * INCHES_PER_ROW * len(rows)
    figure, axes = plt.subplots(2, 3, sharey=True, figsize=(8.5, height), layout="constrained")
    for axis, (measure, label) in zip(axes.flat, SHORT_LABELS.items(), strict=True):
        shown = table[table["metric"] == measure].set_index("row")
        for place, name in enumerate(rows):
            row = shown.loc[name]
            axis.plot([row["low"], row["high"]], [place, place], color=INK, linewidth=2)
            axis.plot(row["percent"], place, "o", color=INK, markersize=5)
        if shown["percent"].isna().all():
            axis.set(xticks=[])
            axis.text(0.5, 0.5, "none to change from", transform=axis.transAxes, ha="center", va="center", fontsize=8)
        else:
            axis.axvline(0, color="black", linewidth=0.8)
            axis.axvline(shown["percent"].iloc[0], color=INK, linewidth=0.8, linestyle="--")
        axis.set(xlabel=f"{label} (%)")
    axes[0, 0].set(yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.5, -0.5))
    figure.supxlabel(f"change against {table['against'].iloc[0]}, lower is better; dashed: {rows[0]}", fontsize=8)
    return figure
