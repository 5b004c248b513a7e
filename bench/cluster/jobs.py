"""Measure what the job of each rule needs: runs the pipeline by Snakemake and reads its benchmark files.

Two settings: the demo, and the largest of the paper's networks (profiles/paper.yaml) on a little synthetic motion, as
memory depends on networks and batches; what grows with the motion is in bench/results/human36m.csv. Writes
bench/results/jobs.csv, with what the rules ask SLURM for. Goes on where it was stopped, if it gets the same --folder.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bench._table import machine
from bench.demo import ROOT
from tests.tiny import merge, read_yaml, write_yaml

OUT = ROOT / "bench/results/jobs.csv"
PAPER = "paper"
LITTLE = {
    "data": {"source": "synthetic", "remote": "", "synthetic": {"frames": 30}},
    "preprocess": {"cameras": ["54138969", "55011271"], "actions": ["Eating", "Sitting", "Walking"]},
    "train": {"epochs": 2},
    "smooth": {"epochs": 1},
}
ONE = "joint_aware"
"""The experiment of the paper that is run: the largest network, on clips, with every loss term."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--folder", type=Path, help="folder to work in and to keep; default: a temporary one")
    command.add_argument("--only", choices=["demo", PAPER], help="this setting; rows of the other stay as they are")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args(argv)
    paper = merge(read_yaml(ROOT / "profiles/paper.yaml"), LITTLE)
    paper |= {"seeds": [0], "experiments": {ONE: paper["experiments"][ONE]}}
    settings = {"demo": read_yaml(ROOT / "profiles/demo.yaml"), PAPER: paper}
    rows = []
    if arguments.only:
        settings = {arguments.only: settings[arguments.only]}
        if arguments.out.exists():
            earlier = pd.read_csv(arguments.out, keep_default_na=False)
            rows = earlier[earlier["setting"] != arguments.only].to_dict("records")
    with tempfile.TemporaryDirectory() as temporary:
        for setting, parameters in settings.items():
            checkout = (arguments.folder or Path(temporary)) / setting
            if not checkout.exists():
                subprocess.run(["git", "clone", "--quiet", ROOT, checkout], check=True)
                write_yaml(checkout / "params.yaml", parameters)
            subprocess.run(["snakemake", "--cores", "2", "--rerun-incomplete", "--quiet"], cwd=checkout, check=True)
            on = {"cores_of_machine" if key == "cores" else key: value for key, value in machine().items()}
            rows += [{"setting": setting, **each, **on} for each in jobs(checkout)]
    pd.DataFrame(rows).to_csv(arguments.out, index=False, float_format="%.4g")
    print(arguments.out.read_text(encoding="utf-8"), end="")


def jobs(checkout: Path) -> list[dict[str, Any]]:
    """A row for each rule of a checkout in which Snakemake has run: the most that any of its jobs needed, and asks for.

    seconds; MiB: resident set; cores: processor time for each second.
    """
    return [{"rule": rule, **needed(checkout, rule), **asked} for rule, asked in demands(checkout).items()]


def needed(checkout: Path, rule: str) -> dict[str, float]:
    """The most that any job of a rule needed, from Snakemake's benchmark files."""
    files = [*(checkout / "logs").glob(f"{rule}.tsv"), *(checkout / "logs" / rule).glob("*.tsv")]
    table = pd.concat([pd.read_csv(file, sep="\t", keep_default_na=False) for file in files])
    table = table[["s", "max_rss", "cpu_time"]].apply(pd.to_numeric, errors="coerce")  # "NA" of a very short job
    cores = table["cpu_time"] / table["s"]
    return {"jobs": len(table), "seconds": table["s"].max(), "MiB": table["max_rss"].max(), "cores": cores.max()}


def demands(checkout: Path) -> dict[str, dict[str, int]]:
    """What the jobs of each rule ask for: threads, megabytes and minutes."""
    command = "snakemake --dry-run --forceall --cores 64"
    printed = subprocess.run(command.split(), cwd=checkout, check=True, capture_output=True, text=True).stdout
    asked = {}
    for block in re.split(r"\n(?=(?:local)?rule )", printed):
        if resources := re.search(r"rule (\w+):.*resources: .*runtime=(\d+), mem_mb=(\d+)", block, re.DOTALL):
            threads = re.search(r"^    threads: (\d+)", block, re.MULTILINE)
            minutes, megabytes = int(resources[2]), int(resources[3])
            numbers = {"asked_threads": int(threads[1]) if threads else 1, "asked_MB": megabytes}
            asked[resources[1]] = numbers | {"asked_minutes": minutes}
    return asked


if __name__ == "__main__":
    main()
