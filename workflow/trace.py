"""Lead a number in results/tables back to the bytes it was made from, and say whether they still are those bytes.

    python -m workflow.trace protocol1 joint_aware Walking
    python -m workflow.trace comparison "joint_aware, smoothed" mpjve_mm_per_frame
    python -m workflow.trace differences "joint_aware, smoothed against wide" mpjae_mm_per_frame2
    python -m workflow.trace --all

ROW is the row's name; in comparison and differences a variant may follow it, and what it is against. Exit status 1,
with what is wrong on stderr, where a file no longer has the SHA-256 that the number was made from or is not here, or
where the number does not follow from the scores of its runs.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jointaware.errors import InputError
from jointaware.lineage.chain import Chain, DamagedError, Places, Problem
from jointaware.lineage.tables import TABLES, Cell, Row, Tables, describe, describe_data, describe_run
from stages.command import parser, run


def main() -> None:
    """Run the command."""
    arguments = _arguments()
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
    """The cell that is meant; InputError names what there is if there is no such cell."""
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
    """Print everything about one cell; returns what is wrong with it."""
    chain, problems = tables.chain, tables.problems(cell)
    about = describe(tables, cell, problems)
    runs = [describe_run(chain, each) for each in tables.runs(cell)]
    data = describe_data(chain) if runs else {link.path: link.sha256 for link in tables.links(cell)}
    if as_json:
        print(json.dumps(about | {"runs": runs, "data": data}, indent=2))
        return problems
    print(f"{cell.table}, {cell.row}, {cell.column}: {number(about['statistics'])} {about['unit']}, {about['measure']}")
    for line in about["published"]:
        print(f"published, {line['row']}: {line['value']}, {', '.join(filter(None, (line['source'], line['note'])))}")
    for part in about["parts"]:
        value = "" if part["value"] is None else f"{part['value']:.4f} "
        print(f"from {part['run']}: {value}in {part['file']}")
    for each in runs:
        print(f"\n{describe_in_words(each)}")
    print("\ndata" if runs else "")
    _print_digests(data)
    checked = {link.path for link in tables.links(cell)}
    if not problems:
        print(f"\nAll {len(checked)} files are those the number was made from, and it follows from them.")
    return problems


def trace_all(tables: Tables, *, as_json: bool) -> list[Problem]:
    """Check every number of every table, and every file that was recorded; returns what is wrong."""
    chain = tables.chain
    runs = chain.runs(chain.record["experiments"])
    links = [*chain.made(""), *chain.read(""), *chain.links(runs)]
    values = {cell: tables.value_problems(cell) for cell in tables.stored}
    problems = [*chain.problems(links), *(problem for found in values.values() for problem in found)]
    if as_json:
        cells = [describe(tables, cell, found) for cell, found in values.items()]
        made = [describe_run(chain, each) for each in runs]
        print(json.dumps({"cells": cells, "runs": made, "data": describe_data(chain)}, indent=2))
    else:
        for table in TABLES:
            found = [bool(wrong) for cell, wrong in values.items() if cell.table == table]
            print(f"{table}: {len(found)} numbers, {len(found) - sum(found)} as their runs give them")
        print(f"{len({link.path for link in links})} files between them and the raw motion")
    return list({problem.text: problem for problem in problems}.values())


def number(statistics: dict[str, str]) -> str:
    """A cell's text: mean and spread, or a change with its interval."""
    if "percent" in statistics:
        return f"{statistics['percent']} [{statistics['low']}, {statistics['high']}]"
    spread = statistics.get("std", "")
    return f"{statistics['mean'] or 'empty'}{f' ± {spread}' if spread else ''}"


def describe_in_words(made: dict[str, Any]) -> str:
    """How a run was made, a line for each fact, parameter and file."""
    packages = ", ".join(f"{name} {version}" for name, version in (made["packages"] or {}).items())
    lines = [
        f"run {made['run']}: experiment {made['experiment']}, seed {made['seed']}",
        f"  commit {made['commit']}, code {made['code_sha256']}",
        f"  Python {made['python']}, {packages}",
        f"  {made['device']} ({made['processor']}), {made['seconds'] or 0:.1f} s",
        *(f"  {key}: {value}" for key, value in _leaves(made["parameters"])),
        *(f"  {digest or 'not recorded':64}  {path}" for path, digest in made["files"].items()),
    ]
    return "\n".join(lines)


def how_to_get(missing: list[str]) -> list[str]:
    """What is not here, a line for each output, and what brings it: DVC's cache, a remote, or making it again."""
    if not missing:
        return []
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        outputs = list(Repo().index.outs)
    except (DvcException, OSError):
        return [f"{path}: not here" for path in missing]
    lines = []
    for path in missing:
        output = next((each for each in outputs if Path(path).is_relative_to(each.def_path)), None)
        lines.append(
            f"{path}: not here" if output is None else f"{output.def_path}: not here, or not whole; {_way(output)}"
        )
    return list(dict.fromkeys(lines))


def _way(output: Any) -> str:
    """The command that brings an output of DVC's pipeline."""
    if output.hash_info and not output.use_cache:
        return f"`git checkout {output.def_path}` brings it"
    if output.hash_info and not output.changed_cache():
        return f"`dvc checkout {output.def_path}` brings it"
    if output.hash_info and output.can_push:
        return f"`dvc pull {output.def_path}` brings it"
    return f"`dvc repro {output.stage.addressing}` makes it"


def _unknown(name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"found {name!r}, expected one of {', '.join(known)}{f'; did you mean {near[0]!r}?' if near else ''}"


def _leaves(value: Any, key: str = "") -> Iterable[tuple[str, Any]]:
    """Every parameter by its dotted key."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}" if key else str(name))
    else:
        yield key, value


def _print_digests(files: dict[str, str]) -> None:
    for path, digest in files.items():
        print(f"  {digest or 'not recorded':64}  {path}")


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("table", nargs="?", help=f"one of {', '.join(TABLES)}")
    command.add_argument("row", nargs="?", help="name of the row")
    command.add_argument("column", nargs="?", help="name of the column, an action or a metric as in the table's head")
    command.add_argument("--all", action="store_true", help="check every number of every table")
    command.add_argument("--json", action="store_true", help="print JSON")
    arguments = command.parse_args()
    named = [arguments.table, arguments.row, arguments.column]
    if arguments.all == all(named) or any(named) != all(named):
        command.error("expected TABLE ROW COLUMN, or --all")
    return arguments


if __name__ == "__main__":
    run(main)
