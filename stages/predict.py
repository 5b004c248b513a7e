"""Lift the test sequences with trained networks; where subjects are in folds, each with the network of its fold.

If --network is a file, writes the file --out; if it is the folder of an experiment, writes --out/<seed>.safetensors for
each seed of params.yaml. Joints of the test frames are in metres, camera frame, root-relative; the header of a file
holds the digests of network and sequences.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from jointaware.artifacts.files import sha256
from jointaware.artifacts.network_files import read_networks
from jointaware.artifacts.parameters import load
from jointaware.artifacts.predictions import write_predictions
from jointaware.artifacts.records import TrainingRecord, check_sequences, read_record, unusable
from jointaware.artifacts.sequences import Sequences, folds_of, open_sequences
from jointaware.artifacts.subjects import of_fold
from jointaware.atomic import together
from jointaware.errors import InputError
from jointaware.pose.lifting import LiftingNetwork, lift
from jointaware.progress import follow
from jointaware.training.devices import choose_device
from stages.command import add_stage, narrow, parser, run


@together()
def main(argv: Sequence[str] | None = None) -> None:
    """Run the stage from the command line."""
    arguments = _arguments(argv)
    parameters = load(arguments.params)
    narrow(arguments, parameters.experiments, "network", "out")
    outputs = {arguments.network: arguments.out}
    if arguments.network.is_dir():
        folder = arguments.network
        outputs = {
            folder / str(seed) / "network.safetensors": arguments.out / f"{seed}.safetensors"
            for seed in parameters.seeds
        }
        if missing := [path for path in outputs if not path.is_file()]:
            raise InputError(f"{missing[0]}: missing; run `dvc repro train@{folder.name}`")
    check_sequences(arguments.sequences)
    sequences, device = open_sequences(arguments.sequences), choose_device(arguments.device)
    use_flip, digest = parameters.predict.use_flip, sha256(arguments.sequences)
    for path, out in outputs.items():
        origin = {"sequences_sha256": digest, "network_sha256": sha256(path)}
        compare(path, path.with_name("run.json"), **origin)
        networks = [network.to(device) for network in read_networks(path)]
        if len(networks) not in (1, len(sequences.folds)):
            raise InputError(f"{path}: holds networks of {len(networks)} folds, expected {len(sequences.folds)}")
        joints = predict(networks, sequences, use_flip=use_flip)
        if not np.isfinite(joints).all():
            raise InputError(f"{path}: predicts non-finite joints; expected a trained network")
        write_predictions(out, joints, origin | {"parameters": {"predict": {"use_flip": use_flip}}})


def compare(network: Path, record: Path, *, sequences_sha256: str, network_sha256: str) -> None:
    """Compare digests with the record beside a network, if there is one; InputError if it is of another network.

    A network may be asked about other sequences than it was trained on, which is said.
    """
    if not record.is_file():
        return
    trained = read_record(record, TrainingRecord, "train")
    if network_sha256 != trained.network_sha256:
        raise unusable(network, f"differs from the network that {record} describes", f"train@{trained.experiment}")
    if sequences_sha256 != trained.sequences_sha256:
        print(f"{network}: was trained on other sequences than it is applied to")


@torch.no_grad()
def predict(networks: Sequence[LiftingNetwork], sequences: Sequences, *, use_flip: bool) -> np.ndarray:
    """Lift all test sequences, concatenated: (test frames, 17, 3) float32 metres, camera frame, root-relative.

    networks: one for each fold, which lifts the sequences of that fold, or one for all.
    """
    device = next(networks[0].parameters()).device
    table = sequences.of("test")
    lengths = table["frames"].tolist()
    parts = torch.from_numpy(sequences.read("keypoints", "test")).split(lengths)
    mirrored = sequences.mirrored_keypoints
    shown = follow(parts, "lifting", total=len(lengths), unit="sequences")
    lifted = [
        lift(of_fold(networks, fold), keypoints.to(device), use_flip=use_flip, mirrored_keypoints=mirrored).cpu()
        for fold, keypoints in zip(folds_of(table), shown, strict=True)
    ]
    return torch.cat(lifted).numpy()


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (predict, seeds)")
    add_stage(command)
    command.add_argument("--sequences", type=Path, required=True, help="output of preprocess")
    command.add_argument("--network", type=Path, required=True, help="output of train: a network or a folder of seeds")
    command.add_argument("--out", type=Path, required=True, help="safetensors file or folder to write")
    command.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, …; default: a GPU where there is one")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
