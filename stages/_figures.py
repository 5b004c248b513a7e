"""Figures of the runs: each function draws one, from the CSV file that is kept beside it and from nothing else.

An experiment has one colour everywhere, by its place in params.yaml; ours are filled, published values hollow; a dot is
a seed.
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
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

STYLE = Path(__file__).with_name("figures.mplstyle")
HOLLOW = (("o", -0.12), ("D", 0.12))
"""Marker of each published row, and its shift from the middle of the bars."""
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
    palette = colours(list(table["experiment"].unique()))
    figure, axes = plt.subplots(
        1, len(panels), sharey=True, squeeze=False, figsize=(1 + 3.5 * len(panels), 3.1), layout="constrained"
    )
    for axis, (column, what) in zip(axes[0], panels.items(), strict=True):
        shown = table.dropna(subset=column)
        sns.lineplot(
            shown, x="epoch", y=column, hue="experiment", units="seed", estimator=None, palette=palette,
            linewidth=1.2, alpha=0.9, marker="o", markersize=3, markeredgewidth=0, ax=axis, legend=axis is axes[0, 0],
        )  # fmt: skip
        axis.set(xlabel="epoch", ylabel="MPJPE (mm), lower is better", yscale="log")
        axis.yaxis.set(major_locator=LogLocator(subs=(1, 1.5, 2, 3, 5, 7)), major_formatter="{x:.0f}")
        axis.yaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.text(0.97, 0.95, what, transform=axis.transAxes, ha="right", va="top", fontweight="bold")
    _legend_above(figure, axes[0, 0])
    return figure


def draw_actions(csv: Path) -> Figure:
    """Error of position, velocity and acceleration by action: a bar for each experiment, a dot for each seed."""
    table = pd.read_csv(csv, dtype={"action": str})
    ours, published = (table[table["origin"] == origin] for origin in ("ours", "published"))
    experiments, actions = list(ours["row"].unique()), list(ours["action"].unique())
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
            axis.plot(places, values[metric], marker, mfc="white", mec="#333333", ms=4, label=row)
        axis.set(xlabel="", ylabel=label, xlim=(-0.6, len(actions) - 0.4))
        axis.axvline(len(actions) - 1.5, color="#cccccc", linewidth=0.8)
        axis.tick_params(axis="x", length=0)
    axes[-1].set_xticks(range(len(actions)), actions, rotation=35, ha="right", rotation_mode="anchor")
    figure.supylabel("lower is better", fontsize=8, color="#777777")
    _legend_above(figure, axes[0])
    return figure


def draw_joints(csv: Path) -> Figure:
    """MPJPE of each joint in each run, as a heat map. The root is zero by definition and left out."""
    table = pd.read_csv(csv)
    table["run"] = table["experiment"] + "-" + table["seed"].astype(str)
    grid = table.pivot(index="run", columns="joint", values="mpjpe_mm")
    grid = grid.loc[table["run"].unique(), table["joint"].unique()]
    figure, axis = plt.subplots(figsize=(9, 1.7 + 0.3 * len(grid)), layout="constrained")
    sns.heatmap(
        grid, ax=axis, cmap="rocket_r", annot=True, fmt=".0f", annot_kws={"size": 8}, linewidths=1.2, square=False,
        vmin=0, cbar_kws={"label": "MPJPE (mm)\nlower is better", "aspect": 8, "pad": 0.015},
    )  # fmt: skip
    axis.set(xlabel="", ylabel="")
    axis.tick_params(length=0)
    names = [joint.replace("_", " ") for joint in grid.columns]
    axis.set_xticks(axis.get_xticks(), names, rotation=35, ha="right", rotation_mode="anchor")
    axis.set_yticks(axis.get_yticks(), grid.index, rotation=0)
    return figure


def _legend_above(figure: Figure, axis: Axes) -> None:
    """One legend for all panels, in a line above them."""
    handles, labels = axis.get_legend_handles_labels()
    axis.get_legend().remove()
    figure.legend(handles, labels, loc="outside upper center", ncols=5)
