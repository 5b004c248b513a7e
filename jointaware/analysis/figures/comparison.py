"""Figures of the effect of the losses, each drawn from the CSV file beside it: rows by group, named at the left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from jointaware.analysis.figures.style import INK, SMALL, TINY, axis_label, by_group, colours, grid, read
from jointaware.analysis.tables import TRUTH
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS, Constraint, Metric
from jointaware.artifacts.predictions import FILTERS, RAW

INCHES_PER_ROW = 0.155
COLUMNS = 3
SHIFT = 0.22
"""Distance of the markers of one row."""
MARKERS = {RAW: ("o", True), **{name: (row.marker, False) for name, row in FILTERS.items()}}
"""Marker of each variant, and whether it is filled."""


def draw_constraints(csv: Path) -> Figure:
    """Physical plausibility of each experiment: mean and standard deviation over seeds, the true motion as a line."""
    table = read(csv)
    true = table[table["row"] == TRUTH].iloc[0]
    table = table[(table["variant"] == RAW) & (table["row"] != TRUTH)]
    means, spreads = (table[table["statistic"] == name].set_index("row") for name in ("mean", "std"))
    measures = {name: row for name, row in CONSTRAINTS.items() if means[name].any()}
    places = _places(by_group(table, "row"))
    figure, axes = _panels(measures, _rows(places), columns=len(measures))
    for axis, (column, measure) in zip(axes, measures.items(), strict=False):
        for name, (place, colour) in places.items():
            if name in means.index:
                value, spread = means.at[name, column], spreads[column].fillna(0).get(name, 0)
                axis.barh(place, value, xerr=spread, color=colour, height=0.7, alpha=0.8)
                axis.text(value + spread, place, f"  {value:.{measure.decimals}f}", va="center", fontsize=TINY)
        axis.axvline(true[column], color="black", linestyle="--", linewidth=1)
        axis.set_title(axis_label(measure).replace(" ", "\n", 1), fontsize=SMALL)
        axis.set_xlim(right=1.3 * (means[column] + spreads[column].reindex(means.index).fillna(0)).max())
    return figure


def draw_differences(csv: Path) -> Figure:
    """Relative change of every experiment, raw (filled) and after each filter (hollow), with its interval."""
    table = read(csv)
    places = _places(by_group(table, "row"))
    figure, axes = _panels(METRICS, _rows(places), spare=1)
    for axis, (metric, row) in zip(axes, METRICS.items(), strict=False):
        for change in table[table["metric"] == metric].itertuples():
            place, colour = places[change.row]
            marker, is_filled = MARKERS[change.variant]
            place += SHIFT * ([*MARKERS].index(change.variant) - (len(MARKERS) - 1) / 2)
            axis.plot([change.low, change.high], [place, place], color=colour, linewidth=1)
            face = colour if is_filled else "white"
            axis.plot(change.percent, place, marker, color=colour, markerfacecolor=face, markersize=3, mew=0.7)
        axis.axvline(0, color="black", linewidth=0.8)
        axis.set_title(f"{row.name}, %", fontsize=SMALL)
    handles = [
        Line2D([], [], color=INK, marker=marker, mfc=INK if is_filled else "white", ms=4, lw=1, label=name)
        for name, (marker, is_filled) in MARKERS.items()
    ]
    _explain(axes[len(METRICS)], f"against {table['against'].iloc[0]},\nleft is better", handles)
    return figure


def draw_ablation(csv: Path) -> Figure:
    """Relative change of errors and physical plausibility; that of `ours`, the first row, as a dashed line."""
    table = read(csv)
    kept = table.groupby("metric")["percent"].count()
    every: dict[str, Metric | Constraint] = {**METRICS, **CONSTRAINTS}
    measures = {name: row for name, row in every.items() if kept.get(name, 0)}
    places, full = _places(by_group(table, "row")), table["row"].iloc[0]
    figure, axes = _panels(measures, _rows(places))
    for axis, (column, measure) in zip(axes, measures.items(), strict=False):
        shown = table[table["metric"] == column].set_index("row")
        for name, (place, colour) in places.items():
            if name in shown.index:
                _draw_change(axis, shown.loc[name], place, colour)
        axis.axvline(0, color="black", linewidth=0.8)
        axis.axvline(shown["percent"].iloc[0], color=INK, linewidth=0.8, linestyle="--")
        axis.set_title(f"{measure.name.replace(' ', chr(10), 1)}, %", fontsize=SMALL)
    figure.supxlabel(f"against {table['against'].iloc[0]}, left is better; dashed: {full}", fontsize=SMALL)
    return figure


def draw_changes(csv: Path) -> Figure:
    """Relative changes with their intervals, a line for each `row` of each `group`, whose colour is that of the row."""
    table = read(csv)
    palette = dict(zip(table["row"].unique(), cycle(colours().values()), strict=False))
    groups = {group: rows["row"].unique() for group, rows in table.groupby("group", sort=False)}
    places = {(group, name): (place, palette.get(name, INK)) for group, name, place in _lines(groups)}
    figure, axes = _panels(METRICS, [(name or _heading(group), *where) for (group, name), where in places.items()])
    for axis, (metric, row) in zip(axes, METRICS.items(), strict=False):
        for change in table[table["metric"] == metric].itertuples():
            _draw_change(axis, change, *places[change.group, change.row])
        axis.axvline(0, color="black", linewidth=0.8)
        axis.set_title(f"{row.name}, %", fontsize=SMALL)
    figure.supxlabel("left is better", fontsize=SMALL)
    return figure


def _places(groups: dict[str, list[str]]) -> dict[str, tuple[float, str]]:
    """Where each group's heading and each experiment stand from top to bottom, and their colour."""
    palette = colours()
    return {name or _heading(group): (place, palette[group]) for group, name, place in _lines(groups)}


