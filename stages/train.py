"""Train an experiment: one network for each seed of params.yaml, or for --seed alone.

Where subjects are in folds, a run trains one network for each fold, on the subjects of the others.

Writes for each seed network.safetensors, history.csv (a row per epoch) and run.json (parameters, data, network): to
--out/<seed>, or with --seed to --out itself. Where and when a network was trained goes to --provenance, unless the
same network is recorded there already. Keeps a checkpoint after every epoch in --checkpoints and resumes from it.

On a CPU, seeds train side by side, as far as there are cores for the threads of each; on a GPU one after another. The
number of threads changes the last digits of sums, so it is a parameter of a run (train.threads) and in its record;
OMP_NUM_THREADS only says how many runs may train at once. Several GPUs train a run together under torchrun:
`torchrun --nproc-per-node 4 -m stages.train ...`.

An experiment that names a pretrained checkpoint is not trained: its network is read from the checkpoint, and its
history has no rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from jointaware.artifacts.files import sha256, write_json, write_table
from jointaware.artifacts.network_files import NetworkInput, write_networks
from jointaware.artifacts.parameters import load
from jointaware.artifacts.provenance import provenance, write_provenance
from jointaware.artifacts.records import check_sequences
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.atomic import together, written
from jointaware.errors import InputError
from jointaware.side_by_side import side_by_side
from jointaware.training.distributed import join
from jointaware.training.runs import Job, Trained, train_run
from jointaware.training.trainer import HISTORY
from stages.command import add_stage, narrow, parser, run


def main(argv: Sequence[str] | None = None) -> None:
    """Run the stage from the command line."""
    arguments = _arguments(argv)
    parameters = load(arguments.params)
    narrow(arguments, parameters.experiments, "out")
    if arguments.experiment not in parameters.experiments:
        known = ", ".join(parameters.experiments)
        raise InputError(f"{arguments.params}: no experiment {arguments.experiment!r}, expected one of {known}")
    experiment = parameters.experiments[arguments.experiment]
    processes, device = join(arguments.device)
    check_sequences(arguments.sequences)
    sequences, digest = open_sequences(arguments.sequences), sha256(arguments.sequences)
    jobs = [
        Job(
            name=arguments.experiment,
            experiment=experiment,
            seed=seed,
            sequences=sequences,
            sequences_sha256=digest,
            checkpoints=arguments.checkpoints,
            device=device,
            processes=processes,
        )
        for seed in (parameters.seeds if arguments.seed is None else [arguments.seed])
    ]
    make = partial(_train_and_write, arguments)
    if device.type == "cpu" and processes.count == 1 and experiment.checkpoint is None:
        side_by_side(make, jobs, threads=experiment.threads)
    else:
        for job in jobs:
            make(job)


def _train_and_write(arguments: argparse.Namespace, job: Job) -> None:
    """Train one run and write its files; of several processes that train it together, rank 0 writes."""
    trained = train_run(job)
    if not job.processes.is_first:
        return
    out = arguments.out if arguments.seed is not None else arguments.out / str(job.seed)
    columns = list(trained.history[0] if trained.history else HISTORY)
    with together():
        write_networks(out / "network.safetensors", trained.networks, _input(job.sequences))
        network_sha256 = sha256(written(out / "network.safetensors"))
        write_table(out / "history.csv", pd.DataFrame(trained.history, columns=columns))
        digests = {"network_sha256": network_sha256, "history_sha256": sha256(written(out / "history.csv"))}
        write_json(out / "run.json", _record(job, trained, digests), digits=None)
        made = provenance(
            network_sha256,
            device=str(job.device) if job.device.type == "cpu" else torch.cuda.get_device_name(job.device),
            threads=torch.get_num_threads(),
            processes=job.processes.count,
            epoch_seconds=tuple(trained.seconds),
        )
        write_provenance(arguments.provenance / f"{job.run}.json", made)


def _input(sequences: Sequences) -> NetworkInput:
    """What the network was trained on, for use on a video."""
    return NetworkInput(sequences.layout, sequences.normalisation, fps=float(sequences.table["fps"].iloc[0]))


def _record(job: Job, trained: Trained, digests: dict[str, str]) -> dict[str, Any]:
    """What a run was trained with, the same for every training of the same network."""
    checkpoint = job.experiment.checkpoint
    return {
        "run": job.run,
        "experiment": job.name,
        "seed": job.seed,
        "parameters": job.experiment.model_dump(mode="json"),
        **({"checkpoint": {"path": checkpoint, "sha256": sha256(Path(checkpoint))}} if checkpoint else {}),
        "sequences_sha256": job.sequences_sha256,
        **digests,
        "weights": sum(weight.numel() for weight in trained.networks[0].parameters()),
        "precision": trained.precision,
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (seeds, train, one of experiments)")
    command.add_argument("--experiment", help="name of the experiment")
    add_stage(command)
    command.add_argument("--seed", type=int, help="train this seed alone; default: all seeds of the parameters")
    command.add_argument("--sequences", type=Path, required=True, help="output of preprocess")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--checkpoints", type=Path, default=Path(".checkpoints"), help="default: %(default)s")
    command.add_argument("--provenance", type=Path, default=Path("results/provenance"), help="default: %(default)s")
    command.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, …; default: a GPU where there is one")
    arguments = command.parse_args(argv)
    if (arguments.experiment is None) == (arguments.stage is None):
        command.error("expected --experiment or --stage")
    return arguments


if __name__ == "__main__":
    run(main)
