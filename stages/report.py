"""Put all results on one page: what holds on real motion, this run's tables, figures, speed, and a skeleton player.

Writes --out, a single HTML file that makes no network requests. Every number of a table shows its trace on a click, and
is marked where it no longer follows from its runs. The page is made of whatever exists; what is missing or has failed
is listed at its top. It holds poses of test subjects: a page made from licensed motion must not be passed on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from jointaware.artifacts.files import write_text
from jointaware.artifacts.parameters import load
from jointaware.lineage.chain import Places
from jointaware.report.page import Shelf, collect, render
from stages.command import parser, run


def main(argv: Sequence[str] | None = None) -> None:
    """Run the stage from the command line."""
    arguments = _arguments(argv)
    folders = (arguments.results, arguments.models, arguments.predictions, arguments.smoothers)
    places = Places(*folders, arguments.sequences, arguments.paper)
    content, warnings = collect(
        load(arguments.params), places, Shelf(arguments.profiles, arguments.bench, arguments.studies)
    )
    write_text(arguments.out, render(content, warnings))
    for warning in warnings:
        print(f"warning: {warning}")
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters")
    command.add_argument("--sequences", type=Path, required=True, help="output of preprocess")
    command.add_argument("--models", type=Path, required=True, help="folder with the networks of all runs")
    command.add_argument("--predictions", type=Path, required=True, help="folder with the predictions of all runs")
    command.add_argument("--smoothers", type=Path, required=True, help="folder with the smoothers of all runs")
    command.add_argument("--results", type=Path, required=True, help="folder with the output of evaluate and aggregate")
    command.add_argument("--paper", type=Path, required=True, help="folder with the published tables")
    command.add_argument("--profiles", type=Path, required=True, help="folder with complete sets of parameters")
    command.add_argument("--bench", type=Path, required=True, help="folder with tables of measured speed")
    command.add_argument("--studies", type=Path, required=True, help="folder with the studies that were kept")
    command.add_argument("--out", type=Path, required=True, help="HTML file to write")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
