"""Trace a number in results/tables back to the files it was made from, and check that they are unchanged.

    python -m workflow.trace protocol1 joint_aware Walking
    python -m workflow.trace comparison "joint_aware, smoothed" mpjve_mm_per_frame
    python -m workflow.trace differences "joint_aware, smoothed against wide" mpjae_mm_per_frame2
    python -m workflow.trace --all

ROW is the name of the row, which may include a variant in comparison, and also names the reference in differences and
ablation. Exits with status 1, naming what is wrong on stderr, if a file is missing or differs from the SHA-256 recorded
for it, or if the number does not follow from the scores of its runs. --all also checks the files of results/studies.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jointaware.artifacts.parameters import flatten
from jointaware.errors import InputError
from jointaware.lineage.cells import TABLES, Cell, Row
from jointaware.lineage.chain import Chain, DamagedError, Places
from jointaware.lineage.describe import NOT_RECORDED, describe, describe_data, describe_run, published_beside
from jointaware.lineage.files import Problem
from jointaware.lineage.studies import check_studies
from jointaware.lineage.tables import Tables
from stages.command import parser, run


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    try:
        tables = Tables(Chain.open(Places()))
        if arguments.all:
            problems = trace_all(tables, as_json=arguments.json)
        else:
            cell = find(tables, arguments.table, arguments.row, arguments.column)
            problems = trace(tables, cell, as_json=arguments.json)
    except DamagedError as error:
        problems = [Problem("", "changed", str(error))]
    missing = list(dict.fromkeys(problem.path for problem in problems if problem.kind == "missing"))
    wrong = dict.fromkeys(problem.text for problem in problems if problem.kind != "missing")
    for line in [*wrong, *how_to_get(missing)]:
        print(f"error: {line}", file=sys.stderr)
    sys.exit(1 if problems else 0)


def find(tables: Tables, table: str, row: str, column: str) -> Cell:
    """Find a cell by name; InputError lists the names that exist."""
    if table not in TABLES:
        raise InputError(f"TABLE: {_unknown(table, TABLES)}")
    cells = [cell for cell in tables.stored if cell.table == table]
    rows = [cell for cell in cells if cell.row == Row.parse(row)]
    if not rows:
        raise InputError(f"ROW: {_unknown(row, dict.fromkeys(str(cell.row) for cell in cells))}")
    for cell in rows:
        if cell.column == column:
            return cell
    raise InputError(f"COLUMN: {_unknown(column, [cell.column for cell in rows])}")


def trace(tables: Tables, cell: Cell, *, as_json: bool) -> list[Problem]:
    """Print everything about one cell; returns the problems found."""
    chain, problems = tables.chain, tables.problems(cell)
    about = describe(tables, cell, problems) | {"published": published_beside(tables, cell)}
    runs = [describe_run(chain, each) for each in tables.runs(cell)]
    data = describe_data(chain) if runs else {link.path: link.sha256 for link in tables.links(cell)}
    if as_json:
        print(json.dumps(about | {"runs": runs, "data": data}, indent=2))
        return problems
    print("\n".join(in_words(about)))
    for each in runs:
        print("\n" + "\n".join(run_in_words(each)))
    print("\ndata" if runs else "")
    print("\n".join(_digests(data)))
    if not problems:
        files = {link.path for link in tables.links(cell)}
        print(f"\nAll {len(files)} files are unchanged, and the number follows from them.")
    return problems


def trace_all(tables: Tables, *, as_json: bool) -> list[Problem]:
    """Check every number of every table and every recorded file; returns the problems found."""
    chain = tables.chain
    runs = chain.runs(chain.record.experiments)
    links = chain.everything()
    studied, of_studies = check_studies()
    values = {cell: tables.value_problems(cell) for cell in tables.stored}
    problems = [*chain.problems(links), *(problem for found in values.values() for problem in found), *of_studies]
    if as_json:
        cells = [
            describe(tables, cell, found) | {"published": published_beside(tables, cell)}
            for cell, found in values.items()
        ]
        made = [describe_run(chain, each) for each in runs]
        print(json.dumps({"cells": cells, "runs": made, "data": describe_data(chain)}, indent=2))
    else:
        for table in TABLES:
            found = [bool(wrong) for cell, wrong in values.items() if cell.table == table]
            print(f"{table}: {len(found)} numbers, {len(found) - sum(found)} follow from their runs")
        print(f"{len({link.path for link in links})} files between them and the raw motion")
        print(f"{studied} files of the studies")
    return list({problem.text: problem for problem in problems}.values())


def number(statistics: dict[str, str]) -> str:
    """Text of a cell: mean and standard deviation, or a change and its interval."""
    if "percent" in statistics:
        return f"{statistics['percent']} [{statistics['low']}, {statistics['high']}]"
    spread = statistics.get("std", "")
    return f"{statistics['mean'] or 'empty'}{f' ± {spread}' if spread else ''}"


def in_words(about: dict[str, Any]) -> list[str]:
    """A cell, the published numbers beside it, and the contribution of each run, line by line."""
    where = f"{about['table']}, {about['row']}, {about['column']}"
    lines = [f"{where}: {number(about['statistics'])} {about['unit']}, {about['measure']}"]
    for printed in about["published"]:
        facts = ", ".join(filter(None, (printed["source"], printed["note"])))
        lines.append(f"published, {printed['row']}: {printed['value']}, {facts}")
    for part in about["parts"]:
        value = "" if part["value"] is None else f"{part['value']:.4f} "
        lines.append(f"from {part['run']}: {value}in {part['file']}")
    return lines


def run_in_words(about: dict[str, Any]) -> list[str]:
    """How a run was made: a line for each fact, parameter and file."""
    lines = [f"run {about['run']}: experiment {about['experiment']}, seed {about['seed']}", f"  {about['made']}"]
    if about["commit"]:
        packages = ", ".join(f"{name} {version}" for name, version in (about["packages"] or {}).items())
        lines.append(f"  code {about['code_sha256']}, Python {about['python']}, {packages}")
    lines += [f"  {key}: {value}" for key, value in flatten(about["parameters"]).items()]
    return [*lines, *_digests(about["files"])]


def how_to_get(missing: list[str]) -> list[str]:
    """How to restore missing files, a line for each output of the pipeline: git, DVC's cache, a remote, or a rerun."""
    if not missing:
        return []
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            outputs = {Path(os.path.relpath(each.fs_path)): each for each in repo.index.outs}
            owners = {path: next(filter(Path(path).is_relative_to, outputs), None) for path in missing}
            return list(
                dict.fromkeys(
                    f"{path}: missing" if owner is None else _how_to_restore(path, owner, outputs[owner])
                    for path, owner in owners.items()
                )
            )
    except (DvcException, OSError):
        return [f"{path}: missing" for path in missing]


