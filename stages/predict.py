"""Lift the test sequences with a trained network.

Writes --out: joints of the test frames in metres, camera frame, with the digests of the network and the sequences.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from jointaware.artifacts.files import sha256
from jointaware.artifacts.networks import read_network
from jointaware.artifacts.parameters import load
from jointaware.artifacts.predictions import write_predictions
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.errors import InputError
from jointaware.pose.lifting import lift
from jointaware.pose.network import TemporalNetwork
from jointaware.progress import follow
from jointaware.training.devices import choose_device
from stages.command import parser, run


def main() -> None:
    """Run the stage from the command line."""
    arguments = _arguments()
    use_flip = load(arguments.params)["predict"]["use_flip"]
    sequences = open_sequences(arguments.sequences)
    network = read_network(arguments.network).to(choose_device(arguments.device))
    joints = predict(network, sequences, use_flip=use_flip)
    if not np.isfinite(joints).all():
        raise InputError(f"{arguments.network}: predicts joints that are not finite; expected a trained network")
    origin = {"sequences_sha256": sha256(arguments.sequences), "network_sha256": sha256(arguments.network)}
    write_predictions(arguments.out, joints, origin | {"parameters": {"predict": {"use_flip": use_flip}}})


@torch.no_grad()
def predict(network: TemporalNetwork, sequences: Sequences, *, use_flip: bool) -> np.ndarray:
    """Joints of the test sequences end to end, (test frames, 17, 3) float32 metres, camera frame."""
    device = next(network.parameters()).device
    lengths = sequences.of("test")["frames"].tolist()
    parts = torch.from_numpy(sequences.read("keypoints", "test")).split(lengths)
    mirrored = sequences.mirrored_keypoints
    lifted = [
        lift(network, keypoints.to(device), use_flip=use_flip, mirrored_keypoints=mirrored).cpu()
        for keypoints in follow(parts, "lifting", total=len(lengths), unit="sequences")
    ]
    return torch.cat(lifted).numpy()


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (predict)")
    command.add_argument("--sequences", type=Path, required=True, help="what preprocess wrote")
    command.add_argument("--network", type=Path, required=True, help="what train wrote")
    command.add_argument("--out", type=Path, required=True, help="safetensors to write")
    command.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, …; default: a GPU where there is one")
    return command.parse_args()


if __name__ == "__main__":
    run(main)
