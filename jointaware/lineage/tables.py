"""From one cell of results/tables/*.csv to the files it was made from, and whether it still follows from them.

A cell is named by table, row and column. Rows of `comparison` may name a variant, and those of `differences` name what
they are against: `joint_aware, smoothed against wide`. The number is computed once more, from the run's own files and
not by the code that made the table.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from jointaware.analysis.comparison import CHANGE, HEADERS, VARIANTS
from jointaware.analysis.statistics import paired_change
from jointaware.analysis.tables import ABBREVIATIONS, LAYOUTS, PUBLISHED_ROWS, are_published, read_published
from jointaware.analysis.typesetting import WORDING
from jointaware.artifacts.scores import CONSTRAINTS, METRICS, SEQUENCE, Run
from jointaware.errors import InputError
from jointaware.lineage.chain import Chain, DamagedError, Expected, Problem

ABLATION = "ablation"
"""A table that is only there when runs of an ablation are."""
CHANGES = ("differences", ABLATION)
"""Tables of changes: of one run against another, in percent."""
TABLES = (*LAYOUTS, "comparison", *CHANGES)
STATISTICS = ("percent", "low", "high")
KEYS = ("row", "variant", "against", "against_variant")
TRUTH = "truth"
AGAINST = " against "
TOLERANCE = 1e-9
"""Relative: another machine may round the last digit otherwise. A change of digits is told by the file's digest."""


class Row(NamedTuple):
    """What tells a row of a table from the others."""

    row: str
    variant: str = "raw"
    against: str = ""
    against_variant: str = "raw"

    @classmethod
    def parse(cls, text: str) -> Row:
        """The row that is meant by `joint_aware`, `joint_aware, smoothed` or `joint_aware against wide, smoothed`."""
        parts: list[str] = []
        for side in text.split(AGAINST):
            name, _, variant = side.partition(", ")
            parts += [name.strip(), variant.strip() or "raw"]
        return cls(*parts[:4])

    def __str__(self) -> str:
        """As `parse` reads it."""
        ours, other = (name if variant == "raw" else f"{name}, {variant}" for name, variant in (self[:2], self[2:]))
        return f"{ours}{AGAINST}{other}" if self.against else ours


class Cell(NamedTuple):
    """A cell: mean and standard deviation, or a change and its interval, lie together under one name."""

    table: str
    row: Row
    column: str


class Part(NamedTuple):
    """What one run gives to a cell: a number, or none where a whole file enters, and the file."""

    run: Run
    value: float | None
    file: Path


