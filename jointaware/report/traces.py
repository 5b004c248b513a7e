"""The trace of every number of the report, and whether the number is still valid.

These are the facts that `workflow.trace` prints, for all cells at once; facts that cells share are stored once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jointaware.artifacts.parameters import flatten
from jointaware.lineage.cells import Cell
from jointaware.lineage.describe import describe, describe_data, describe_run, published_beside
from jointaware.lineage.files import Problem
from jointaware.lineage.tables import Tables
from jointaware.mocap.sources import SOURCES


@dataclass(frozen=True)
class Traces:
    """All traces, ready for JSON; indices of the cells whose number is in doubt; and problems, one line each."""

    content: dict[str, Any]
    wrong: set[int]
    problems: list[str]


def trace_everything(tables: Tables) -> Traces:
    """Trace every number of every table."""
    chain, of_files = tables.chain, _file_problems(tables)
    problems = {cell: _evidence(tables, cell, of_files) for cell in tables.stored}
    columns = {(cell.table, cell.column): cell for cell in problems}
    content = {
        "cells": [describe(tables, cell, found) for cell, found in problems.items()],
        "published": {
            f"{cell.table}/{cell.column}": published_beside(tables, cell)
            for cell in columns.values()
            if SOURCES[chain.record.source].is_published
        },
        "runs": {run.name: _flat(describe_run(chain, run)) for run in chain.runs(chain.record.experiments)},
        "data": describe_data(chain),
        "tables": {link.path: link.sha256 for link in chain.made("")},
    }
    wrong = {place for place, found in enumerate(problems.values()) if any(map(_is_grave, found))}
    everything = [*of_files.values(), *(one for found in problems.values() for one in found)]
    return Traces(content, wrong, _in_words(everything))


def _evidence(tables: Tables, cell: Cell, of_files: dict[str, Problem]) -> list[Problem]:
    """Problems of a cell's value and of the files behind it."""
    paths = dict.fromkeys([str(tables.chain.places.record), *(link.path for link in tables.links(cell))])
    return [*tables.value_problems(cell), *(of_files[path] for path in paths if path in of_files)]


def _file_problems(tables: Tables) -> dict[str, Problem]:
    """Problems by file, of every file that is recorded anywhere."""
    return {problem.path: problem for problem in tables.chain.problems(tables.chain.everything())}


def _flat(about: dict[str, Any]) -> dict[str, Any]:
    """A run with its parameters by dotted key."""
    return about | {"parameters": flatten(about["parameters"])}


def _is_grave(problem: Problem) -> bool:
    """Whether a problem casts doubt on a number; an edit of another cell of its table does not."""
    return problem.kind == "value" or (problem.kind == "changed" and "tables" not in Path(problem.path).parts)


def _in_words(problems: list[Problem]) -> list[str]:
    """Problems, one line each; missing files are counted by folder."""
    wrong = sorted({problem.text for problem in problems if problem.kind != "missing"})
    missing = sorted({problem.path for problem in problems if problem.kind == "missing"})
    folders = Counter("/".join(Path(path).parts[:2]) for path in missing)
    return [*wrong, *(f"{name}: {count} missing, not checked" for name, count in folders.items())]
