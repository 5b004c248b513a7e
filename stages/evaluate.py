"""Score predicted joints against the true ones.

Writes to --out metrics.json, by_action.csv, by_subject.csv, by_joint.csv, by_sequence.csv, constraints.csv (physical
plausibility of predicted and true motion) and record.json with the digests of what was read and written. With --params
the predictions are also scored after a Savitzky-Golay filter, in --out/smoothed. Errors of every test frame, in
metres, go to --frame-errors.

--predictions is a file, or a folder with a file for each seed of --params: then --out has a folder and --frame-errors a
file for each seed.

As in VideoPose3D, sequences are weighted by their frames within an action, for velocity and acceleration too, and the
published average is the unweighted mean over actions. Velocity and acceleration are never taken across two sequences.

Predictions made elsewhere are safetensors or npz files in metres, camera frame, root-relative: either `joints` (frames,
17, 3), all test sequences concatenated in the order of the table beside --sequences, or one such array per test
sequence under its name, such as S9/Walking 1/54138969.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from jointaware.analysis.scoring import frames_needed, measure_constraints, score, write_frame_errors, write_scores
from jointaware.analysis.smoothing import smooth
from jointaware.artifacts.files import write_table
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.records import RECORD, check_sequences, unusable, write_record
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.atomic import together
from jointaware.errors import InputError
from jointaware.progress import follow
from stages.command import add_stage, narrow, parser, run


class Task(NamedTuple):
    """The predictions of one network, and where their scores go."""

    predictions: Path
    out: Path
    frame_errors: Path


@together()
def main(argv: Sequence[str] | None = None) -> None:
    """Run the stage from the command line."""
    arguments = _arguments(argv)
    parameters = load(arguments.params) if arguments.params else None
    narrow(arguments, parameters.experiments if parameters else (), "predictions", "out", "frame_errors")
    check_sequences(arguments.sequences)
    sequences = open_sequences(arguments.sequences)
    if not sequences.of("test")["frames"].max() >= frames_needed():
        raise InputError(f"{sequences.path}: found no test sequence of {frames_needed()} frames or more, expected one")
    for task in _tasks(arguments, parameters):
        evaluate(task, sequences, parameters)


def evaluate(task: Task, sequences: Sequences, parameters: Parameters | None) -> None:
    """Score one file of predictions, raw and, with parameters, smoothed."""
    table = sequences.of("test").reset_index(drop=True)
    predicted, target = (
        _split(joints, table["frames"])
        for joints in (
            read_predictions(task.predictions, sequences, allow=parameters.preprocess.allow if parameters else ()),
            sequences.read("joints", "test"),
        )
    )
    motions: dict[str, Sequence[Tensor]] = {"predicted": predicted, "true": target}
    settings = {}
    if parameters is not None:
        filter_ = parameters.evaluate.savitzky_golay
        settings = {"evaluate": parameters.evaluate.model_dump(mode="json")}
        motions["smoothed"] = [
            torch.from_numpy(smooth(joints.numpy(), window=filter_.window, order=filter_.order)) for joints in predicted
        ]
    made, frame_errors = [task.frame_errors, task.out / "constraints.csv"], {}
    for motion, subfolder in {"predicted": "", "smoothed": "smoothed/"}.items():
        if motion not in motions:
            continue
        pairs = list(zip(motions[motion], target, strict=True))
        errors = score(follow(pairs, f"scoring {task.predictions}", total=len(pairs), unit="sequences"))
        made += write_scores(task.out / subfolder, table, pairs, errors)
        frame_errors[subfolder] = errors
    write_frame_errors(task.frame_errors, frame_errors)
    write_table(task.out / "constraints.csv", measure_constraints(motions))
    write_record(
        task.out / RECORD,
        made=made,
        made_from=(sequences.path, sequences.path.with_suffix(".csv"), task.predictions),
        parameters=settings,
    )


def _split(joints: np.ndarray, frames: Iterable[int]) -> tuple[Tensor, ...]:
    return torch.from_numpy(joints).split(list(frames))


def _tasks(arguments: argparse.Namespace, parameters: Parameters | None) -> Iterator[Task]:
    """One task for a file of predictions, or one for each seed in a folder."""
    out, frame_errors = arguments.out, arguments.frame_errors
    if not arguments.predictions.is_dir():
        yield Task(arguments.predictions, out, frame_errors or out / "frame_errors.safetensors")
        return
    if parameters is None:
        raise InputError(f"{arguments.predictions}: found a folder, expected a file, or --params with its seeds")
    files = {seed: arguments.predictions / f"{seed}.safetensors" for seed in parameters.seeds}
    if missing := [path for path in files.values() if not path.is_file()]:
        raise unusable(missing[0], "missing", f"predict@{arguments.predictions.name}")
    for seed, path in files.items():
        folder = out / str(seed)
        errors = frame_errors / f"{seed}.safetensors" if frame_errors else folder / "frame_errors.safetensors"
        yield Task(path, folder, errors)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--sequences", type=Path, required=True, help="output of preprocess")
    command.add_argument("--predictions", type=Path, required=True, help="output of predict, or your own as above")
    command.add_argument("--params", type=Path, help="parameters (evaluate, seeds); without them nothing is smoothed")
    add_stage(command)
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--frame-errors", type=Path, help="default: frame_errors.safetensors in --out")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
