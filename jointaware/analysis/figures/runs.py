"""Figures of the runs: training curves, errors by action, errors by joint.

Each function draws one figure from the CSV file that is kept beside it and from nothing else. With more than `MANY`
experiments, as in an ablation, curves get a panel each and bars become a heat map.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from jointaware.analysis.figures.data import drawn_metrics
from jointaware.analysis.figures.style import INK, MANY, TEXT, axis_label, colours, draw_heat_map, legend_above
from jointaware.artifacts.metrics import METRICS

HOLLOW = (("o", -0.12), ("D", 0.12))
"""Marker of each published row, and its offset from the middle of the bars."""
EPOCHS_WITH_MARKERS = 20
RANGE: dict[str, Any] = {"color": "#cccccc", "linewidth": 0}
CURVES = {"train_mpjpe_mm": "training", "held_out_mpjpe_mm": "held out"}
"""The columns of training curves that have a panel."""
SOLID: Literal["-"] = "-"
STYLES: dict[str, Literal[":", "-"]] = {"train_mpjpe_mm": ":", "held_out_mpjpe_mm": SOLID}
"""Line style of each column where both share a panel."""


def draw_training_curves(csv: Path) -> Figure:
    """MPJPE by epoch on training and held-out sequences, like Figures 2 and 3 of the paper."""
    table = pd.read_csv(csv, dtype=TEXT, keep_default_na=False, na_values=[""])
    panels = {column: what for column, what in CURVES.items() if table[column].notna().any()}
    if not panels:
        figure = plt.figure(figsize=(4.5, 0.6))
        figure.text(0.5, 0.5, "no network was trained here", ha="center", va="center")
        return figure
    experiments = list(table["experiment"].unique())
    if len(experiments) > MANY:
        return _draw_curves_apart(table, panels)
    palette = colours(experiments)
    marker = "o" if table["epoch"].max() <= EPOCHS_WITH_MARKERS else None
    figure, axes = plt.subplots(
        1, len(panels), sharey=True, squeeze=False, figsize=(1 + 3.5 * len(panels), 3.1), layout="constrained"
    )
    for axis, (column, what) in zip(axes[0], panels.items(), strict=True):
        shown = table.dropna(subset=column)
        sns.lineplot(
            shown, x="epoch", y=column, hue="experiment", units="seed", estimator=None, palette=palette,
            linewidth=1.2, alpha=0.9, marker=marker, markersize=3, markeredgewidth=0, ax=axis,
            legend=axis is axes[0, 0],
        )  # fmt: skip
        axis.set(xlabel="epoch", ylabel=f"{axis_label(METRICS['mpjpe_mm'])}, lower is better")
        _set_curve_axes(axis)
        axis.text(0.97, 0.95, what, transform=axis.transAxes, ha="right", va="top", fontweight="bold")
    legend_above(figure, axes[0, 0])
    return figure


def _draw_curves_apart(table: pd.DataFrame, panels: dict[str, str]) -> Figure:
    """One panel per experiment: its seeds in colour, the range of all runs in grey."""
    palette = colours(list(table["experiment"].unique()))
    styles = STYLES if len(panels) > 1 else dict.fromkeys(panels, SOLID)
    ranges = table.groupby("epoch")[list(panels)].agg(["min", "max"])
    columns = 4
    rows = -(-len(palette) // columns)
    figure, axes = plt.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False, figsize=(9, 0.8 + 1.5 * rows), layout="constrained"
    )
    for axis, (experiment, colour) in zip(axes.flat, palette.items(), strict=False):
        for column, style in styles.items():
            axis.fill_between(ranges.index, ranges[column, "min"], ranges[column, "max"], **RANGE)
            for _, run in table[table["experiment"] == experiment].groupby("seed"):
                axis.plot(run["epoch"], run[column], linestyle=style, color=colour, linewidth=1.2)
        axis.text(0.97, 0.95, experiment, transform=axis.transAxes, ha="right", va="top", fontsize=8)
        _set_curve_axes(axis)
    for axis in axes.flat[len(palette) - columns : len(palette)]:
        axis.tick_params(labelbottom=True)
    for axis in axes.flat[len(palette) :]:
        axis.set_axis_off()
    figure.supxlabel("epoch", fontsize=9)
    figure.supylabel(f"{axis_label(METRICS['mpjpe_mm'])}, lower is better", fontsize=9)
    handles: list[Artist] = [
        Line2D([], [], color=INK, linestyle=styles[column], label=what) for column, what in panels.items()
    ]
    handles.append(Patch(**RANGE, label="range of all runs"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def draw_actions(csv: Path) -> Figure:
    """Each drawn metric by action: one bar per experiment, one dot per seed."""
    table = pd.read_csv(csv, dtype=TEXT, keep_default_na=False, na_values=[""])
    ours, published = (table[table["origin"] == origin] for origin in ("ours", "published"))
    experiments, actions = list(ours["row"].unique()), list(ours["action"].unique())
    if len(experiments) > MANY:
        return _draw_actions_as_heat_maps(table)
    metrics = drawn_metrics()
    height = 0.8 + 1.6 * len(metrics)
    figure, axes = _stack(len(metrics), height)
    common: dict[str, Any] = {"x": "action", "order": actions, "hue": "row", "hue_order": experiments}
    for axis, metric in zip(axes, metrics, strict=True):
        style = common | {"y": metric, "ax": axis}
        palette = colours(experiments)
        sns.barplot(ours, **style, palette=palette, errorbar=None, alpha=0.55, width=0.75, legend=axis is axes[0])
        sns.stripplot(
            ours, **style, palette=palette, dodge=True, jitter=False, size=2.6, edgecolor="white", linewidth=0.3,
            legend=False,
        )  # fmt: skip
        for (marker, shift), (row, values) in zip(HOLLOW, published.groupby("row", sort=False), strict=False):
            places = [actions.index(action) + shift for action in values["action"]]
            axis.plot(places, values[metric], marker, mfc="white", mec=INK, ms=4, label=row, zorder=5)
        axis.set(xlabel="", ylabel=axis_label(METRICS[metric]), xlim=(-0.6, len(actions) - 0.4))
        axis.axvline(len(actions) - 1.5, color="#cccccc", linewidth=0.8)
        axis.tick_params(axis="x", length=0)
    axes[-1].set_xticks(range(len(actions)), actions, rotation=35, ha="right", rotation_mode="anchor")
    figure.supylabel("lower is better", fontsize=8, color="#777777")
    legend_above(figure, axes[0])
    return figure


def _draw_actions_as_heat_maps(table: pd.DataFrame) -> Figure:
    """Heat maps of the means over seeds: one row per experiment and published row."""
    actions, published = table["action"].unique(), table[table["origin"] == "published"]["row"].unique()
    rows = [*published, *table[table["origin"] == "ours"]["row"].unique()]
    metrics = drawn_metrics()
    height = 0.6 + len(metrics) * (0.3 + 0.22 * len(rows))
    figure, axes = _stack(len(metrics), height)
    for axis, metric in zip(axes, metrics, strict=True):
        grid = table.pivot_table(index="row", columns="action", values=metric).reindex(index=rows, columns=actions)
        draw_heat_map(axis, grid, axis_label(METRICS[metric]), METRICS[metric].decimals)
        axis.axvline(len(actions) - 1, color=INK, linewidth=1.2)
        axis.axhline(len(published), color=INK, linewidth=1.2)
    axes[-1].tick_params(axis="x", labelbottom=True)
    return figure


def draw_joints(csv: Path) -> Figure:
    """MPJPE of each joint (columns) in each run (rows) as a heat map."""
    table = pd.read_csv(csv, dtype=TEXT, keep_default_na=False, na_values=[""])
    table["run"] = table["experiment"] + "-" + table["seed"].astype(str)
    grid = table.pivot(index="run", columns="joint", values="mpjpe_mm")
    grid = grid.loc[table["run"].unique(), table["joint"].unique()]
    grid.columns = [joint.replace("_", " ") for joint in grid.columns]
    figure, axis = plt.subplots(figsize=(9, 1.7 + 0.3 * len(grid)), layout="constrained")
    draw_heat_map(axis, grid, axis_label(METRICS["mpjpe_mm"]), 0)
    return figure


def _stack(count: int, height: float) -> tuple[Figure, list[Axes]]:
    """Panels one above the other, with the same actions."""
    figure, axes = plt.subplots(count, 1, sharex=True, squeeze=False, figsize=(9, height), layout="constrained")
    return figure, list(axes[:, 0])


def _set_curve_axes(axis: Axes) -> None:
    """Logarithmic errors with plain tick labels, integer epochs."""
    axis.set_yscale("log")
    axis.yaxis.set(major_locator=LogLocator(subs=(1, 1.5, 2, 3, 5, 7)), major_formatter="{x:.0f}")
    axis.yaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
