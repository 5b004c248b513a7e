"""Measure what sharing the work costs: Snakemake's own time, `dvc pull` of the demo, trainings as jobs of SLURM.

Writes bench/results/cluster.csv. SLURM is measured where it can be started: as root, with Debian's packages
(tests/cluster/slurm.py).
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bench._table import row, write
from bench.demo import ROOT, seconds
from tests import tiny_checkout
from tests.cluster import slurm
from tests.tiny import read_yaml, tiny_parameters, write_yaml

OUT = ROOT / "bench/results/cluster.csv"
SEEDS, EXPERIMENTS, TRAININGS = 3, 10, 8
PARTS = ("snakemake", "pull", "slurm")
SLURM = (
    "snakemake --profile workflow/profiles/slurm --slurm-no-account --slurm-status-command squeue"
    " --slurm-init-seconds-before-status-checks 2 --seconds-between-status-checks 3 --latency-wait 5"
    " --set-resources train:mem_mb=1000 --"
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--repetitions", type=int, default=3, help="of short measurements; default: %(default)s")
    command.add_argument("--demo", type=Path, default=ROOT, help="finished checkout; default: this one")
    command.add_argument("--epochs", type=int, default=1000, help="of trainings on SLURM; default: %(default)s")
    command.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="other rows stay as they are")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args(argv)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if "snakemake" in arguments.only:
            rows += snakemake(folder / "runs", arguments.repetitions)
        if "pull" in arguments.only:
            rows.append(pull(arguments.demo.resolve(), folder, arguments.repetitions))
        if "slurm" in arguments.only:
            if why := slurm.absent():
                print(f"without SLURM: {why}")
            else:
                rows += trainings(folder, arguments.epochs)
    earlier = pd.read_csv(arguments.out, keep_default_na=False).to_dict("records") if arguments.out.exists() else []
    measured = {each["what"] for each in rows}
    write(arguments.out, [each for each in earlier if each["what"] not in measured] + rows)


def snakemake(folder: Path, repetitions: int) -> list[dict[str, object]]:
    """Snakemake's own time: for each job of a run of everything on one core, and where nothing is to be done."""

    def change(parameters: dict[str, Any]) -> None:
        parameters["seeds"] = list(range(SEEDS))
        parameters["experiments"] = tiny_parameters()["experiments"]
        for number in range(EXPERIMENTS - len(parameters["experiments"])):
            parameters["experiments"][f"more_{number}"] = {"channels": 4}

    lay_out(folder, change)
    whole = seconds("snakemake --cores 1 --quiet", folder)
    jobs = [pd.read_csv(path, sep="\t", keep_default_na=False)["s"].item() for path in (folder / "logs").rglob("*.tsv")]
    idle = [seconds("snakemake --cores 1 --quiet", folder) for _ in range(repetitions)]
    return [
        row(f"snakemake beyond its {len(jobs)} jobs, each", [(whole - sum(jobs)) / len(jobs)], "seconds"),
        row(f"snakemake with nothing to do, {EXPERIMENTS * SEEDS} runs", idle, "seconds"),
    ]


def pull(demo: Path, folder: Path, repetitions: int) -> dict[str, object]:
    """`dvc pull` of a finished demo into fresh clones, from a remote that is a folder."""
    tiny_checkout.run(folder, f"git clone --quiet {demo} pushed")
    first = folder / "pushed"
    tiny_checkout.run(first, f"dvc cache dir --local {demo / '.dvc/cache'}")
    tiny_checkout.run(first, f"dvc remote add --force --default bench {folder / 'remote'}")
    tiny_checkout.run(first, "dvc push --quiet")
    times = []
    for number in range(repetitions):
        clone = folder / f"pulled-{number}"
        tiny_checkout.run(folder, f"git clone --quiet {demo} {clone}")
        tiny_checkout.run(clone, f"dvc remote add --force --default bench {folder / 'remote'}")
        times.append(seconds("dvc pull --quiet", clone))
        shutil.rmtree(clone)
    return row("dvc pull of the demo", times, "seconds")


def trainings(folder: Path, epochs: int) -> list[dict[str, object]]:
    """Trainings of equal size by `dvc repro`, one after another, and as jobs of a SLURM with two cores."""

    def change(parameters: dict[str, Any]) -> None:
        parameters["train"]["epochs"] = epochs
        parameters["experiments"] = {f"run_{number}": {"channels": 4} for number in range(TRAININGS)}

    lay_out(folder / "sequence", change)
    tiny_checkout.run(folder / "sequence", "dvc repro --quiet preprocess")
    shutil.copytree(folder / "sequence", folder / "jobs", symlinks=True)
    sequence = seconds("dvc repro --quiet train", folder / "sequence")
    with slurm.cluster(folder / "slurm", cores=2):
        jobs = seconds(f"{SLURM} {' '.join(f'models/run_{number}' for number in range(TRAININGS))}", folder / "jobs")
    return [
        row(f"{TRAININGS} trainings by dvc repro, one after another", [sequence], "seconds"),
        row(f"{TRAININGS} trainings as jobs of SLURM on 2 cores", [jobs], "seconds"),
        row("jobs against sequence", [jobs / sequence], "times"),
    ]


def lay_out(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Make a tiny checkout with changed parameters."""
    folder.mkdir()
    tiny_checkout.lay_out(folder)
    parameters = read_yaml(folder / "params.yaml")
    change(parameters)
    write_yaml(folder / "params.yaml", parameters)


if __name__ == "__main__":
    main()
