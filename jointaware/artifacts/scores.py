"""What the runs of params.yaml left behind, read and checked.

A run is an experiment with a seed. Runs are named by the parameters, never found by looking: a run that was taken out
of params.yaml leaves no row behind, and one that is missing is named with the stage that makes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jointaware.artifacts.records import RECORD
from jointaware.errors import InputError
from jointaware.pose.skeleton import JOINTS

METRICS = ("mpjpe_mm", "p_mpjpe_mm", "n_mpjpe_mm", "mpjve_mm_per_frame", "mpjae_mm_per_frame2")
MOTION_METRICS = ("mpjpe_mm", "mpjve_mm_per_frame", "mpjae_mm_per_frame2")
"""Those that have figures, and the only ones that exist for a single joint."""
SEQUENCE = ("subject", "action", "subaction", "camera")
MOTIONS = ("true", "predicted", "smoothed")
CONSTRAINTS = ("bone_length_deviation_mm", "left_right_difference_mm", "limit_violation_percent")
CURVES = ("loss", "train_mpjpe_mm", "held_out_mpjpe_mm")


@dataclass(frozen=True)
class Run:
    """One experiment with one seed."""

    experiment: str
    seed: int

    @property
    def name(self) -> str:
        """The run's name in folders and stages."""
        return f"{self.experiment}-{self.seed}"


@dataclass(frozen=True)
class Scores:
    """Tables of all runs, one below the other in the order of params.yaml, with the columns experiment and seed.

    averages: METRICS, the mean over actions. actions: action, METRICS. joints: joint, MOTION_METRICS.
    sequences: SEQUENCE, METRICS. history: epoch, CURVES. records: weights, seconds, epochs, device of each training.
    smoothed_averages, smoothed_sequences: the same of the predictions after the Savitzky-Golay filter.
    constraints: motion (predicted, true, smoothed), CONSTRAINTS.
    """

    averages: pd.DataFrame
    actions: pd.DataFrame
    joints: pd.DataFrame
    sequences: pd.DataFrame
    history: pd.DataFrame
    records: pd.DataFrame
    smoothed_averages: pd.DataFrame
    smoothed_sequences: pd.DataFrame
    constraints: pd.DataFrame


def runs_of(parameters: dict[str, Any]) -> list[Run]:
    """Every experiment with every seed, in the order of the parameters."""
    return [Run(experiment, seed) for experiment in parameters["experiments"] for seed in parameters["seeds"]]


def leftovers(runs: list[Run], *folders: Path) -> list[Path]:
    """What lies in the folders and is of no run."""
    names = {run.name for run in runs}
    entries = (entry for folder in folders if folder.is_dir() for entry in sorted(folder.iterdir()))
    return [entry for entry in entries if entry.stem not in names and not entry.name.startswith(".")]