def _lines(groups: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str, float]]:
    """Group, name and place of every line: for each group its heading, which has no name, then its names."""
    place = 0.0
    for group, names in groups.items():
        for name in ("", *names):
            yield group, name, place
            place += 1
        place += 0.4


def _draw_change(axis: Axes, change: Any, place: float, colour: str) -> None:
    """A change as a dot on its interval. change: has percent, low and high."""
    axis.plot([change.low, change.high], [place, place], color=colour, linewidth=1.5)
    axis.plot(change.percent, place, "o", color=colour, markersize=4)


def _rows(places: dict[str, tuple[float, str]]) -> list[tuple[str, float, str]]:
    return [(name, *where) for name, where in places.items()]


def _heading(group: str) -> str:
    """The label of a group, which no experiment has for a name."""
    return f"{group}:"


def _panels(
    measures: Mapping[str, Metric | Constraint],
    rows: list[tuple[str, float, str]],
    columns: int = COLUMNS,
    spare: int = 0,
) -> tuple[Figure, list[Axes]]:
    """A panel for each measure with the same rows from top to bottom, the names at the left; `spare` more stay off.

    rows: name, place and colour of each.
    """
    names, places, inks = zip(*rows, strict=True)
    bottom = max(places)
    figure, axes = grid(len(measures) + spare, columns, 0.75 + INCHES_PER_ROW * bottom)
    for axis in axes[len(measures) :]:
        axis.set_axis_off()
    for number, axis in enumerate(axes):
        axis.set(ylim=(bottom + 0.7, -0.7))
        axis.set_yticks(places, names if number % columns == 0 else [])
        axis.tick_params(axis="both", labelsize=TINY)
        axis.grid(axis="x")
        axis.grid(visible=False, axis="y")
        axis.locator_params(axis="x", nbins=3)
        if number % columns == 0:
            for label, ink in zip(axis.get_yticklabels(), inks, strict=True):
                label.set_color(ink)
                if label.get_text().endswith(":"):
                    label.set_fontweight("bold")
    return figure, axes


def _explain(axis: Axes, title: str, handles: list[Line2D]) -> None:
    """A legend in place of a panel that would be empty."""
    axis.legend(handles=handles, loc="upper left", fontsize=TINY, title=title, title_fontsize=SMALL, borderpad=0)
