"""The numbers in results/tables, recomputed from the scores of their runs.

Recomputed from the files that evaluate wrote, by other code than that which made the tables; only the bootstrap
(`intervals`) and the reader of published numbers are shared. `chain` checks the files themselves.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from jointaware.analysis.comparison import CHANGE, KEYS
from jointaware.analysis.intervals import Bootstrap, Motion
from jointaware.analysis.tables import LAYOUTS, PUBLISHED_ROWS, TRUTH, are_published, read_published
from jointaware.artifacts.files import DIGITS, read_text_table
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.predictions import RAW, VARIANTS
from jointaware.artifacts.records import read_record
from jointaware.artifacts.scores import SEQUENCE, Run
from jointaware.errors import InputError
from jointaware.lineage.cells import ABLATION, CHANGES, INTERVAL, TABLES, Cell, Row
from jointaware.lineage.chain import Chain, DamagedError
from jointaware.lineage.files import Expected, Problem

TOLERANCE = 1e-5
"""Relative, between a number in a table and its recomputed value, both rounded to six significant digits (DIGITS).

On another machine the last bit of a sum may differ and so round the last digit the other way: one unit of the sixth
digit is at most 1e-5 of the number. Edits smaller than that still change the file's digest.
"""
ABOUT = ("origin", "seeds", "statistic")
"""Columns that are neither keys nor values of cells."""


class Part(NamedTuple):
    """Contribution of one run to a cell: a number, or None where a whole file enters, and the file."""

    run: Run
    value: float | None
    file: Path


@dataclass(frozen=True)
class Tables:
    """The tables of a checkout and the chain of files behind them."""

    chain: Chain
    parsed: dict[Path, pd.DataFrame] = field(default_factory=dict)
    """CSV files as text, each read once."""

    def read(self, table: str) -> pd.DataFrame:
        """A table as text."""
        path = self.path(table)
        if not path.is_file():
            raise InputError(f"{path}: missing; run `dvc repro aggregate`")
        rows = self.csv(path)
        expected = CHANGE if table in CHANGES else ("row", "statistic")
        if missing := [column for column in expected if column not in rows]:
            raise DamagedError(f"{path}: no column {missing[0]} among {', '.join(rows.columns)[:200]}")
        columns = rows["metric"].unique() if table in CHANGES else self._columns(rows)
        if unknown := [column for column in columns if not Cell(table, Row(""), column).is_known]:
            raise DamagedError(f"{path}: found {unknown[0]!r}, expected a metric")
        return rows

    def csv(self, path: Path) -> pd.DataFrame:
        """A CSV file as text, cached; do not modify in place."""
        if path not in self.parsed:
            if not path.is_file():
                raise FileNotFoundError(errno.ENOENT, "missing", str(path))
            try:
                self.parsed[path] = read_text_table(path).fillna("")
            except ValueError as error:
                raise DamagedError(f"{path}: found {str(error).strip()}, expected a table") from error
        return self.parsed[path]

    def path(self, table: str) -> Path:
        """Path of a table."""
        return self.chain.places.results / "tables" / f"{table}.csv"

    @cached_property
    def stored(self) -> dict[Cell, dict[str, str]]:
        """Text of every cell by statistic (mean, std; percent, low, high), in the order of the tables."""
        cells: dict[Cell, dict[str, str]] = {}
        for table in TABLES:
            if table == ABLATION and self.path(table).as_posix() not in self.chain.record.made:
                continue
            rows = self.read(table)
            keys = [key for key in KEYS if key in rows]
            columns = self._columns(rows)
            for line in rows.to_dict("records"):
                row = Row(**{key: line[key] for key in keys})
                if table in CHANGES:
                    cells[Cell(table, row, line["metric"])] = {name: line[name] for name in INTERVAL}
                    continue
                for column in columns:
                    cells.setdefault(Cell(table, row, column), {})[line["statistic"]] = line[column]
        for cell, statistics in cells.items():
            if cell.table not in CHANGES and "mean" not in statistics:
                raise DamagedError(f"{self.path(cell.table)}: {cell.row}, {cell.column}: found no mean, expected one")
        return cells

    @staticmethod
    def _columns(rows: pd.DataFrame) -> list[str]:
        return [column for column in rows if column not in (*KEYS, *ABOUT)]

    def columns(self, table: str) -> list[str]:
        """Columns of a table that hold numbers; of a table of changes its metrics."""
        return list(dict.fromkeys(cell.column for cell in self.stored if cell.table == table))

    def rows(self, table: str) -> list[Row]:
        """Rows of a table."""
        return list(dict.fromkeys(cell.row for cell in self.stored if cell.table == table))

    def experiments(self, cell: Cell) -> list[str]:
        """Experiments behind a cell; none for a published number."""
        if cell.row.row in PUBLISHED_ROWS:
            return []
        if cell.row.row == TRUTH:
            return self.chain.record.experiments[:1]
        return list(dict.fromkeys(name for name in (cell.row.row, cell.row.against) if name))

    def runs(self, cell: Cell) -> list[Run]:
        """Runs behind a cell; the true motion is the same in all and read from the first."""
        runs = self.chain.runs(self.experiments(cell))
        return runs[:1] if cell.row.row == TRUTH else runs

    def parts(self, cell: Cell) -> list[Part]:
        """Contribution of each run to a cell; none for published numbers and for errors of the true motion."""
        if cell.row.row == TRUTH and cell.column in METRICS:
            return []
        if cell.table in CHANGES and cell.column in METRICS:
            row = cell.row
            return [*self._sequences(row.row, row.variant), *self._sequences(row.against, row.against_variant)]
        return [self._part(run, cell) for run in self.runs(cell)]

    def compute(self, cell: Cell, parts: list[Part]) -> Mapping[str, float | str]:
        """The statistics of a cell from the files behind it."""
        if not parts:
            return {"mean": self.published.get((cell.table, cell.row.row, cell.column), "")}
        if cell.table in CHANGES and cell.column in METRICS:
            row = cell.row
            motions = Motion(row.row, row.variant), Motion(row.against, row.against_variant)
            return self._bootstrap.change(*motions, cell.column)._asdict()
        values = pd.Series([part.value for part in parts], dtype=float)
        if cell.table in CHANGES:
            means = values.groupby([part.run.experiment for part in parts]).mean()
            reference = means[cell.row.against] or math.nan  # a relative change from zero is NaN
            return {"percent": 100 * (means[cell.row.row] / reference - 1), "low": math.nan, "high": math.nan}
        return {"mean": values.mean(), "std": values.std(ddof=1)}

    @cached_property
    def published(self) -> dict[tuple[str, str, str], str]:
        """Printed numbers by table, row and column; those by action only if our actions are Human3.6M's."""
        printed: dict[tuple[str, str, str], str] = {}
        with_actions = are_published(self.chain.record.actions)
        for name, layout in LAYOUTS.items():
            rows = read_published(self.chain.places.paper, layout).set_index("row")
            for row, values in (rows if with_actions else rows[list(layout.metrics)]).iterrows():
                printed |= {(name, str(row), str(column)): value for column, value in values.items()}
        return printed

    def value_problems(self, cell: Cell) -> list[Problem]:
        """Statistics of a cell that do not follow from its runs, or why that cannot be checked."""
        path, where = str(self.path(cell.table)), f"{cell.row}, {cell.column}"
        try:
            computed = self.compute(cell, self.parts(cell))
        except FileNotFoundError as error:
            return [Problem(str(error.filename), "missing", f"{error.filename}: missing")]
        except InputError as error:
            return [Problem(path, "value", str(error))]
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            return [Problem(path, "value", f"{path}: {where}: cannot be computed from its runs: {error!r}")]
        return [
            Problem(path, "value", f"{path}: {where}: {name} is {text or 'empty'}, expected {_text(value)}")
            for name, text in self.stored[cell].items()
            if not _agree(text, value := computed.get(name, ""))
        ]

    def links(self, cell: Cell) -> list[Expected]:
        """Every file from a cell to the raw motion, or for a published number to its table in paper/."""
        results = self.chain.made(f"{self.path(cell.table).with_suffix('').as_posix()}.")
        layout = LAYOUTS.get(cell.table)
        paper = self.chain.read(self.chain.places.printed(layout.number).as_posix()) if layout else []
        return [*results, *paper, *self.chain.links(self.runs(cell))]

    def problems(self, cell: Cell) -> list[Problem]:
        """All evidence against a cell."""
        return [*self.value_problems(cell), *self.chain.problems(self.links(cell))]

    def _sequences(self, experiment: str, variant: str) -> list[Part]:
        """Scores by sequence of each seed."""
        runs = self.chain.runs([experiment])
        return [Part(run, None, self._folder(run, variant) / "by_sequence.csv") for run in runs]

    @cached_property
    def _bootstrap(self) -> Bootstrap:
        """Intervals from the scores by sequence of each experiment and variant, which it reads once."""
        return Bootstrap(self._read_sequences)

    def _read_sequences(self, experiment: str, variant: str) -> pd.DataFrame:
        parts = self._sequences(experiment, variant)
        table = pd.concat([self.csv(part.file).assign(seed=part.run.seed) for part in parts])
        numbers = {column: pd.to_numeric(table[column]) for column in table.columns.drop(list(SEQUENCE))}
        return table.assign(**numbers)

    def _part(self, run: Run, cell: Cell) -> Part:
        """Contribution of a run to a cell, read from the file that evaluate wrote."""
        scores = self._folder(run, cell.row.variant)
        if cell.column in METRICS:
            file = scores / "metrics.json"
            if not file.is_file():
                raise FileNotFoundError(errno.ENOENT, "missing", str(file))
            return Part(run, read_record(file, dict[str, float], f"evaluate@{run.experiment}")[cell.column], file)
        if cell.column in CONSTRAINTS:
            motion = "true" if cell.row.row == TRUTH else VARIANTS[cell.row.variant]
            file, key, name = self._folder(run, RAW) / "constraints.csv", "motion", motion
        else:
            file, key, name = scores / "by_action.csv", "action", cell.column
        table = self.csv(file)
        [value] = table[cell.metric][table[key] == name]
        return Part(run, float(value), file)

    def _folder(self, run: Run, variant: str) -> Path:
        scores = self.chain.places.scores(run)
        return scores if variant == RAW else scores / variant


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.{DIGITS}g}"


def _agree(text: str, value: float | str) -> bool:
    """Whether a stored number is the computed one; an empty cell stands for NaN."""
    if isinstance(value, str):
        return text == value
    if text == "":
        return math.isnan(value)
    try:
        return math.isclose(float(text), float(_text(value)), rel_tol=TOLERANCE, abs_tol=1e-12)
    except ValueError:
        return False
