"""One run, an experiment with one seed: from sequences to a trained network, resuming from its checkpoint."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from jointaware.artifacts.files import sha256, write_table
from jointaware.artifacts.parameters import Experiment
from jointaware.artifacts.provenance import code_digest
from jointaware.artifacts.sequences import Sequences
from jointaware.artifacts.subjects import with_fold
from jointaware.errors import InputError
from jointaware.pose.lifting import LiftingNetwork
from jointaware.progress import follow, report
from jointaware.side_by_side import has_siblings
from jointaware.training import checkpoints
from jointaware.training.batches import read_motion
from jointaware.training.devices import choose_precision
from jointaware.training.distributed import ALONE, Processes
from jointaware.training.memory import check_memory, explaining_memory
from jointaware.training.pretrained import read_pretrained
from jointaware.training.trainer import Trainer

WATCHED = "history.csv"
"""The history so far, beside the checkpoint, for those who watch a training; nothing is read from it."""
SECONDS = 1.0
"""Between two writings of it: epochs of tiny networks take less than the writing."""


@dataclass(frozen=True)
class Job:
    """A run to train.

    name: of the experiment. sequences_sha256: digest of the arrays. checkpoints: folder with a folder for each run.
    processes: this process among those that train the run together.
    """

    name: str
    experiment: Experiment
    seed: int
    sequences: Sequences
    sequences_sha256: str
    checkpoints: Path
    device: torch.device
    processes: Processes = ALONE

    def __str__(self) -> str:
        return self.run

    @property
    def run(self) -> str:
        """Name of the run in messages and folders."""
        return f"{self.name}-{self.seed}"


@dataclass(frozen=True)
class Trained:
    """The trained network of a run, or one for each fold, and how they were trained.

    history: a row per epoch, with the columns `jointaware.training.trainer.HISTORY` and with folds `fold`; no rows for
        a network trained elsewhere. seconds: duration of each epoch. precision: arithmetic precision used.
    """

    networks: list[LiftingNetwork]
    history: list[dict[str, float | None]]
    seconds: list[float]
    precision: str


def train_run(job: Job) -> Trained:
    """Train the network of a run, or read the pretrained checkpoint that its experiment names.

    Resumes from the run's own checkpoint, if any; if all epochs are done, nothing is trained again.
    """
    experiment = job.experiment
    torch.set_num_threads(experiment.threads)
    precision = choose_precision(experiment.precision, job.device)
    if experiment.checkpoint is not None:
        return Trained([_read_elsewhere(job, Path(experiment.checkpoint))], [], [], precision)
    trained = Trained([], [], [], precision)
    for fold in job.sequences.folds:
        with explaining_memory(job.run, experiment):
            trainer = _train_here(job, precision, fold)
        trained.networks.append(trainer.network)
        trained.history.extend(with_fold(trainer.history, fold))
        trained.seconds.extend(trainer.seconds)
    return trained


def _train_here(job: Job, precision: str, fold: int | None) -> Trainer:
    """Train the network of a run, and of a fold if there are any, or what is left to train."""
    experiment, trainer = job.experiment, _trainer(job, precision, fold)
    key = checkpoints.fingerprint(
        experiment.model_dump(mode="json", exclude={"role", "checkpoint", "checkpoint_sha256"}),
        precision,
        job.seed,
        job.sequences_sha256,
        code_digest(),
        job.device.type,
        job.processes.count,
        fold,
    )
    folder = job.checkpoints / f"{job.run}-{key}"
    with checkpoints.exclusive(folder) if job.processes.is_first else nullcontext():
        _train(trainer, folder, job.run if fold is None else f"{job.run} fold {fold}")
    return trainer


def _trainer(job: Job, precision: str, fold: int | None) -> Trainer:
    """Build network and optimiser, and load the motion onto the device."""
    experiment, sequences = job.experiment, job.sequences
    training, monitored = (
        read_motion(sequences, split, job.device, fold=fold) for split in ("train", experiment.monitor)
    )
    if experiment.use_flip:
        training = training.with_mirrored(sequences.mirrored_keypoints)
    check_memory(job.run, experiment, frames=len(training.keypoints), device=job.device)
    return Trainer(training, monitored, experiment, job.seed, precision=precision, processes=job.processes)


def _read_elsewhere(job: Job, path: Path) -> LiftingNetwork:
    """The network of a checkpoint that was trained elsewhere."""
    if not path.is_file():
        raise InputError(f"experiments.{job.name}.checkpoint: found no file {path}, expected a checkpoint")
    if (expected := job.experiment.checkpoint_sha256) and (found := sha256(path)) != expected.lower():
        raise InputError(f"experiments.{job.name}.checkpoint_sha256: {path} has {found}, expected {expected}")
    network = read_pretrained(path, job.experiment.network)
    if job.processes.is_first:
        report(f"{job.run}: read from {path}, not trained")
    return network


def _train(trainer: Trainer, folder: Path, name: str) -> None:
    """Train the remaining epochs, with a checkpoint after each."""
    experiment, is_first = trainer.experiment, trainer.processes.is_first
    if not is_first:
        trainer.processes.wait()  # until the first has set damaged checkpoints aside
    state = checkpoints.load(folder, trainer.check)
    if is_first:
        trainer.processes.wait()
    if state is not None:
        trainer.restore(state)
        done, epochs = len(trainer.history), experiment.epochs
        if is_first:
            what = "already trained" if done == epochs else f"resuming after epoch {done} of {epochs}"
            report(f"{name}: {what}")
    trainer.processes.wait()
    started, before, pace = time.perf_counter(), len(trainer.history), checkpoints.Pace()
    watched = started - SECONDS
    while len(trainer.history) < experiment.epochs:
        what = f"{name} epoch {len(trainer.history) + 1}/{experiment.epochs}"
        steps = trainer.epoch()
        if is_first and not has_siblings():
            steps = follow(steps, what, total=len(trainer.batches), unit="batches")
        for _ in steps:
            pass
        if not is_first:
            continue
        row, done = trainer.history[-1], len(trainer.history)
        pace.save(folder, trainer.state(), is_last=done == experiment.epochs)
        if done == experiment.epochs or time.perf_counter() - watched >= SECONDS:
            write_table(folder / WATCHED, pd.DataFrame(trainer.history).assign(run=name))
            watched = time.perf_counter()
        left = (time.perf_counter() - started) / (done - before) * (experiment.epochs - done)
        report(
            f"{what}: loss {row['loss']:.4f}, train {row['train_mpjpe_mm']:.1f} mm, "
            f"{experiment.monitor} {row['held_out_mpjpe_mm']:.1f} mm, {left:.0f} s left"
        )
