"""Results of all runs, read and checked.

A run is an experiment with a seed. The runs are those of the parameters, not whatever is in a folder: a run removed
from params.yaml leaves no row, and a missing one is reported with the stage to rerun.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd
from pydantic import FiniteFloat

from jointaware.artifacts.files import read_table, sha256
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.parameters import Parameters
from jointaware.artifacts.predictions import FILTERS, VARIANTS, read_origin
from jointaware.artifacts.provenance import read_provenance
from jointaware.artifacts.records import (
    RECORD,
    Record,
    TrainingRecord,
    check_made,
    read_record,
    unusable,
)  # fmt: skip
from jointaware.errors import InputError
from jointaware.pose.skeleton import JOINTS

JOINT_METRICS = tuple(name for name, metric in METRICS.items() if metric.order is not None)
"""Metrics that exist for a single joint."""
SEQUENCE = ("subject", "action", "subaction", "camera")
MOTIONS = ("true", *VARIANTS.values())
CURVES = ("loss", "train_mpjpe_mm", "held_out_mpjpe_mm")
NOT_TRAINED_WITH = ("role", "checkpoint", "checkpoint_sha256")
"""Parameters of an experiment that change nothing in a training."""


@dataclass(frozen=True)
class Run:
    """One experiment with one seed."""

    experiment: str
    seed: int

    @property
    def name(self) -> str:
        """Name in messages and in file names without folders: `wide-0`."""
        return f"{self.experiment}-{self.seed}"

    @property
    def path(self) -> Path:
        """Path below the folders of models, predictions and scores: `wide/0`."""
        return Path(self.experiment, str(self.seed))


@dataclass(frozen=True)
class Scores:
    """Tables of all runs, concatenated in the order of the parameters, with the columns experiment and seed.

    Further columns:
    averages: METRICS, the mean over actions. actions: action, METRICS. joints: joint, JOINT_METRICS.
    sequences: SEQUENCE, frames, METRICS. history: epoch, CURVES.
    records: weights, epochs, seconds, device of each training; NaN and "" where its provenance is unknown.
    filtered_averages, filtered_sequences: the same for predictions after each of FILTERS, whose name is their variant.
    constraints: motion (one of MOTIONS), CONSTRAINTS.
    """

    averages: pd.DataFrame
    actions: pd.DataFrame
    joints: pd.DataFrame
    sequences: pd.DataFrame
    history: pd.DataFrame
    records: pd.DataFrame
    filtered_averages: pd.DataFrame
    filtered_sequences: pd.DataFrame
    constraints: pd.DataFrame


def runs_of(parameters: Parameters) -> list[Run]:
    """Every experiment with every seed, in the order of the parameters."""
    return [Run(experiment, seed) for experiment in parameters.experiments for seed in parameters.seeds]


def leftovers(runs: Sequence[Run], *folders: Path) -> list[Path]:
    """Files and folders below `<folder>/<experiment>` that belong to none of the runs."""
    paths = {run.path for run in runs}
    experiments = {run.experiment for run in runs}
    found = []
    for folder in folders:
        for entry in _visible(folder):
            if entry.name not in experiments:
                found.append(entry)
            else:
                found += [each for each in _visible(entry) if Path(entry.name, each.stem) not in paths]
    return found


def read_scores(runs: Sequence[Run], scores: Path, models: Path, provenance: Path, actions: Sequence[str]) -> Scores:
    """The tables of all runs; InputError names the first file that is missing, unreadable or for other test data.

    scores, models: folders that evaluate and train wrote. provenance: folder of `artifacts.provenance`.
    actions: the actions of the test sequences, which every run must have been scored on.
    """
    tables = [_read_run(run, scores / run.path, models / run.path, provenance, actions) for run in runs]
    return Scores(
        **{
            field.name: pd.concat([getattr(each, field.name) for each in tables], ignore_index=True)
            for field in fields(Scores)
        }
    )


def records(runs: Sequence[Run], scores: Path, models: Path, sequences: Path) -> list[Path]:
    """The records of the sequences and of each run; InputError names the first that is missing.

    Each holds the digests of the files it was made from, so that their digests cover those files too.
    """
    makers = {sequences.with_name(RECORD): "preprocess"}
    for run in runs:
        makers[scores / run.path / RECORD] = f"evaluate@{run.experiment}"
        makers |= {models / run.path / name: f"train@{run.experiment}" for name in ("run.json", "history.csv")}
    for path, stage in makers.items():
        if not path.is_file():
            raise unusable(path, "missing", stage)
    return list(makers)


def check_digests(
    runs: Sequence[Run], scores: Path, models: Path, predictions: Path, smoothers: Path, sequences: Path
) -> None:
    """Raise InputError unless each run's scores are of its predictions, and these of its network, by their digests.

    predictions, smoothers: folders that predict and smooth wrote; files that are not there are not compared.
    """
    made_from = sha256(sequences)
    for run in runs:
        evaluate, folder = f"evaluate@{run.experiment}", scores / run.path
        check_made(folder / RECORD, (path for path in folder.rglob("*") if path.name != RECORD), evaluate)
        record, train = models / run.path / "run.json", f"train@{run.experiment}"
        trained = read_record(record, TrainingRecord, train)
        if (described := Run(trained.experiment, trained.seed)) != run:
            raise unusable(record, f"describes {described.name}, expected {run.name}", train)
        history = record.with_name("history.csv")
        if history.is_file() and sha256(history) != trained.history_sha256:
            raise unusable(history, f"differs from the file that {record} lists", train)
        scored = read_record(folder / RECORD, Record, evaluate).made_from.values()
        if made_from not in scored:
            raise unusable(folder / RECORD, f"these scores are of other sequences than {sequences}", evaluate)
        plain, smoothed = predictions / f"{run.path}.safetensors", smoothers / run.path / "predictions.safetensors"
        for joints, maker in {plain: "predict", smoothed: "smooth"}.items():
            if not joints.is_file():
                continue
            if sha256(joints) not in scored:
                raise unusable(folder / RECORD, f"these scores are of other predictions than {joints}", evaluate)
            if read_origin(joints).get("network_sha256", trained.network_sha256) != trained.network_sha256:
                raise unusable(joints, f"made by another network than that of {record}", f"{maker}@{run.experiment}")


def check_parameters(parameters: Parameters, models: Path) -> None:
    """Raise InputError for a run whose record says that it was trained with other parameters than these."""
    for run in runs_of(parameters):
        record, stage = models / run.path / "run.json", f"train@{run.experiment}"
        trained = read_record(record, TrainingRecord, stage).parameters
        now = parameters.experiments[run.experiment].model_dump(mode="json", exclude=set(NOT_TRAINED_WITH))
        for key, value in now.items():
            if (found := trained.get(key, value)) != value:
                raise unusable(record, f"trained with {key} {found!s:.60}, expected {value!s:.60}", stage)


def _visible(folder: Path) -> list[Path]:
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    return [entry for entry in entries if not entry.name.startswith(".")]


def _read_run(run: Run, scores: Path, model: Path, provenance: Path, actions: Sequence[str]) -> Scores:
    evaluate, train = f"evaluate@{run.experiment}", f"train@{run.experiment}"
    record = read_record(model / "run.json", TrainingRecord, train)
    history = _read_history(model, record, train)
    tables = Scores(
        averages=_read_averages(scores, evaluate),
        filtered_averages=pd.concat([_read_averages(scores / name, evaluate).assign(variant=name) for name in FILTERS]),
        actions=_read_rows(scores / "by_action.csv", "action", actions, METRICS, evaluate),
        joints=_read_rows(scores / "by_joint.csv", "joint", JOINTS, JOINT_METRICS, evaluate),
        sequences=_read_sequences(scores, evaluate),
        filtered_sequences=pd.concat(
            [_read_sequences(scores / name, evaluate).assign(variant=name) for name in FILTERS]
        ),
        constraints=_read_rows(scores / "constraints.csv", "motion", MOTIONS, CONSTRAINTS, evaluate),
        history=history,
        records=_training(record, len(history), provenance / f"{run.name}.json"),
    )
    for field in fields(Scores):
        table = getattr(tables, field.name)
        table.insert(0, "experiment", run.experiment)
        table.insert(1, "seed", run.seed)
    return tables


def _read_averages(folder: Path, stage: str) -> pd.DataFrame:
    path = folder / "metrics.json"
    values = read_record(path, dict[str, FiniteFloat], stage)
    if not values.keys() >= METRICS.keys():
        raise unusable(path, f"expected a number for each of {', '.join(METRICS)}", stage)
    return pd.DataFrame([values])[list(METRICS)]


def _read_sequences(folder: Path, stage: str) -> pd.DataFrame:
    path = folder / "by_sequence.csv"
    table = _read_table(path, SEQUENCE, ("frames", *METRICS), stage)
    if table.duplicated(list(SEQUENCE)).any():
        raise unusable(path, "a sequence occurs twice, expected each once", stage)
    return table


def _read_rows(path: Path, key: str, names: Sequence[str], columns: Iterable[str], stage: str) -> pd.DataFrame:
    """A table with one row for each of the names, in their order."""
    table = _read_table(path, (key,), tuple(columns), stage)
    if sorted(table[key]) != sorted(names):
        odd = sorted(set(table[key]) ^ set(names)) or sorted(table[key][table[key].duplicated()])
        raise unusable(path, f"{key} {odd[0]} occurs twice, or is not in both this file and the test data", stage)
    return table.set_index(key).loc[list(names)].reset_index()


def _read_history(model: Path, record: TrainingRecord, stage: str) -> pd.DataFrame:
    """A row for each epoch; none if the network was trained elsewhere."""
    return _read_table(model / "history.csv", (), ("epoch", *CURVES), stage, may_be_empty=record.checkpoint is not None)


def _training(record: TrainingRecord, epochs: int, provenance: Path) -> pd.DataFrame:
    """Size and cost of one training, in one row."""
    made = read_provenance(provenance, record.network_sha256)
    seconds, device = (math.nan, "") if made is None else (made.seconds, made.device)
    return pd.DataFrame({"weights": [record.weights], "seconds": [seconds], "device": [device], "epochs": [epochs]})


def _read_table(
    path: Path, text: Sequence[str], numbers: Sequence[str], stage: str, *, may_be_empty: bool = False
) -> pd.DataFrame:
    try:
        table = read_table(path, text=text, numbers=numbers)
    except FileNotFoundError:
        raise unusable(path, "missing", stage) from None
    except InputError as error:
        raise InputError(f"{error}; run `dvc repro {stage}`") from error
    if table.empty and not may_be_empty:
        raise unusable(path, "no rows", stage)
    return table