@dataclass(frozen=True)
class Tables:
    """The tables of a checkout with the chain behind them."""

    chain: Chain

    def read(self, table: str) -> pd.DataFrame:
        """A table as text."""
        path = self.path(table)
        try:
            rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        except (OSError, ValueError) as error:
            kind = InputError if isinstance(error, OSError) else DamagedError
            raise kind(f"{path}: expected a table that `dvc repro aggregate` writes; found {error}") from error
        expected = CHANGE if table in CHANGES else ("row", "statistic")
        if missing := [column for column in expected if column not in rows]:
            raise DamagedError(f"{path}: no column {missing[0]} among {', '.join(rows.columns)}")
        return rows

    def path(self, table: str) -> Path:
        """Where a table lies."""
        return self.chain.places.results / "tables" / f"{table}.csv"

    @cached_property
    def stored(self) -> dict[Cell, dict[str, str]]:
        """The text of every cell by statistic (mean, std; percent, low, high), in the order of the tables."""
        cells: dict[Cell, dict[str, str]] = {}
        for table in TABLES:
            if table == ABLATION and self.path(table).as_posix() not in self.chain.record["made"]:
                continue
            rows = self.read(table)
            keys = [key for key in KEYS if key in rows]
            for line in rows.to_dict("records"):
                row = Row(**{key: line[key] for key in keys})
                if table in CHANGES:
                    statistics = {name: line[name] for name in STATISTICS}
                    cells.setdefault(Cell(table, row, line["metric"]), {}).update(statistics)
                    continue
                for column in rows.columns.drop([*keys, "origin", "seeds", "statistic"], errors="ignore"):
                    cells.setdefault(Cell(table, row, column), {})[line["statistic"]] = line[column]
        return cells

    def experiments(self, cell: Cell) -> list[str]:
        """Those whose runs are behind a cell; none if it was published."""
        if cell.row.row in PUBLISHED_ROWS:
            return []
        if cell.row.row == TRUTH:
            return self.chain.record["experiments"][:1]
        return list(dict.fromkeys(name for name in (cell.row.row, cell.row.against) if name))

    def runs(self, cell: Cell) -> list[Run]:
        """The runs behind a cell."""
        runs = self.chain.runs(self.experiments(cell))
        return runs[:1] if cell.row.row == TRUTH else runs

    def parts(self, cell: Cell) -> list[Part]:
        """What each run gives to a cell; nothing to one that was published or is empty by its nature."""
        if cell.row.row == TRUTH and cell.column in METRICS:
            return []
        if cell.table in CHANGES and cell.column in METRICS:
            return [part for side in (cell.row[:2], cell.row[2:]) for part in self._sequences(*side)]
        return [_part(self.chain.places.scores(run), run, cell) for run in self.runs(cell)]

    def compute(self, cell: Cell, parts: list[Part]) -> dict[str, Any]:
        """The statistics of a cell, from the files behind it."""
        if not parts:
            return {"mean": self.published.get((cell.table, cell.row.row, cell.column), "")}
        if cell.table in CHANGES and cell.column in METRICS:
            ours, other = (
                pd.concat([_read_sequences(part.file) for part in side])
                for side in (self._sequences(*cell.row[:2]), self._sequences(*cell.row[2:]))
            )
            return paired_change(ours, other, cell.column)._asdict()
        values = pd.Series([part.value for part in parts], dtype=float)
        if cell.table in CHANGES:
            means = values.groupby([part.run.experiment for part in parts]).mean()
            other = means[cell.row.against] or math.nan  # a change from nothing is no number
            return {"percent": 100 * (means[cell.row.row] / other - 1), "low": math.nan, "high": math.nan}
        return {"mean": values.mean(), "std": values.std(ddof=1)}

    @cached_property
    def published(self) -> dict[tuple[str, str, str], str]:
        """What was printed, by table, row and column; nothing under actions that are not ours."""
        printed = {}
        for name, layout in LAYOUTS.items():
            rows = read_published(self.chain.places.paper, layout).set_index("row")
            hidden = [] if are_published(self.chain.record["actions"]) else list(ABBREVIATIONS)
            for row, values in rows.drop(columns=hidden, errors="ignore").iterrows():
                printed |= {(name, str(row), str(column)): value for column, value in values.items()}
        return printed

    def value_problems(self, cell: Cell) -> list[Problem]:
        """The statistics of a cell that do not follow from its files, or why that cannot be seen."""
        path, where = str(self.path(cell.table)), f"{cell.row}, {cell.column}"
        try:
            computed = self.compute(cell, self.parts(cell))
        except FileNotFoundError as error:
            return [Problem(str(error.filename), "missing", f"{error.filename}: not here")]
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            return [Problem(path, "value", f"{path}: {where}: cannot be computed from its runs: {error!r}")]
        stored = self.stored[cell]
        return [
            Problem(path, "value", f"{path}: {where}: {name} is {text or 'empty'}, expected {computed.get(name, '')}")
            for name, text in stored.items()
            if not _is_same(text, computed.get(name, ""))
        ]

    def links(self, cell: Cell) -> list[Expected]:
        """Every file on the way from a cell to the raw motion, or for a published one to its table in paper/."""
        results = self.chain.made(f"{self.path(cell.table).with_suffix('').as_posix()}.")
        return [*results, *self._paper(cell), *self.chain.links(self.runs(cell))]

    def problems(self, cell: Cell) -> list[Problem]:
        """Everything that speaks against a cell."""
        return [*self.value_problems(cell), *self.chain.problems(self.links(cell))]

    def _sequences(self, experiment: str, variant: str) -> list[Part]:
        """The scores by sequence of each seed."""
        runs = self.chain.runs([experiment])
        return [Part(run, None, self.chain.places.scores(run) / _folder(variant) / "by_sequence.csv") for run in runs]

    def _paper(self, cell: Cell) -> list[Expected]:
        if cell.table not in LAYOUTS:
            return []
        return self.chain.read((self.chain.places.paper / f"table_{LAYOUTS[cell.table].number:02}.csv").as_posix())