def _how_to_restore(path: str, folder: Path, output: Any) -> str:
    """The command that restores an output of DVC's pipeline, of which a file is missing."""
    what = f"{folder}: missing" if folder == Path(path) or not folder.is_dir() else f"{folder}: incomplete"
    if output.hash_info and not output.use_cache:
        return f"{what}; run `git checkout {folder}`"
    if output.hash_info and not output.changed_cache():
        return f"{what}; run `dvc checkout {folder}`"
    if output.hash_info and _is_pushed(output):
        return f"{what}; run `dvc pull {folder}`"
    return f"{what}; run `dvc repro {output.stage.addressing}`"


def _is_pushed(output: Any) -> bool:
    """Whether the output's remote can be reached and has it."""
    try:
        remote = output.repo.cloud.get_remote_odb(name=output.remote, hash_name=output.hash_name)
        found: bool = remote.exists(output.hash_info.value)
    except Exception:  # no remote, or any error of any kind of storage
        return False
    return found


def _unknown(name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"found {name!r}, expected one of {', '.join(known)}{f'; did you mean {near[0]!r}?' if near else ''}"


def _digests(files: dict[str, str]) -> list[str]:
    return [f"  {digest or NOT_RECORDED:64}  {path}" for path, digest in files.items()]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("table", nargs="?", help=f"one of {', '.join(TABLES)}")
    command.add_argument("row", nargs="?", help="name of the row")
    command.add_argument("column", nargs="?", help="action or metric, as in the table's header")
    command.add_argument("--all", action="store_true", help="check every number of every table")
    command.add_argument("--json", action="store_true", help="print JSON")
    arguments = command.parse_args(argv)
    named = [arguments.table, arguments.row, arguments.column]
    if arguments.all == all(named) or any(named) != all(named):
        command.error("expected TABLE ROW COLUMN, or --all")
    return arguments


if __name__ == "__main__":
    run(main)
