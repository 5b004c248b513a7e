"""The tables of the report: what a reader sees in each cell, and which number to trace when it is clicked.

Numbers come from results/tables only. What is derived here from two of them, a change that no table has, is plain text
without a trace and says so by its look.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from jointaware.analysis.comparison import HEADERS
from jointaware.analysis.tables import LAYOUTS, PUBLISHED_ROWS
from jointaware.analysis.typesetting import WORDING
from jointaware.artifacts.scores import CONSTRAINTS, METRICS, MOTION_METRICS
from jointaware.lineage.tables import ABLATION, TRUTH, Cell, Row, Tables

BASELINE, PAPER, LOSSES = *PUBLISHED_ROWS, "joint_aware"
DASH = "\N{EN DASH}"
AVERAGE_TABLES = {metric: name for name in ("protocols", "motion") for metric in LAYOUTS[name].metrics}


class Change(NamedTuple):
    """Percent with its interval, and how far the axis of its column goes to either side."""

    percent: float
    low: float
    high: float
    reach: float


@dataclass(frozen=True)
class Entry:
    """What stands in a cell of the page. number: that of the cell to trace; None where there is none."""

    text: str
    spread: str = ""
    number: int | None = None
    change: Change | None = None


@dataclass(frozen=True)
class Line:
    """A row of the page. kind: published, ours, change, or paper for a change against what was published."""

    label: str
    entries: list[Entry]
    kind: str = "ours"
    note: str = ""


@dataclass(frozen=True)
class Grid:
    """A table of the page."""

    name: str
    header: list[str]
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Numbers:
    """All cells of the tables, each with its number on the page."""

    tables: Tables
    experiments: list[str]

    @cached_property
    def places(self) -> dict[Cell, int]:
        """The number of each cell."""
        return {cell: place for place, cell in enumerate(self.tables.stored)}

    def value(self, cell: Cell) -> float:
        """Mean or percent; NaN where the cell is empty or no number."""
        stored = self.tables.stored.get(cell, {})
        try:
            return float(stored.get("mean", stored.get("percent", "")))
        except ValueError:
            return float("nan")

    def entry(self, cell: Cell, decimals: int) -> Entry:
        """Mean and spread, rounded if they are ours, as printed if they are not."""
        if cell not in self.tables.stored:
            return Entry(DASH)
        stored, place = self.tables.stored[cell], self.places[cell]
        if cell.row.row in PUBLISHED_ROWS or _number(stored["mean"]) is None:
            return Entry(stored["mean"] or DASH, number=place)
        spread = _number(stored.get("std", ""))
        return Entry(f"{float(stored['mean']):.{decimals}f}", "" if spread is None else f"{spread:.{decimals}f}", place)

    def change(self, cell: Cell, reach: float) -> Entry:
        """A change in percent with its interval."""
        values = [_number(text) for text in self.tables.stored.get(cell, {}).values()]
        if not values or values[0] is None:
            return Entry(DASH)
        percent, low, high = (values[0] if value is None else value for value in values)
        interval = "" if None in values else f"{low:+.1f} to {high:+.1f}"
        return Entry(f"{percent:+.1f} %", interval, self.places[cell], Change(percent, low, high, reach))

    def ratio(self, cell: Cell, against: Cell) -> Entry:
        """A change between two cells that no table has."""
        percent = 100 * (self.value(cell) / self.value(against) - 1) if self.value(against) else float("nan")
        return Entry(DASH if percent != percent else f"{percent:+.1f} %")

    def plain(self) -> list[str]:
        """The experiments without terms, which the others are held against."""
        found = dict.fromkeys(cell.row.against for cell in self.tables.stored if cell.table == "differences")
        return list(found)

    def headline(self) -> str:
        """The experiment that stands for the paper's: joint_aware, or where there is none, the last."""
        return LOSSES if LOSSES in self.experiments else self.experiments[-1]

    def reach(self, rows: Iterable[Row], table: str = "differences") -> dict[str, float]:
        """For each column the largest change or end of an interval among these rows, percent, 1 at least."""
        rows, reach = set(rows), dict[str, float]()
        for cell, stored in self.tables.stored.items():
            if cell.table == table and cell.row in rows:
                values = [abs(value) for value in map(_number, stored.values()) if value is not None]
                reach[cell.column] = max([reach.get(cell.column, 1.0), *values])
        return reach


