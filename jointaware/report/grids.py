"""The tables of the report: the text of each cell, and which number its click traces.

Numbers come from results/tables only. A change that is derived here from two of them has no trace and is shown as
plain text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from jointaware.analysis.ablation import terms_in_words
from jointaware.analysis.tables import CAPTIONS, LAYOUTS, PAPER, PUBLISHED_ROWS, TRUTH, VIDEOPOSE3D
from jointaware.artifacts.metrics import METRICS, Metric
from jointaware.lineage.cells import ABLATION, COMPARISON, DIFFERENCES, MEASURES, Cell, Row
from jointaware.lineage.tables import Tables
from jointaware.mocap.sources import SOURCES

DASH = "\N{EN DASH}"
AVERAGE_TABLES = {metric: name for name, layout in LAYOUTS.items() if not layout.by_action for metric in layout.metrics}
"""The paper's table with the average of each metric; metrics that the paper lacks are in `comparison`."""
SMALLEST_REACH = 1.0
"""Minimum half-width of the axis of a column of changes, percent."""


class Change(NamedTuple):
    """Relative change in percent with its interval. reach: half-width of its column's axis, centred on zero."""

    percent: float
    low: float
    high: float
    reach: float


@dataclass(frozen=True)
class Entry:
    """Content of a cell. number: index of the cell to trace, None where there is none."""

    text: str
    spread: str = ""
    number: int | None = None
    change: Change | None = None


@dataclass(frozen=True)
class Line:
    """A row. kind: published, ours, truth, change, or paper for a change against published numbers.

    experiment: the one whose colour the row has, if any.
    """

    label: str
    entries: list[Entry]
    kind: str = "ours"
    experiment: str = ""
    note: str = ""


@dataclass(frozen=True)
class Grid:
    """A table of the page. title: the metric of a table by action, else empty."""

    name: str
    header: list[str]
    lines: list[Line] = field(default_factory=list)
    title: str = ""

    @property
    def caption(self) -> str:
        """Caption of the table in results/tables."""
        return CAPTIONS.get(self.name, "")


@dataclass(frozen=True)
class Numbers:
    """All cells of the tables, indexed for the page."""

    tables: Tables

    @cached_property
    def places(self) -> dict[Cell, int]:
        """Index of each cell."""
        return {cell: place for place, cell in enumerate(self.tables.stored)}

    @property
    def is_comparable(self) -> bool:
        """Whether the published numbers were measured on the same motion."""
        return SOURCES[self.tables.chain.record.source].is_published

    @property
    def published(self) -> tuple[str, ...]:
        """The published rows that may stand beside ours."""
        return PUBLISHED_ROWS if self.is_comparable else ()

    @property
    def experiments(self) -> list[str]:
        """Experiments in the order of params.yaml."""
        return self.tables.chain.record.experiments

    @cached_property
    def plain(self) -> list[str]:
        """Experiments without joint-aware losses: the references of all changes."""
        return list(dict.fromkeys(row.against for row in self.tables.rows(DIFFERENCES)))

    @property
    def headline(self) -> str:
        """The experiment with the role ours, else the last one."""
        return self.tables.chain.with_role("ours") or self.experiments[-1]

    def value(self, cell: Cell) -> float:
        """Mean or percent; NaN where the cell is missing or not a number."""
        stored = self.tables.stored.get(cell, {})
        value = number(stored.get("mean", stored.get("percent", "")))
        return float("nan") if value is None else value

    def entry(self, cell: Cell) -> Entry:
        """Mean and standard deviation: ours rounded, published numbers as printed."""
        stored = self.tables.stored.get(cell)
        if stored is None:
            return Entry(DASH)
        place, mean, spread = self.places[cell], number(stored["mean"]), number(stored.get("std", ""))
        if cell.row.row in PUBLISHED_ROWS or mean is None:
            return Entry(stored["mean"] or DASH, number=place)
        decimals = cell.measure.decimals
        return Entry(f"{mean:.{decimals}f}", "" if spread is None else f"{spread:.{decimals}f}", place)

    def change(self, cell: Cell, reach: dict[str, float]) -> Entry:
        """A relative change with its interval."""
        stored = self.tables.stored.get(cell, {})
        percent, low, high = (number(stored.get(name, "")) for name in ("percent", "low", "high"))
        if percent is None:
            return Entry(DASH)
        interval = "" if low is None or high is None else f"{low:+.1f} to {high:+.1f}"
        ends = (percent if low is None else low, percent if high is None else high)
        shown = Change(percent, *ends, reach.get(cell.column, SMALLEST_REACH))
        return Entry(f"{percent:+.1f} %", interval, self.places[cell], shown)

    def ratio(self, cell: Cell, reference: Cell) -> Entry:
        """Relative change from `reference` to `cell`, for pairs that no table of changes has."""
        percent = 100 * (self.value(cell) / (self.value(reference) or float("nan")) - 1)
        return Entry(DASH if percent != percent else f"{percent:+.1f} %")

    def reach(self, table: str, rows: Iterable[Row]) -> dict[str, float]:
        """Largest magnitude in each column of changes, percent, intervals included."""
        wanted, reach = set(rows), dict[str, float]()
        for cell, stored in self.tables.stored.items():
            if cell.table == table and cell.row in wanted:
                values = [abs(value) for value in map(number, stored.values()) if value is not None]
                reach[cell.column] = max([reach.get(cell.column, SMALLEST_REACH), *values])
        return reach


