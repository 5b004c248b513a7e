"""What the report knows of each number: the trace that a click shows, and whether the number still holds.

The same as `workflow.trace` prints, of every cell at once; what cells have in common is kept once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jointaware.lineage.chain import Problem
from jointaware.lineage.tables import Tables, describe, describe_data, describe_run, published_beside


@dataclass(frozen=True)
class Traces:
    """All traces, ready for JSON; the numbers of the cells that do not hold; and what is wrong, in words."""

    content: dict[str, Any]
    wrong: set[int]
    notes: list[str]


def trace_everything(tables: Tables) -> Traces:
    """Every number of every table."""
    chain, cells = tables.chain, list(tables.stored)
    links = {cell: tables.links(cell) for cell in cells}
    everything = [*chain.made(""), *chain.read(""), *(link for found in links.values() for link in found)]
    of_files = {problem.path: problem for problem in chain.problems(everything)}
    problems = {
        cell: [
            *tables.value_problems(cell),
            *(of_files[path] for path in _paths(tables, links[cell]) if path in of_files),
        ]
        for cell in cells
    }
    made = [describe_run(chain, run) for run in chain.runs(chain.record["experiments"])]
    content = {
        "cells": [describe(tables, cell, found) for cell, found in problems.items()],
        "published": {f"{cell.table}/{cell.column}": published_beside(tables, cell) for cell in cells},
        "runs": {run["run"]: run for run in made},
        "data": describe_data(chain),
        "tables": {link.path: link.sha256 for link in chain.made("")},
    }
    for about in content["cells"]:
        del about["published"]
    wrong = {place for place, found in enumerate(problems.values()) if any(map(_is_grave, found))}
    return Traces(
        content, wrong, _in_words([*of_files.values(), *(one for found in problems.values() for one in found)])
    )


def _is_grave(problem: Problem) -> bool:
    """Whether a number is in doubt: that its neighbour in the table was edited does not make it wrong."""
    return problem.kind == "value" or (problem.kind == "changed" and "tables" not in Path(problem.path).parts)


def _paths(tables: Tables, links: list[Any]) -> list[str]:
    return list(dict.fromkeys([str(tables.chain.places.record), *(link.path for link in links)]))


def _in_words(problems: list[Problem]) -> list[str]:
    """What is wrong, line by line; what is only not here, counted by folder."""
    wrong = sorted({problem.text for problem in problems if problem.kind != "missing"})
    missing = sorted({problem.path for problem in problems if problem.kind == "missing"})
    folders = Counter("/".join(Path(path).parts[:2]) for path in missing)
    return [
        *wrong,
        *(f"{name}: not here, and so not checked ({count} of its files)" for name, count in folders.items()),
    ]
