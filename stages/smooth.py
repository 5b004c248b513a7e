"""Smooth the predictions of an experiment by networks that learn to: a rival of motion losses.

Each network, with folds that of each fold, gets a smoother of its own: the network lifts the sequences that it was
trained on, and the smoother learns to turn these predictions into the true motion. For each seed of params.yaml writes
to --out/<seed> smoother.safetensors, history.csv (a row per epoch) and predictions.safetensors: the smoothed
predictions of the test frames, whose header holds the digests of what they were made from.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

from jointaware.artifacts.files import sha256, write_table
from jointaware.artifacts.network_files import ARCHITECTURE, read_networks
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import read_origin, read_predictions, write_predictions
from jointaware.artifacts.records import check_sequences, unusable
from jointaware.artifacts.sequences import Sequences, folds_of, open_sequences
from jointaware.artifacts.subjects import fold_prefixes, of_fold, with_fold
from jointaware.atomic import together, writing, written
from jointaware.pose.lifting import LiftingNetwork
from jointaware.pose.smoothing.network import Smoother
from jointaware.pose.smoothing.windows import slide
from jointaware.progress import follow
from jointaware.training.batches import read_motion
from jointaware.training.devices import choose_device
from jointaware.training.smoothing import Lifted, Row, lift_motion, train_smoother
from stages.command import add_stage, narrow, parser, run


class Task(NamedTuple):
    """The network and the predictions of a run, and the folder of its smoother."""

    seed: int
    network: Path
    predictions: Path
    out: Path


@together()
def main(argv: Sequence[str] | None = None) -> None:
    """Run the stage from the command line."""
    arguments = _arguments(argv)
    parameters = load(arguments.params)
    narrow(arguments, parameters.experiments, "models", "predictions", "out")
    tasks = [_task(seed, arguments) for seed in parameters.seeds]
    check_sequences(arguments.sequences)
    sequences, device = open_sequences(arguments.sequences), choose_device(arguments.device)
    for task in tasks:
        smooth(task, sequences, parameters, device)


def smooth(task: Task, sequences: Sequences, parameters: Parameters, device: torch.device) -> None:
    """Train the smoother of one run, or one for each fold, and smooth its predictions."""
    origin = {"sequences_sha256": sha256(sequences.path), "network_sha256": sha256(task.network)}
    predicted = read_predictions(task.predictions, sequences)
    if read_origin(task.predictions).get("network_sha256") != origin["network_sha256"]:
        found = f"not made by the network {task.network}"
        raise unusable(task.predictions, found, f"predict@{task.predictions.parent.name}")
    networks = [network.to(device) for network in read_networks(task.network)]
    smoothers, history = [], list[dict[str, Any]]()
    for fold in sequences.folds:
        smoother, rows = learn(of_fold(networks, fold), sequences, parameters, seed=task.seed, fold=fold)
        smoothers.append(smoother)
        history += with_fold(rows, fold)
    write_smoothers(task.out / "smoother.safetensors", smoothers, parameters)
    write_table(task.out / "history.csv", pd.DataFrame(history))
    joints = apply(smoothers, predicted, sequences.of("test"))
    origin["predictions_sha256"] = sha256(task.predictions)
    origin["smoother_sha256"] = sha256(written(task.out / "smoother.safetensors"))
    origin["history_sha256"] = sha256(written(task.out / "history.csv"))
    settings = {"predict": parameters.predict, "smooth": parameters.smooth}
    about = {"parameters": {name: section.model_dump(mode="json") for name, section in settings.items()}}
    write_predictions(task.out / "predictions.safetensors", joints, origin | about)


def learn(
    network: LiftingNetwork, sequences: Sequences, parameters: Parameters, *, seed: int, fold: int | None = None
) -> tuple[Smoother, list[Row]]:
    """A smoother of a network's predictions, and its history; monitored on the takes held out for validation.

    fold: the one that is tested, whose sequences the smoother does not see.
    """
    device = next(network.parameters()).device

    def lifted(split: str) -> Lifted:
        motion, mirrored = read_motion(sequences, split, device, fold=fold), sequences.mirrored_keypoints
        return lift_motion(network, motion, use_flip=parameters.predict.use_flip, mirrored_keypoints=mirrored)

    held_out = None if sequences.of("validation", fold).empty else lifted("validation")
    return train_smoother(lifted("train"), held_out, parameters.smooth, seed)


@torch.no_grad()
def apply(smoothers: Sequence[Smoother], predicted: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """Smooth predictions of sequences end to end, (frames, 17, 3) metres, each sequence on its own; float32.

    smoothers: one for each fold, or one for all. table: rows of the sequences.
    """
    device = next(smoothers[0].parameters()).device
    parts = follow(
        torch.from_numpy(predicted).split(table["frames"].tolist()), "smoothing", total=len(table), unit="sequences"
    )
    smoothed = [
        slide(of_fold(smoothers, fold), joints.to(device)).cpu()
        for fold, joints in zip(folds_of(table), parts, strict=True)
    ]
    return torch.cat(smoothed).numpy()


def write_smoothers(path: Path, smoothers: Sequence[Smoother], parameters: Parameters) -> None:
    """Write the weights, of several folds as in a file of networks, and in the header the arguments of `Smoother`."""
    architecture = parameters.smooth.model_dump(include={"window", "width", "blocks"})
    weights = {
        f"{prefix}{name}": weight.cpu().contiguous()
        for prefix, smoother in zip(fold_prefixes(len(smoothers)), smoothers, strict=True)
        for name, weight in smoother.state_dict().items()
    }
    with writing(path) as temporary:
        save_file(weights, temporary, metadata={ARCHITECTURE: json.dumps(architecture)})


def _task(seed: int, arguments: argparse.Namespace) -> Task:
    """The files of one seed; InputError names the first that is missing."""
    network = arguments.models / str(seed) / "network.safetensors"
    predictions = arguments.predictions / f"{seed}.safetensors"
    for path, stage in {network: "train", predictions: "predict"}.items():
        if not path.is_file():
            raise unusable(path, "missing", f"{stage}@{arguments.models.name}")
    return Task(seed, network, predictions, arguments.out / str(seed))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (smooth, predict, seeds)")
    add_stage(command)
    command.add_argument("--sequences", type=Path, required=True, help="output of preprocess")
    command.add_argument("--models", type=Path, required=True, help="output of train: a folder of seeds")
    command.add_argument("--predictions", type=Path, required=True, help="output of predict: a folder of seeds")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, …; default: a GPU where there is one")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
