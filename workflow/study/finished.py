"""The finished part of a study too large for one sitting or one machine: its tables, and how each run was trained."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import yaml

from jointaware.artifacts.files import read_yaml, write_table
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.provenance import Provenance
from jointaware.artifacts.records import RECORD
from jointaware.artifacts.scores import Run, runs_of
from jointaware.errors import InputError
from jointaware.lineage.chain import Places, find_provenance
from stages import aggregate
from workflow.study.kept import RUNS


def aggregate_finished(places: Places, params: Path, out: Path) -> Parameters:
    """Aggregate the experiments of which every seed is scored, as the stage does, into a folder, with `RUNS` besides.

    places: with the scores of the runs, and of their models at least each run.json and history.csv. Returns the
    parameters of the finished experiments; InputError if there is none.
    """
    content: Any = read_yaml(params)
    runs = runs_of(load(params))
    unfinished = {each.experiment for each in runs if not (places.scores(each) / RECORD).is_file()}
    content["experiments"] = {name: each for name, each in content["experiments"].items() if name not in unfinished}
    if not content["experiments"]:
        raise InputError(f"{places.runs}: found no finished experiment of {params}, expected one")
    with TemporaryDirectory() as folder:
        finished = Path(folder) / params.name
        finished.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        given = {
            "params": finished,
            "sequences": places.sequences,
            "models": places.models,
            "predictions": places.predictions,
            "smoothers": places.smoothers,
            "runs": places.runs,
            "provenance": places.provenance,
            "paper": places.paper,
            "out": out,
        }
        aggregate.main(["--scores-only", *(text for name, path in given.items() for text in (f"--{name}", str(path)))])
        parameters = load(finished)
    write_table(out / RUNS, pd.DataFrame([describe(places, each) for each in runs_of(parameters)]))
    return parameters


def describe(places: Places, each: Run) -> dict[str, str]:
    """Where and in how many seconds a run was trained, and by which code."""
    made = find_provenance(places, each)
    if made is None:
        raise InputError(f"{places.provenance / each.name}.json: missing, expected what stages.train wrote")
    return {
        "experiment": each.experiment,
        "seed": str(each.seed),
        "network_sha256": made.network_sha256,
        "device": _device(made),
        "torch": made.packages["torch"],
        "commit": made.commit.removesuffix("+")[:10],
        "seconds": f"{made.seconds:.0f}",
    }


def _device(made: Provenance) -> str:
    return made.device if made.device != "cpu" else made.processor
