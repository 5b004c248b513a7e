"""Print the results as a table: experiments as rows, metrics as columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jointaware.analysis.typesetting import overview
from jointaware.artifacts.files import read_table
from jointaware.artifacts.metrics import METRICS
from jointaware.errors import InputError
from stages.command import parser, run

COMPARISON = Path("results/tables/comparison.csv")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser(__doc__).parse_args(argv)
    if not COMPARISON.is_file():
        raise InputError(f"{COMPARISON}: missing; run `dvc repro aggregate`")
    table = read_table(COMPARISON, text=("row", "variant", "statistic"), numbers=tuple(METRICS))
    try:
        words = overview(table)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{COMPARISON}: found no mean and std of every row; run `dvc repro aggregate`") from error
    print(words, end="")
    print("More in results/: tables, figures, report.html.")


if __name__ == "__main__":
    run(main)
