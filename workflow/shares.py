"""The weight at which each loss term of an experiment is felt as much as asked for.

Reads the shares of the gradient from models/EXPERIMENT/*/history.csv, which a training with `gradient_shares: true`
logs, and scales the weights in params.yaml: at the same network a share is proportional to the weight. With other
weights the network is another one, so train again and read again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from jointaware.artifacts.files import read_table
from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from jointaware.foreign import visible
from jointaware.lineage.chain import Places
from stages.command import parser, run

PARAMS = Path("params.yaml")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    experiments = load(PARAMS).experiments
    if arguments.experiment not in experiments:
        raise InputError(f"{PARAMS}: found no experiment {arguments.experiment}, expected {', '.join(experiments)}")
    losses = experiments[arguments.experiment].losses
    shares = mean_shares(Places().models / arguments.experiment, list(losses))
    print(f"{'term':22}{'weight':>12}{'share':>10}{f'weight for {arguments.share:.0%}':>20}")
    for term, weight in losses.items():
        share = shares[f"share_{term}"]
        needed = f"{weight * arguments.share / share:.3g}" if share else "never felt"
        print(f"{term:22}{weight:12g}{share:10.2%}{needed:>20}")


def mean_shares(folder: Path, terms: list[str]) -> pd.Series:
    """Mean share of each term over the epochs with clips of all seeds in a folder of models."""
    columns = [f"share_{term}" for term in terms]
    paths = visible(folder, "*/history.csv")
    if not paths:
        raise InputError(f"{folder}: found no history.csv; run `dvc repro train@{folder.name}`")
    return pd.concat([read_table(path, numbers=columns) for path in paths]).dropna().mean()


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("experiment", help="name of an experiment in params.yaml")
    command.add_argument("--share", type=float, default=0.1, help="of the position error's gradient; default: 0.1")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