def averages(numbers: Numbers) -> Grid:
    """Published and own averages, and below them how they change."""

    def cell(row: str, metric: str) -> Cell:
        return Cell(AVERAGE_TABLES[metric], Row(row), metric)

    def line(row: str, kind: str) -> Line:
        return Line(row, [numbers.entry(cell(row, metric), WORDING[metric].decimals) for metric in METRICS], kind)

    ours = numbers.headline()
    pairs = [(PAPER, BASELINE, "published"), (ours, PAPER, "paper")]
    if numbers.plain():
        pairs.append((numbers.plain()[0], BASELINE, "paper"))
    derived = [
        Line(f"{row} against {other}", [numbers.ratio(cell(row, m), cell(other, m)) for m in METRICS], kind)
        for row, other, kind in pairs
    ]
    rows = [Row(ours, against=other) for other in numbers.plain() if other != ours]
    reach = numbers.reach(rows)
    changes = [
        Line(str(row), [numbers.change(Cell("differences", row, m), reach.get(m, 1.0)) for m in METRICS], "change")
        for row in rows
    ]
    lines = [line(row, "published") for row in PUBLISHED_ROWS] + derived[:1]
    lines += [line(row, "ours") for row in numbers.experiments] + changes + derived[1:]
    return Grid("averages", [HEADERS[metric] for metric in METRICS], lines)


def by_action(numbers: Numbers, name: str) -> Grid:
    """One of the paper's tables by action: its rows, ours, and ours against those without losses."""
    columns = list(numbers.tables.read(name).columns[4:])
    decimals = WORDING[columns[-1]].decimals

    def line(row: str, kind: str) -> Line:
        return Line(row, [numbers.entry(Cell(name, Row(row), column), decimals) for column in columns], kind)

    ours = numbers.headline()
    changes = [
        Line(
            f"{ours} against {other}",
            [numbers.ratio(Cell(name, Row(ours), column), Cell(name, Row(other), column)) for column in columns],
            "paper" if other in PUBLISHED_ROWS else "change",
        )
        for other in [*numbers.plain(), PAPER]
        if other != ours
    ]
    lines = [*(line(row, "published") for row in PUBLISHED_ROWS), *(line(row, "ours") for row in numbers.experiments)]
    return Grid(name, [*columns[:-1], "average"], lines + changes)


def comparison(numbers: Numbers) -> Grid:
    """Errors and measures of constraints of every run, as it is and smoothed."""
    columns = (*MOTION_METRICS, *CONSTRAINTS)
    rows = dict.fromkeys(cell.row for cell in numbers.tables.stored if cell.table == "comparison")
    lines = [
        Line(
            str(row),
            [numbers.entry(Cell("comparison", row, column), 2) for column in columns],
            "truth" if row.row == TRUTH else "ours",
        )
        for row in rows
    ]
    return Grid("comparison", [HEADERS[column] for column in columns], lines)


def changes(numbers: Numbers) -> Grid:
    """Every change in the table of differences."""
    return _changes(numbers, "differences", MOTION_METRICS, {})


def ablation(numbers: Numbers) -> Grid:
    """Every change in the table of the ablation, and below the name of a run the terms that it keeps."""
    if not any(cell.table == ABLATION for cell in numbers.tables.stored):
        return Grid(ABLATION, [])
    terms = numbers.tables.read(ABLATION).set_index("row")["terms"].to_dict()
    notes = {row: kept.replace(" ", ", ").replace("_", " ") for row, kept in terms.items()}
    return _changes(numbers, ABLATION, (*MOTION_METRICS, *CONSTRAINTS), notes)


def _changes(numbers: Numbers, table: str, columns: tuple[str, ...], notes: dict[str, str]) -> Grid:
    rows = dict.fromkeys(cell.row for cell in numbers.tables.stored if cell.table == table)
    reach = numbers.reach(rows, table)
    lines = [
        Line(
            str(row),
            [numbers.change(Cell(table, row, column), reach.get(column, 1.0)) for column in columns],
            "change",
            notes.get(row.row, ""),
        )
        for row in rows
    ]
    return Grid(table, [HEADERS[column].rpartition(",")[0] for column in columns], lines)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
