"""Train one run: one experiment with one seed.

Writes to --out network.safetensors, history.csv (a row for each epoch) and run.json (parameters, data, code, machine).
Keeps a checkpoint after every epoch in --checkpoints and goes on from there when it is started again.

Started by torchrun, several GPUs train the run together: `torchrun --nproc-per-node 4 -m stages.train ...`.

An experiment that names a checkpoint of VideoPose3D is not trained but converted; its history has no rows.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pandas as pd
import torch

from jointaware.artifacts.files import sha256, write_json, writing
from jointaware.artifacts.networks import write_network
from jointaware.artifacts.parameters import load
from jointaware.artifacts.provenance import code_digest, describe
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.errors import InputError
from jointaware.progress import follow
from jointaware.training import checkpoints as _checkpoints
from jointaware.training.devices import choose_precision
from jointaware.training.distributed import join
from jointaware.training.pretrained import read_pretrained
from jointaware.training.trainer import HISTORY, Motion, Trainer
from stages.command import parser, run


def main() -> None:
    """Run the stage from the command line."""
    arguments = _arguments()
    parameters = load(arguments.params)
    if arguments.experiment not in parameters["experiments"]:
        known = ", ".join(parameters["experiments"])
        raise InputError(f"{arguments.params}: no experiment {arguments.experiment!r}, expected one of {known}")
    settings, experiment = parameters["train"], parameters["experiments"][arguments.experiment]
    name = f"{arguments.experiment}-{arguments.seed}"
    processes, device = join(arguments.device)
    precision = choose_precision(settings["precision"], device)
    sequences = open_sequences(arguments.sequences)
    data_digest = sha256(arguments.sequences)
    if "checkpoint" in experiment:
        path = Path(experiment["checkpoint"])
        if not path.is_file():
            raise InputError(
                f"experiments.{arguments.experiment}.checkpoint: found no file {path}, expected a checkpoint"
            )
        network, history = read_pretrained(path, causal=settings["causal"], dense=settings["dense"]), []
        origin = {"checkpoint": {"path": str(path), "sha256": sha256(path)}}
        print(f"{name}: not trained, read from {path}", file=sys.stderr)
    else:
        training, monitored = (read_motion(sequences, split, device) for split in ("train", settings["monitor"]))
        if settings["use_flip"]:
            training = training.with_mirrored(sequences.mirrored_keypoints)
        trainer = Trainer(
            training, monitored, settings | {"precision": precision}, experiment, arguments.seed, processes
        )
        key = _checkpoints.fingerprint(
            trainer.settings, experiment, arguments.seed, data_digest, code_digest(), device.type, processes.count
        )
        folder = arguments.checkpoints / f"{name}-{key}"
        with _checkpoints.exclusive(folder) if processes.is_first else nullcontext():
            train(trainer, folder, name)
        network, history, origin = trainer.network, trainer.history, {}
    if not processes.is_first:
        return

    write_network(arguments.out / "network.safetensors", network)
    with writing(arguments.out / "history.csv") as temporary:
        pd.DataFrame(history, columns=HISTORY).to_csv(temporary, index=False)
    record = {
        "run": name,
        "experiment": arguments.experiment,
        "seed": arguments.seed,
        "parameters": {"train": settings, "experiment": experiment},
        **origin,
        "sequences_sha256": data_digest,
        "network_sha256": sha256(arguments.out / "network.safetensors"),
        "weights": sum(weight.numel() for weight in network.parameters()),
        "seconds": sum(row["seconds"] for row in history),
        "device": str(device) if device.type == "cpu" else torch.cuda.get_device_name(device),
        "threads": torch.get_num_threads(),
        "processes": processes.count,
        "precision": precision,
        **describe(),
    }
    write_json(arguments.out / "run.json", record)


def train(trainer: Trainer, folder: Path, name: str) -> None:
    """All epochs that are still to do, with a checkpoint after each."""
    epochs, speaks = trainer.settings["epochs"], trainer.processes.is_first
    if (state := _checkpoints.load(folder)) is not None:
        trainer.restore(state)
        if speaks:
            print(f"{name}: goes on after epoch {len(trainer.history)} of {epochs}", file=sys.stderr)
    trainer.processes.wait()
    started, done = time.perf_counter(), len(trainer.history)
    while len(trainer.history) < epochs:
        what = f"{name} epoch {len(trainer.history) + 1}/{epochs}"
        steps = trainer.epoch()
        for _ in follow(steps, what, total=len(trainer.batches), unit="batches") if speaks else steps:
            pass
        if not speaks:
            continue
        _checkpoints.save(folder, trainer.state())
        row = trainer.history[-1]
        left = (time.perf_counter() - started) / (row["epoch"] - done) * (epochs - row["epoch"])
        print(
            f"{what}: loss {row['loss']:.4f}, train {row['train_mpjpe_mm']:.1f} mm, "
            f"{trainer.settings['monitor']} {row['held_out_mpjpe_mm']:.1f} mm, {left:.0f} s left",
            file=sys.stderr,
        )


def read_motion(sequences: Sequences, split: str, device: torch.device) -> Motion:
    """The motion of one split, on the device."""
    rows = sequences.of(split)
    if rows.empty:
        raise InputError(
            f"{sequences.path.with_suffix('.csv')}: no sequence of the split {split}, expected at least one"
        )
    keypoints, joints = (torch.from_numpy(sequences.read(name, split)) for name in ("keypoints", "joints"))
    lengths = torch.tensor(rows["frames"].to_numpy())
    return Motion.of(keypoints.to(device), joints.to(device), lengths.to(device))


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (train, and one of experiments)")
    command.add_argument("--experiment", required=True, help="name of the experiment")
    command.add_argument("--seed", type=int, required=True, help="seed of weights, order and dropout")
    command.add_argument("--sequences", type=Path, required=True, help="what preprocess wrote")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--checkpoints", type=Path, default=Path(".checkpoints"), help="default: %(default)s")
    command.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, …; default: a GPU where there is one")
    return command.parse_args()


if __name__ == "__main__":
    run(main)
