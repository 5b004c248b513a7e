"""Figures of the runs: training curves by group, errors by action.

Each function draws one figure from the CSV file that is kept beside it and from nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from jointaware.analysis.figures.data import AVERAGE
from jointaware.analysis.figures.style import (
    INK,
    OURS,
    SMALL,
    SOFT,
    TINY,
    WIDTH,
    axis_label,
    by_group,
    colours,
    grid,
    read,
)
from jointaware.analysis.tables import PAPER, VIDEOPOSE3D
from jointaware.artifacts.metrics import METRICS

CURVES = {"held_out_mpjpe_mm": "held-out", "train_mpjpe_mm": "training"}
"""The columns of training curves; the first one that was measured is drawn."""
SHOWN_ROLES = {"wide": "|", "more_frames": "x", "clips": "+"}
"""The controls that are drawn beside ours by action, and their markers."""
GAP = 0.085
"""Smallest distance between labels, of the height of a panel."""


def draw_training_curves(csv: Path) -> Figure:
    """MPJPE by epoch, a panel for each group over the range of all experiments; the first epoch may leave the axis."""
    table = read(csv)
    column = next((name for name in CURVES if table[name].notna().any()), None)
    if column is None:
        figure = plt.figure(figsize=(WIDTH, 0.6))
        figure.text(0.5, 0.5, "no network was trained here", ha="center", va="center")
        return figure
    table = table.dropna(subset=column)
    curves = table.pivot_table(index="epoch", columns="experiment", values=column, sort=False)
    seeds = table.pivot_table(index="epoch", columns=["experiment", "seed"], values=column, sort=False)
    later = seeds.iloc[1:] if len(seeds) > 2 else seeds
    low, high = float(later.min(axis=None)), float(later.max(axis=None))
    margin = (high / low) ** 0.06
    groups, palette = by_group(table, "experiment"), colours()
    figure, axes = grid(len(groups), 1, 1.5, sharex=True, sharey=True)
    for axis, (group, names) in zip(axes, groups.items(), strict=True):
        axis.set(ylim=(low / margin, high * margin))
        _set_curve_axes(axis)
        axis.fill_between(curves.index, seeds.min(axis=1), seeds.max(axis=1), color="#eeeeee", linewidth=0)
        for name in names:
            axis.plot(seeds.index, seeds[name], color=palette[group], linewidth=0.8, alpha=0.5)
        _label_ends(axis, curves[names].iloc[-1], palette[group], int(curves.index[-1]))
        axis.set_title(group, fontsize=SMALL, color=palette[group], fontweight="bold", loc="left")
        axis.tick_params(labelsize=TINY)
    axes[-1].set_xlabel("epoch", fontsize=SMALL)
    figure.supylabel(f"{CURVES[column]} {axis_label(METRICS['mpjpe_mm'])}, lower is better", fontsize=SMALL)
    return figure


def _label_ends(axis: Axes, ends: pd.Series, colour: str, last: int) -> None:
    """Names at the ends of their curves, moved apart where they would overlap."""
    bottom, top = np.log(axis.get_ylim())
    ends = ends.sort_values()
    wanted = (np.log(ends.to_numpy()) - bottom) / (top - bottom)
    for name, place in zip(ends.index, spread(wanted, GAP), strict=True):
        axis.text(
            1.02, place, name, transform=axis.transAxes, fontsize=TINY, color=colour, va="center", clip_on=False
        )  # fmt: skip
    axis.set_xlim(right=last)


def spread(wanted: np.ndarray, gap: float) -> np.ndarray:
    """Ascending places in 0 to 1 at least `gap` apart, as near to the wanted ones as going up and down once brings."""
    places = np.clip(wanted, 0, 1)
    for index in range(1, len(places)):
        places[index] = max(places[index], places[index - 1] + gap)
    places -= max(0, places[-1] - 1)
    return places


def draw_actions(csv: Path) -> Figure:
    """A panel for each action, the average first: change of each error against the baseline, or the first experiment.

    It is that of joint-aware training, or else of the second experiment: in a study of pairs, the first pair.
    """
    table = read(csv)
    ours, published = (table[table["origin"] == origin] for origin in ("ours", "published"))
    by_role = {role: rows["row"].iloc[0] for role, rows in ours.groupby("role")}
    experiments = ours["row"].unique()
    first = by_role.get("baseline", experiments[0])
    last = by_role.get("ours", experiments[:2][-1])
    controls = {by_role[role]: marker for role, marker in SHOWN_ROLES.items() if role in by_role}
    means = ours.groupby(["action", "row"])[list(METRICS)].mean()
    seeds = ours[ours["row"] == last].groupby(["action", "seed"])[list(METRICS)].mean()
    actions = [AVERAGE, *(name for name in ours["action"].unique() if name != AVERAGE)]
    figure, axes = grid(len(actions), 3, 0.42 + 0.17 * len(METRICS), sharex=True)
    for number, (axis, action) in enumerate(zip(axes, actions, strict=False)):
        reference = means.loc[action, first]
        for name, marker in controls.items():
            _mark(axis, means.loc[action, name] / reference, marker, SOFT)
        for _, values in seeds.loc[action].iterrows():
            _mark(axis, values / reference, ".", OURS, alpha=0.4)
        _mark(axis, means.loc[action, last] / reference, "o", OURS)
        if len(published):
            printed = published[published["action"] == action].set_index("row").reindex(columns=list(METRICS))
            _mark(axis, printed.loc[PAPER] / printed.loc[VIDEOPOSE3D], "D", INK, mfc="white")
        axis.axvline(0, color="black", linewidth=0.8)
        axis.set(ylim=(len(METRICS) - 0.4, -0.6))
        names = [row.name for row in METRICS.values()]
        axis.set_yticks(range(len(METRICS)), names if number % 3 == 0 else [""] * len(names))
        axis.tick_params(labelsize=TINY, labelbottom=number + 3 >= len(actions))
        axis.set_title(action, fontsize=SMALL, loc="left", fontweight="bold" if action == AVERAGE else "normal")
        axis.grid(visible=True, axis="both")
    handles = [Line2D([], [], color=OURS, marker="o", ls="", ms=4, label=f"{last} (small dots: seeds)")]
    handles += [Line2D([], [], color=SOFT, marker=mark, ls="", ms=4, label=name) for name, mark in controls.items()]
    if len(published):
        handles.append(Line2D([], [], color=INK, marker="D", mfc="white", ls="", ms=4, label="published"))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=2, fontsize=TINY, title_fontsize=SMALL,
        title=f"change in % against {first}, left is better",
    )  # fmt: skip
    return figure


def _mark(axis: Axes, ratios: pd.Series, marker: str, colour: str, **style: Any) -> None:
    """Changes of the metrics from top to bottom, percent."""
    percent = 100 * (ratios.to_numpy(float) - 1)
    axis.plot(percent, range(len(percent)), marker, color=colour, markersize=4, markeredgewidth=0.9, **style)


def _set_curve_axes(axis: Axes) -> None:
    """Logarithmic errors with plain tick labels, integer epochs."""
    axis.set_yscale("log")
    axis.yaxis.set(major_locator=LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 6, 7, 8)), major_formatter="{x:.0f}")
    axis.yaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
