"""Figures of the runs: each function draws one, from the CSV file that is kept beside it and from nothing else.

An experiment has one colour everywhere, by its place in params.yaml; ours are filled, published values hollow; a dot is
a seed. No eye tells more than a few colours apart: where there are MANY experiments, as in an ablation, curves get a
panel each and bars become a heat map, and a name stands where a legend would.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from jointaware.analysis.typesetting import WORDING

STYLE = Path(__file__).with_name("figures.mplstyle")
HOLLOW = (("o", -0.12), ("D", 0.12))
"""Marker of each published row, and its shift from the middle of the bars."""
MANY = 6
"""More experiments than this share no axes."""
EPOCHS_WITH_MARKERS = 20
RANGE = {"color": "#cccccc", "linewidth": 0}
ROWS_OF_SCALE = 10
LEGEND_INCHES, LEGEND_INCHES_PER_LETTER = 0.6, 0.075
"""Room of an entry: its sign, and each letter of its name."""
LABELS = {
    "mpjpe_mm": "MPJPE (mm)",
    "mpjve_mm_per_frame": "MPJVE (mm/frame)",
    "mpjae_mm_per_frame2": "MPJAE (mm/frame²)",
}
mpl.use("svg")


@contextmanager
def drawing(path: Path) -> Iterator[None]:
    """The style of all figures, and the figure of the block as SVG that is equal when its data is."""
    with plt.style.context(STYLE):
        try:
            yield
            plt.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
        finally:
            plt.close()


def colours(experiments: list[str]) -> dict[str, tuple[float, ...]]:
    """One colour for each experiment, told apart by colour-blind readers too."""
    return dict(zip(experiments, sns.color_palette("colorblind", len(experiments)), strict=True))


def draw_training_curves(csv: Path) -> Figure:
    """MPJPE by epoch in training and on the sequences that are watched: Figures 2 and 3 of the paper."""
    table = pd.read_csv(csv)
    panels = {"train_mpjpe_mm": "training", "held_out_mpjpe_mm": "held out"}
    panels = {column: what for column, what in panels.items() if table[column].notna().any()}
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
        axis.set(xlabel="epoch", ylabel="MPJPE (mm), lower is better")
        _set_curve_axes(axis)
        axis.text(0.97, 0.95, what, transform=axis.transAxes, ha="right", va="top", fontweight="bold")
    _legend_above(figure, axes[0, 0])
    return figure


def _draw_curves_apart(table: pd.DataFrame, panels: dict[str, str]) -> Figure:
    """A panel for each experiment: its seeds in its colour over the range of all runs in grey."""
    palette = colours(list(table["experiment"].unique()))
    styles = dict(zip(panels, ("-",) if len(panels) == 1 else (":", "-"), strict=True))
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
    figure.supylabel("MPJPE (mm), lower is better", fontsize=9)
    handles = [Line2D([], [], color="#333333", linestyle=styles[column], label=what) for column, what in panels.items()]
    handles.append(Patch(**RANGE, label="range of all runs"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def draw_actions(csv: Path) -> Figure:
    """Error of position, velocity and acceleration by action: a bar for each experiment, a dot for each seed."""
    table = pd.read_csv(csv, dtype={"action": str})
    ours, published = (table[table["origin"] == origin] for origin in ("ours", "published"))
    experiments, actions = list(ours["row"].unique()), list(ours["action"].unique())
    if len(experiments) > MANY:
        return _draw_actions_as_heat_maps(table)
    figure, axes = plt.subplots(len(LABELS), 1, sharex=True, figsize=(9, 5.6), layout="constrained")
    for axis, (metric, label) in zip(axes, LABELS.items(), strict=True):
        style = {"x": "action", "y": metric, "order": actions, "hue": "row", "hue_order": experiments, "ax": axis}
        palette = colours(experiments)
        sns.barplot(ours, **style, palette=palette, errorbar=None, alpha=0.55, width=0.75, legend=axis is axes[0])
        sns.stripplot(
            ours, **style, palette=palette, dodge=True, jitter=False, size=2.6, edgecolor="white", linewidth=0.3,
            legend=False,
        )  # fmt: skip
        for (marker, shift), (row, values) in zip(HOLLOW, published.groupby("row", sort=False), strict=False):
            places = [actions.index(action) + shift for action in values["action"]]
            axis.plot(places, values[metric], marker, mfc="white", mec="#333333", ms=4, label=row, zorder=5)
        axis.set(xlabel="", ylabel=label, xlim=(-0.6, len(actions) - 0.4))
        axis.axvline(len(actions) - 1.5, color="#cccccc", linewidth=0.8)
        axis.tick_params(axis="x", length=0)
    axes[-1].set_xticks(range(len(actions)), actions, rotation=35, ha="right", rotation_mode="anchor")
    figure.supylabel("lower is better", fontsize=8, color="#777777")
    _legend_above(figure, axes[0])
    return figure


def _draw_actions_as_heat_maps(table: pd.DataFrame) -> Figure:
    """The same as numbers: a row for each experiment, the mean over its seeds, and for each published row."""
    actions, published = table["action"].unique(), table[table["origin"] == "published"]["row"].unique()
    rows = [*published, *table[table["origin"] == "ours"]["row"].unique()]
    height = 0.6 + len(LABELS) * (0.3 + 0.22 * len(rows))
    figure, axes = plt.subplots(len(LABELS), 1, sharex=True, figsize=(9, height), layout="constrained")
    for axis, (metric, label) in zip(axes, LABELS.items(), strict=True):
        grid = table.pivot_table(index="row", columns="action", values=metric).reindex(index=rows, columns=actions)
        _draw_heat_map(axis, grid, label, WORDING[metric].decimals)
        axis.axvline(len(actions) - 1, color="#333333", linewidth=1.2)
        axis.axhline(len(published), color="#333333", linewidth=1.2)
    axes[-1].tick_params(axis="x", labelbottom=True)
    return figure


def draw_joints(csv: Path) -> Figure:
    """MPJPE of each joint in each run, as a heat map. The root is zero by definition and left out."""
    table = pd.read_csv(csv)
    table["run"] = table["experiment"] + "-" + table["seed"].astype(str)
    grid = table.pivot(index="run", columns="joint", values="mpjpe_mm")
    grid = grid.loc[table["run"].unique(), table["joint"].unique()]
    grid.columns = [joint.replace("_", " ") for joint in grid.columns]
    figure, axis = plt.subplots(figsize=(9, 1.7 + 0.3 * len(grid)), layout="constrained")
    _draw_heat_map(axis, grid, LABELS["mpjpe_mm"], 0)
    return figure


def _draw_heat_map(axis: Axes, grid: pd.DataFrame, label: str, decimals: int) -> None:
    """Each number in a cell of its colour; the scale beside them is as tall as ROWS_OF_SCALE rows at most."""
    scale = {"label": f"{label}\nlower is better", "aspect": 8, "pad": 0.015}
    scale["shrink"] = min(1, ROWS_OF_SCALE / len(grid))
    sns.heatmap(
        grid, ax=axis, cmap="rocket_r", annot=True, fmt=f".{decimals}f", annot_kws={"size": 8}, linewidths=1.2,
        cbar_kws=scale,
    )  # fmt: skip
    axis.set(xlabel="", ylabel="")
    axis.tick_params(length=0)
    axis.set_xticks(axis.get_xticks(), grid.columns, rotation=35, ha="right", rotation_mode="anchor")
    axis.set_yticks(axis.get_yticks(), grid.index, rotation=0)


def _set_curve_axes(axis: Axes) -> None:
    """Errors on a logarithmic scale with plain numbers, epochs whole."""
    axis.set_yscale("log")
    axis.yaxis.set(major_locator=LogLocator(subs=(1, 1.5, 2, 3, 5, 7)), major_formatter="{x:.0f}")
    axis.yaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def _legend_above(figure: Figure, axis: Axes) -> None:
    """One legend for all panels above them, in as many columns as the longest name allows."""
    handles, labels = axis.get_legend_handles_labels()
    axis.get_legend().remove()
    columns = int(figure.get_figwidth() / (LEGEND_INCHES + LEGEND_INCHES_PER_LETTER * max(map(len, labels))))
    figure.legend(handles, labels, loc="outside upper center", ncols=min(5, max(1, columns)))
