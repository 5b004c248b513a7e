"""List what `dvc exp run` has tried: the parameters that each experiment changed, and the errors that followed.

`dvc exp show` has the same in one table, whose columns are too narrow for their numbers in a terminal. Errors are those
of results/headline.json that differ; names are those that `dvc exp apply` takes.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import textwrap
from collections.abc import Iterator, Sequence

import pandas as pd

from jointaware.artifacts.metrics import METRICS
from jointaware.errors import InputError
from stages.command import parser, run

OTHERS = (
    "(data|licensed|models|predictions|smoothers|frame_errors|results|jointaware|stages)/.*"
    "|licensed|models|predictions|smoothers"
)
"""Columns of files, which say nothing that parameters do not."""
COMMAND = ("dvc", "exp", "show", "--csv", "--only-changed", "--drop", OTHERS)
ERRORS = tuple(f".{each.name}" for each in METRICS.values() if each.is_headline)
ABOUT = ("Experiment", "rev", "typ", "Created", "parent", "State", "Executor")
INDENT = "  "


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser(__doc__).parse_args(argv)
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"dvc exp show: {done.stderr.strip().removeprefix('ERROR: ')}")
    table = pd.read_csv(io.StringIO(done.stdout.strip()), dtype=str, keep_default_na=False)
    print("\n".join(listing(table, shutil.get_terminal_size((120, 24)).columns)))


def listing(table: pd.DataFrame, width: int) -> Iterator[str]:
    """The lines to print, none wider than `width` unless a name is.

    table: what `dvc exp show --csv` prints: the workspace, then commits, each followed by the experiments that began
        there.
    """
    rows = table.to_dict("records")
    names = [_name(row) for row in rows]
    errors = [column for column in table if column.endswith(ERRORS)]
    parameters = [column for column in table if column not in {*ABOUT, *errors}]
    start = rows[0]
    for name, row in zip(names, rows, strict=True):
        if _is_commit(row):
            start = row
        changed = (f"{key.removeprefix('experiments.')}={row[key]}" for key in parameters if row[key] != start[key])
        state = row.get("State", "").replace("Success", "").lower()
        words = "  ".join(filter(None, [name, state, ", ".join(changed)]))
        yield from textwrap.wrap(
            words, width, subsequent_indent=2 * INDENT, break_long_words=False, break_on_hyphens=False
        )
    left = max(map(len, names))
    while errors:
        shown = errors[: max(1, (width - left) // (len(INDENT) + max(map(len, errors))))]
        errors = errors[len(shown) :]
        yield ""
        yield INDENT.join([" " * left, *shown])
        for name, row in zip(names, rows, strict=True):
            numbers = [_number(row[column]).rjust(len(column)) for column in shown]
            yield INDENT.join([name.ljust(left), *numbers]).rstrip()


def _name(row: dict[str, str]) -> str:
    """The name of an experiment, indented below its commit; DVC leaves out columns that say the same of all."""
    return row["rev"] if _is_commit(row) else f"{INDENT}{row.get('Experiment') or row['rev'][:7]}"


def _is_commit(row: dict[str, str]) -> bool:
    return row.get("typ", "baseline") == "baseline"


def _number(text: str) -> str:
    """With two decimals, as in results/headline.json; empty where there is none."""
    try:
        return f"{float(text):.2f}"
    except ValueError:
        return text


if __name__ == "__main__":
    run(main)
