"""Score predicted joints against the true ones.

Writes to --out metrics.json, by_action.csv, by_subject.csv, by_joint.csv, by_sequence.csv, constraints.csv (physical
plausibility of predicted and true motion) and record.json with the digests of what was read and written. With --params
the predictions are also scored after a Savitzky-Golay filter, in --out/smoothed, and with --smoothers after a learned
smoother, in --out/learned. Errors of every test frame, in metres, go to --frame-errors.

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
from jointaware.artifacts.files import sha256, write_table
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import RAW, VARIANTS, read_origin, read_predictions
from jointaware.artifacts.records import RECORD, check_sequences, unusable, write_record
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.atomic import together
from jointaware.errors import InputError
from jointaware.progress import follow
from stages.command import add_stage, narrow, parser, run


class Task(NamedTuple):
    """The predictions of one network, and where their scores go. smoothed: by the learned smoother, if there is one."""

    predictions: Path
    out: Path
    frame_errors: Path
    smoothed: Path | None = None


@together()
def main(argv: Sequence[str] | None = None) -> None:
    """Run the stage from the command line."""
    arguments = _arguments(argv)
    parameters = load(arguments.params) if arguments.params else None
    narrow(arguments, parameters.experiments if parameters else (), "predictions", "smoothers", "out", "frame_errors")
    check_sequences(arguments.sequences)
    sequences = open_sequences(arguments.sequences)
    if not sequences.of("test")["frames"].max() >= frames_needed():
        raise InputError(f"{sequences.path}: found no test sequence of {frames_needed()} frames or more, expected one")
    for task in [*_tasks(arguments, parameters)]:
        evaluate(task, sequences, parameters)


def evaluate(task: Task, sequences: Sequences, parameters: Parameters | None) -> None:
    """Score one file of predictions, raw and after each filter that there is."""
    table = sequences.of("test").reset_index(drop=True)
    allow = parameters.preprocess.allow if parameters else ()
    target = _split(sequences.read("joints", "test"), table["frames"])
    predicted = _split(read_predictions(task.predictions, sequences, allow=allow), table["frames"])
    variants: dict[str, Sequence[Tensor]] = {RAW: predicted}
    settings = {}
    if parameters is not None:
        filter_ = parameters.evaluate.savitzky_golay
        settings = {"evaluate": parameters.evaluate.model_dump(mode="json")}
        variants["smoothed"] = [
            torch.from_numpy(smooth(joints.numpy(), window=filter_.window, order=filter_.order)) for joints in predicted
        ]
    if task.smoothed is not None:
        variants["learned"] = _split(_read_smoothed(task.smoothed, task.predictions, sequences), table["frames"])
    made, frame_errors = [task.frame_errors, task.out / "constraints.csv"], {}
    for variant, motion in variants.items():
        subfolder = "" if variant == RAW else f"{variant}/"
        pairs = list(zip(motion, target, strict=True))
        errors = score(follow(pairs, f"scoring {task.predictions}", total=len(pairs), unit="sequences"))
        made += write_scores(task.out / subfolder, table, pairs, errors)
        frame_errors[subfolder] = errors
    write_frame_errors(task.frame_errors, frame_errors)
    motions: dict[str, Sequence[Tensor]] = {"predicted": predicted, "true": target}
    motions |= {VARIANTS[variant]: motion for variant, motion in variants.items()}
    write_table(task.out / "constraints.csv", measure_constraints(motions))
    write_record(
        task.out / RECORD,
        made=made,
        made_from=filter(None, (sequences.path, sequences.path.with_suffix(".csv"), task.predictions, task.smoothed)),
        parameters=settings,
    )


def _read_smoothed(path: Path, predictions: Path, sequences: Sequences) -> np.ndarray:
    """Smoothed predictions; InputError if they were made of other ones."""
    joints = read_predictions(path, sequences)
    if read_origin(path).get("predictions_sha256") != sha256(predictions):
        raise unusable(path, f"made of other predictions than {predictions}", f"smooth@{predictions.parent.name}")
    return joints


def _split(joints: np.ndarray, frames: Iterable[int]) -> tuple[Tensor, ...]:
    return torch.from_numpy(joints).split(list(frames))


def _tasks(arguments: argparse.Namespace, parameters: Parameters | None) -> Iterator[Task]:
    """One task for a file of predictions, or one for each seed in a folder."""
    out, frame_errors, smoothers = arguments.out, arguments.frame_errors, arguments.smoothers
    if not arguments.predictions.is_dir():
        yield Task(arguments.predictions, out, frame_errors or out / "frame_errors.safetensors", smoothers)
        return
    if parameters is None:
        raise InputError(f"{arguments.predictions}: found a folder, expected a file, or --params with its seeds")
    name = arguments.predictions.name
    for seed in parameters.seeds:
        path, folder = arguments.predictions / f"{seed}.safetensors", out / str(seed)
        errors = frame_errors / f"{seed}.safetensors" if frame_errors else folder / "frame_errors.safetensors"
        smoothed = smoothers / str(seed) / "predictions.safetensors" if smoothers else None
        for file, stage in {path: "predict", **({smoothed: "smooth"} if smoothed else {})}.items():
            if not file.is_file():
                raise unusable(file, "missing", f"{stage}@{name}")
        yield Task(path, folder, errors, smoothed)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--sequences", type=Path, required=True, help="output of preprocess")
    command.add_argument("--predictions", type=Path, required=True, help="output of predict, or your own as above")
    command.add_argument("--smoothers", type=Path, help="output of smooth: smoothed predictions, or a folder of seeds")
    command.add_argument("--params", type=Path, help="parameters (evaluate, seeds); without them nothing is filtered")
    add_stage(command)
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--frame-errors", type=Path, help="default: frame_errors.safetensors in --out")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