def measure(cell: Cell) -> tuple[str, str]:
    """What a cell's number is and its unit."""
    if cell.column in CONSTRAINTS:
        words, _, unit = HEADERS[cell.column].rpartition(", ")
    else:
        words, unit, _ = WORDING[cell.column if cell.column in METRICS else LAYOUTS[cell.table].metrics[0]]
    return words, "%" if cell.table in CHANGES else unit


def published_beside(tables: Tables, cell: Cell) -> list[dict[str, str]]:
    """What the paper prints in the cell's column: row, value, source, what is doubtful and why."""
    averages = [layout for layout in LAYOUTS.values() if not layout.by_action and cell.column in layout.metrics]
    for layout in [LAYOUTS[cell.table]] if cell.table in LAYOUTS else averages:
        try:
            path = tables.chain.places.paper / f"table_{layout.number:02}.csv"
            rows = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("row").loc[list(PUBLISHED_ROWS)]
            return [
                {"row": row, "value": line[cell.column], "source": line["source"], "note": line["note"]}
                for row, line in rows.iterrows()
            ]
        except (OSError, ValueError, KeyError):
            return []
    return []


def describe(tables: Tables, cell: Cell, problems: list[Problem]) -> dict[str, Any]:
    """Everything about a cell but its runs, ready for JSON."""
    words, unit = measure(cell)
    try:
        parts = [part._asdict() | {"run": part.run.name, "file": str(part.file)} for part in tables.parts(cell)]
    except (OSError, ValueError, KeyError):
        parts = []  # one of the problems says why
    return {
        "table": cell.table,
        "row": str(cell.row),
        "column": cell.column,
        "measure": words,
        "unit": unit,
        "statistics": tables.stored[cell],
        "published": published_beside(tables, cell),
        "runs": [run.name for run in tables.runs(cell)],
        "parts": parts,
        "problems": [problem._asdict() for problem in problems],
    }


def describe_run(chain: Chain, run: Run) -> dict[str, Any]:
    """How a run was made: parameters, code, versions, machine, and the digest of each of its files."""
    record = chain.training(run)
    facts = ("commit", "code_sha256", "python", "packages", "device", "processor", "seconds", "weights")
    files = {link.path: link.sha256 for link in chain.links([run]) if link.run}
    return {
        "run": run.name,
        "experiment": run.experiment,
        "seed": run.seed,
        **{fact: record.get(fact) for fact in facts},
        "parameters": chain.parameters(run),
        "files": files,
    }


def describe_data(chain: Chain) -> dict[str, str]:
    """The digest of every file of motion that all runs share, raw files last."""
    runs = chain.runs(chain.record["experiments"])[:1]
    return {link.path: link.sha256 for link in chain.links(runs) if not link.run}


def _part(scores: Path, run: Run, cell: Cell) -> Part:
    """The number that a run gives to a cell, read where the run's own stage wrote it."""
    if cell.column in CONSTRAINTS:
        file = scores / "constraints.csv"
        motion = "true" if cell.row.row == TRUTH else VARIANTS[cell.row.variant]
        return Part(run, float(_at(file, "motion", motion, cell.column)), file)
    if cell.column in METRICS:
        file = scores / _folder(cell.row.variant) / "metrics.json"
        return Part(run, float(json.loads(file.read_text(encoding="utf-8"))[cell.column]), file)
    file = scores / "by_action.csv"
    return Part(run, float(_at(file, "action", cell.column, LAYOUTS[cell.table].metrics[0])), file)


def _read_sequences(file: Path) -> pd.DataFrame:
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    numbers = table.columns.drop(list(SEQUENCE))
    return table.assign(**{column: pd.to_numeric(table[column]) for column in numbers})


def _folder(variant: str) -> str:
    return "" if variant == "raw" else variant


def _at(file: Path, key: str, name: str, column: str) -> str:
    return pd.read_csv(file, dtype=str, keep_default_na=False).set_index(key).at[name, column]


def _is_same(text: str, value: Any) -> bool:
    """Whether what is stored is what was computed; an empty cell is no number."""
    if isinstance(value, str):
        return text == value
    if text == "":
        return math.isnan(value)
    try:
        return math.isclose(float(text), value, rel_tol=TOLERANCE, abs_tol=1e-12)
    except ValueError:
        return False
