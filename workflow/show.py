"""Print the results: one line for each experiment, one column for each metric, means over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.scores import read_record
from stages.command import parser, run

RESULTS = Path("results/metrics.json")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser(__doc__).parse_args(argv)
    rows = [
        [experiment, *(f"{means[key]:.{metric.decimals}f}" for key, metric in METRICS.items())]
        for experiment, means in read_record(RESULTS, (), "aggregate").items()
    ]
    print(tabulate(rows, ["", *(f"{metric.name}\n{metric.unit}" for metric in METRICS.values())], disable_numparse=True,
                   colalign=("left", *("right" for _ in METRICS))))  # fmt: skip
    print("\nMeans over seeds, lower is better. More: results/tables, results/figures, results/report.html")


if __name__ == "__main__":
    run(main)