def average_cell(row: str, metric: str) -> Cell:
    """The cell with an experiment's average."""
    return Cell(AVERAGE_TABLES.get(metric, COMPARISON), Row(row), metric)


def all_grids(numbers: Numbers) -> list[Grid]:
    """Every table of the page."""
    return [
        averages(numbers),
        *(by_action(numbers, name) for name, layout in LAYOUTS.items() if layout.by_action),
        comparison(numbers),
        changes(numbers),
        ablation(numbers),
    ]


def averages(numbers: Numbers) -> Grid:
    """Published averages, where they are comparable, and ours, then relative changes between them."""
    published = [_average_line(numbers, row, "published") for row in numbers.published]
    experiments = [_average_line(numbers, row, "ours", row) for row in numbers.experiments]
    ours, baseline = numbers.headline, numbers.tables.chain.with_role("baseline")
    rows = [Row(ours, against=other) for other in numbers.plain if other != ours]
    changes = [_change_line(numbers, DIFFERENCES, row, list(METRICS), rows) for row in rows]
    lines = [*published, *experiments, *changes]
    if numbers.is_comparable:
        lines.insert(len(published), _ratio_line(numbers, PAPER, VIDEOPOSE3D, "published"))
        lines.append(_ratio_line(numbers, ours, PAPER))
        lines += [_ratio_line(numbers, baseline, VIDEOPOSE3D)] if baseline else []
    return Grid("averages", [heading(metric) for metric in METRICS], lines)


def by_action(numbers: Numbers, name: str) -> Grid:
    """A table of the paper by action, the average first: published rows, ours, and relative changes of ours."""
    [metric] = LAYOUTS[name].metrics
    columns = sorted(numbers.tables.columns(name), key=lambda column: column != metric)
    ours = numbers.headline

    def line(row: str, kind: str, experiment: str = "") -> Line:
        return Line(row, [numbers.entry(Cell(name, Row(row), column)) for column in columns], kind, experiment)

    def change(other: str) -> Line:
        cells = [(Cell(name, Row(ours), column), Cell(name, Row(other), column)) for column in columns]
        kind, experiment = ("paper", "") if other == PAPER else ("change", ours)
        return Line(f"{ours} against {other}", [numbers.ratio(*pair) for pair in cells], kind, experiment)

    lines = [line(row, "published") for row in numbers.published]
    lines += [line(row, "ours", row) for row in numbers.experiments]
    lines += [change(other) for other in [*numbers.plain, *numbers.published[-1:]] if other != ours]
    return Grid(name, ["average" if column == metric else column for column in columns], lines, heading(metric))


def comparison(numbers: Numbers) -> Grid:
    """Errors and physical plausibility of every experiment, raw and smoothed, and plausibility of the truth."""
    columns = numbers.tables.columns(COMPARISON)
    lines = []
    for row in numbers.tables.rows(COMPARISON):
        entries = [numbers.entry(Cell(COMPARISON, row, column)) for column in columns]
        is_truth = row.row == TRUTH
        lines.append(Line(str(row), entries, "truth" if is_truth else "ours", "" if is_truth else row.row))
    return Grid(COMPARISON, [heading(column) for column in columns], lines)


def changes(numbers: Numbers) -> Grid:
    """The table of differences."""
    return _changes(numbers, DIFFERENCES, {})


def ablation(numbers: Numbers) -> Grid:
    """The table of the ablation, with the terms that each experiment keeps below its name; may be empty."""
    if not numbers.tables.rows(ABLATION):
        return Grid(ABLATION, [])
    terms = numbers.tables.read(ABLATION).set_index("row")["terms"].to_dict()
    return _changes(numbers, ABLATION, {row: terms_in_words(kept) for row, kept in terms.items()})


def heading(column: str) -> str:
    """Name, protocol and unit of a metric or constraint."""
    measure = MEASURES[column]
    if isinstance(measure, Metric) and measure.protocol:
        return f"{measure.label} ({measure.protocol})"
    return measure.label


def _changes(numbers: Numbers, table: str, notes: dict[str, str]) -> Grid:
    columns, rows = numbers.tables.columns(table), numbers.tables.rows(table)
    lines = [_change_line(numbers, table, row, columns, rows, notes.get(row.row, "")) for row in rows]
    return Grid(table, [MEASURES[column].name for column in columns], lines)


def _average_line(numbers: Numbers, row: str, kind: str, experiment: str = "") -> Line:
    return Line(row, [numbers.entry(average_cell(row, metric)) for metric in METRICS], kind, experiment)


def _ratio_line(numbers: Numbers, row: str, other: str, kind: str = "paper") -> Line:
    entries = [numbers.ratio(average_cell(row, metric), average_cell(other, metric)) for metric in METRICS]
    return Line(f"{row} against {other}", entries, kind)


def _change_line(numbers: Numbers, table: str, row: Row, columns: list[str], rows: list[Row], note: str = "") -> Line:
    """A row of a table of changes; `rows` share its axes."""
    reach = numbers.reach(table, rows)
    entries = [numbers.change(Cell(table, row, column), reach) for column in columns]
    return Line(str(row), entries, "change", row.row, note)


def number(text: str) -> float | None:
    """A number of a table; None where a cell is empty or holds something else."""
    try:
        return float(text)
    except ValueError:
        return None
