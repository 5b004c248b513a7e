"""What became of the tries: a row for each class, kept in a table from which a run that was stopped goes on."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from bench._table import machine
from jointaware.artifacts.files import write_table
from jointaware.artifacts.provenance import environment

NUMBERS = ("tries", "of", "held", "failed")
TEXTS = ("kind", "what", "failure", "commit", "date")
WORST = ("seconds", "mebibytes")
"""The most that a try took: of processor time, of memory."""


class Result(NamedTuple):
    """What became of one try. failure: empty if the product held."""

    kind: str
    number: int
    words: str
    failure: str
    seconds: float
    mebibytes: float


class Row(NamedTuple):
    """Tries of one class. of: how many there are in all. what: plural, for people. failure: the first one."""

    kind: str
    what: str
    tries: int
    of: int
    held: int
    failed: int
    seconds: float
    mebibytes: float
    failure: str = ""
    commit: str = ""
    date: str = ""

    @property
    def is_done(self) -> bool:
        """Whether every try was made, and held."""
        return self.tries == self.of and not self.failed

    @property
    def worst(self) -> str:
        """The first failure, or the most that a try took, which whole commands are not measured for."""
        measured = f"{self.seconds:.1f} s, {self.mebibytes:.0f} MiB" if self.seconds else "not measured"
        return self.failure or measured


def summarise(kind: str, what: str, of: int, results: Sequence[Result], earlier: Row | None = None) -> Row:
    """The row of a class: these results, made now, after those of an earlier row."""
    failed = [each.failure for each in results if each.failure]
    commit, today = environment().commit, datetime.date.today().isoformat()
    now = commit[:10] + "+" * commit.endswith("+")
    seconds, mebibytes = (
        max((getattr(each, name) for each in (*results, earlier) if each), default=0.0) for name in WORST
    )
    return Row(
        kind,
        what,
        len(results) + (earlier.tries if earlier else 0),
        of,
        len(results) - len(failed) + (earlier.held if earlier else 0),
        len(failed),
        seconds,
        mebibytes,
        next(iter(failed), ""),
        _both(earlier.commit if earlier else "", now),
        _both(earlier.date if earlier else "", today),
    )


def show(rows: Sequence[Row]) -> None:
    """Print the rows and their sum."""
    lines = [{"class": row.kind, **_numbers(row), "worst": row.worst} for row in rows]
    lines.append({"class": "all", **{name: sum(getattr(row, name) for row in rows) for name in NUMBERS}, "worst": ""})
    print(pd.DataFrame(lines).to_string(index=False, max_colwidth=60))


def read(path: Path) -> dict[str, Row]:
    """The rows of a table by class; none if there is no table."""
    return {kind: Row(**{name: line[name] for name in Row._fields}) for kind, line in _lines(path).items()}


def keep(path: Path, row: Row) -> None:
    """Put a row into a table in place of an earlier one of its class; the others stay."""
    lines = _lines(path) | {row.kind: row._asdict() | {"worst": row.worst} | machine()}
    write_table(path, pd.DataFrame([*lines.values()]))


def _lines(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        return {}
    table = pd.read_csv(path, keep_default_na=False, dtype=dict.fromkeys(TEXTS, str))
    return {line["kind"]: line for line in table.to_dict("records")}


def _numbers(row: Row) -> dict[str, int]:
    return {name: getattr(row, name) for name in NUMBERS}


def _both(earlier: str, now: str) -> str:
    return ", ".join(dict.fromkeys([*filter(None, earlier.split(", ")), now]))