def read_scores(runs: list[Run], scores: Path, models: Path, actions: list[str]) -> Scores:
    """The tables of all runs; InputError names the first file that is missing, foreign or of other test data.

    scores: folder with what evaluate wrote for each run. models: the same of train.
    actions: the actions of the test sequences, which every run must have been scored on.
    """

    def gather(read: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
        return pd.concat([_labelled(read(run), run) for run in runs], ignore_index=True)

    return Scores(
        averages=gather(lambda run: _read_averages(scores / run.name, run)),
        smoothed_averages=gather(lambda run: _read_averages(scores / run.name / "smoothed", run)),
        actions=gather(
            lambda run: _read_rows(
                scores / run.name / "by_action.csv", "action", actions, METRICS, f"evaluate@{run.name}"
            )
        ),
        joints=gather(
            lambda run: _read_rows(
                scores / run.name / "by_joint.csv", "joint", list(JOINTS), MOTION_METRICS, f"evaluate@{run.name}"
            )
        ),
        sequences=gather(lambda run: _read_sequences(scores / run.name, run)),
        smoothed_sequences=gather(lambda run: _read_sequences(scores / run.name / "smoothed", run)),
        constraints=gather(
            lambda run: _read_rows(
                scores / run.name / "constraints.csv", "motion", list(MOTIONS), CONSTRAINTS, f"evaluate@{run.name}"
            )
        ),
        history=gather(lambda run: _read_history(models / run.name, f"train@{run.name}")),
        records=gather(lambda run: _read_training(models / run.name, f"train@{run.name}")),
    )


def records(runs: list[Run], scores: Path, models: Path, sequences: Path) -> list[Path]:
    """What says of each run, and of the sequences, what they were made from; InputError names the first that is missing.

    Each holds the digests of the files that lie behind it, so that theirs are all that is to be recorded of them.
    """
    makers = {sequences.with_name(RECORD): "preprocess"}
    for run in runs:
        makers |= {scores / run.name / RECORD: f"evaluate@{run.name}"}
        makers |= {models / run.name / name: f"train@{run.name}" for name in ("run.json", "history.csv")}
    for path, stage in makers.items():
        if not path.is_file():
            raise unusable(path, "not there", stage)
    return list(makers)


def unusable(path: Path, found: str, stage: str) -> InputError:
    """The one line that says what is wrong with a file and which stage makes it."""
    return InputError(f"{path}: {found}; `dvc repro {stage}` makes it")


def _labelled(table: pd.DataFrame, run: Run) -> pd.DataFrame:
    table.insert(0, "experiment", run.experiment)
    table.insert(1, "seed", run.seed)
    return table


def _read_sequences(folder: Path, run: Run) -> pd.DataFrame:
    return _read_table(folder / "by_sequence.csv", SEQUENCE, ("frames", *METRICS), f"evaluate@{run.name}")


def _read_averages(folder: Path, run: Run) -> pd.DataFrame:
    path, stage = folder / "metrics.json", f"evaluate@{run.name}"
    values = read_record(path, (), stage)
    if not all(_is_number(values.get(metric)) for metric in METRICS):
        raise unusable(path, f"expected a number for each of {', '.join(METRICS)}", stage)
    return pd.DataFrame([values])[list(METRICS)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _read_rows(path: Path, key: str, names: list[str], metrics: tuple[str, ...], stage: str) -> pd.DataFrame:
    """A table with one row for each of the names, put in their order."""
    table = _read_table(path, (key,), metrics, stage)
    if sorted(table[key]) != sorted(names):
        odd = sorted(set(table[key]) ^ set(names)) or sorted(table[key][table[key].duplicated()])
        raise unusable(path, f"{key} {odd[0]} is not in both this file and the test data, or twice", stage)
    return table.set_index(key).loc[names].reset_index()


def _read_history(model: Path, stage: str) -> pd.DataFrame:
    """A row for each epoch; none if the network was trained elsewhere."""
    is_pretrained = "checkpoint" in read_record(model / "run.json", (), stage)
    return _read_table(model / "history.csv", (), ("epoch", *CURVES), stage, may_be_empty=is_pretrained)


def _read_training(model: Path, stage: str) -> pd.DataFrame:
    """What one training cost, in one row."""
    record = read_record(model / "run.json", ("weights", "seconds", "device"), stage)
    epochs = len(_read_history(model, stage))
    return pd.DataFrame([{key: record[key] for key in ("weights", "seconds", "device")} | {"epochs": epochs}])


def read_record(path: Path, keys: tuple[str, ...], stage: str) -> dict[str, Any]:
    """A JSON file with at least these keys."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise unusable(path, "not there", stage) from None
    except ValueError as error:
        raise unusable(path, f"expected JSON; found {error}", stage) from error
    if not isinstance(record, dict) or not all(key in record for key in keys):
        raise unusable(path, f"expected {', '.join(keys)}", stage)
    return record


def _read_table(
    path: Path, text: tuple[str, ...], numbers: tuple[str, ...], stage: str, *, may_be_empty: bool = False
) -> pd.DataFrame:
    """The named columns of a CSV file; a cell of a number may be empty."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise unusable(path, "not there", stage) from None
    except ValueError as error:
        raise unusable(path, f"expected a table; found {error}", stage) from error
    if missing := [column for column in (*text, *numbers) if column not in table]:
        raise unusable(path, f"no column {missing[0]} among {', '.join(table.columns)}", stage)
    if table.empty and not may_be_empty:
        raise unusable(path, "no rows", stage)
    for column in numbers:
        try:
            table[column] = pd.to_numeric(table[column])
        except ValueError as error:
            raise unusable(path, f"column {column}: {error}, expected numbers", stage) from error
    return table[[*text, *numbers]]
