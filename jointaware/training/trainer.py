"""The training loop of VideoPose3D, extended by clips of consecutive frames for the joint-aware terms.

The loss is the position error of the single frames of a batch, plus, with equal weight, the position error of its
clips, plus the weighted joint-aware terms of the clips. Clips are lifted without dropout, because a separate mask for
each frame would turn differences between frames into noise. They are normalised with, but excluded from, the batch
statistics of the single frames of the same step. The running statistics would not do: no gradient flows through them,
so the optimiser would shift and scale features in ways that batch norm undoes.

A network that lifts clips has clips in place of the single frames, and needs no others: the loss is their position
error plus, after the warm-up, their weighted joint-aware terms.

Every epoch seeds its random numbers from the run's seed and its own number, so that a run resumed between two epochs
gives the same network.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import torch
from torch import Tensor

from jointaware.artifacts.metrics import METRES_TO_MM
from jointaware.artifacts.network_files import build_network
from jointaware.artifacts.parameters import Experiment
from jointaware.errors import InputError
from jointaware.pose.clips import single_frames
from jointaware.pose.lifting import LiftingNetwork, lift
from jointaware.pose.losses import TERMS, joint_aware_loss, position_error
from jointaware.training.batches import Batches, Motion
from jointaware.training.distributed import ALONE, Processes
from jointaware.training.schedules import batch_norm_momentum, learning_rate
from jointaware.training.shares import BATCHES, gradient_shares

LOSSES = ("position", "position_of_clips", *TERMS)
"""The losses that `Trainer.step` returns, in order."""
MAX_SEED = 2**42
"""A million times as much, for every epoch has a seed of its own, is what PyTorch's generators admit."""
HISTORY = (
    "epoch",
    "learning_rate",
    "batch_norm_momentum",
    "loss",
    "train_mpjpe_mm",
    "clips_mpjpe_mm",
    "held_out_mpjpe_mm",
    *TERMS,
)
"""Columns of the history, which has a row per epoch; those of clips are None where an epoch has no clips.

With `gradient_shares` there is one more for each term that is on: `share_velocity`.
"""


@dataclass
class Trainer:
    """A network in training, with its optimiser, its data and its history.

    training: motion to learn from. monitored: motion on which the error is logged after each epoch.
    precision: arithmetic precision; by default the experiment's.
    processes: this process among those that train the network together; all have the same motion and seed.
    history: a row per epoch, as in `HISTORY`. seconds: duration of each epoch.
    """

    training: Motion
    monitored: Motion
    experiment: Experiment
    seed: int
    _: KW_ONLY
    precision: str | None = None
    processes: Processes = ALONE
    history: list[dict[str, float | None]] = field(default_factory=list, init=False)
    seconds: list[float] = field(default_factory=list, init=False)
    shares: list[dict[str, float]] = field(default_factory=list, init=False)
    """Gradient shares of the first batches of this epoch."""

    def __post_init__(self) -> None:
        if self.seed > MAX_SEED:
            raise InputError(f"seeds: found {self.seed}, expected at most {MAX_SEED}")
        torch.manual_seed(self.seed)
        self.precision = self.precision or self.experiment.precision
        torch.set_float32_matmul_precision("highest" if self.precision == "float32" else "high")
        self.network: LiftingNetwork = build_network(self.experiment).to(self.training.joints.device)
        self.processes.share_normalisation(self.network)
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), lr=self.experiment.learning_rate, amsgrad=True, fused=True
        )
        self.batches = Batches(
            self.training,
            batch_size=self.experiment.batch_size,
            clips=self.experiment.clips,
            clip_frames=self.experiment.clip_frames,
            extra_frames=self.experiment.extra_frames,
            output_frames=self.network.output_frames,
        )

    def state(self) -> dict[str, Any]:
        """Everything that the next epoch depends on, and the history and durations of the epochs so far."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": self.history,
            "seconds": self.seconds,
        }

    def check(self, state: dict[str, Any]) -> None:
        """Raise ValueError, or an error of a missing key or wrong type, unless `restore` can resume from a state."""
        expected = self.state()
        if state.keys() != expected.keys() or _shapes(state["network"]) != _shapes(expected["network"]):
            raise ValueError("not the state of such a network")
        moments = state["optimizer"]["state"]
        for index, weight in enumerate(self.network.parameters()):
            if {tuple(moment.shape) for name, moment in moments[index].items() if name != "step"} != {(*weight.shape,)}:
                raise ValueError("not the state of such an optimiser")
        done = len(state["history"])
        if [row["epoch"] for row in state["history"]] != [*range(1, done + 1)] or len(state["seconds"]) != done:
            raise ValueError("its history lacks epochs")
        if done > self.experiment.epochs:
            raise ValueError(f"found {done} epochs, expected at most {self.experiment.epochs}")

    def restore(self, state: dict[str, Any]) -> None:
        """Resume from a state, one that `check` has passed."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.history, self.seconds = state["history"], state["seconds"]

    def epoch(self) -> Iterator[None]:
        """Train one epoch and append its row to the history; yields after each batch."""
        started, number = time.perf_counter(), len(self.history)
        rate, momentum = self._schedule(number)
        seed = self.seed * 1_000_003 + number + 1
        self.batches.generator.manual_seed(seed)
        torch.manual_seed(seed + 1_000_000_007 * self.processes.rank)
        losses = torch.zeros(len(self.batches), len(LOSSES), device=self.training.joints.device)
        with_clips = self._has_clips(number)
        self.shares = []
        self.network.train()
        for batch, (singles, clips) in enumerate(self.batches):
            losses[batch] = self.step(singles, clips, with_clips=with_clips)
            yield
        self.processes.add_up(losses)
        self._check_finite(losses, number)
        mean = dict(zip(LOSSES, losses.double().mean(dim=0).tolist(), strict=True))
        held_out = METRES_TO_MM * self.monitored_error()
        if not math.isfinite(held_out):
            raise InputError(
                f"epoch {number + 1}: non-finite error ({held_out}) on the split {self.experiment.monitor}"
            )
        added_clips = self.experiment.clips
        weights = {"position": 1.0, "position_of_clips": 1.0, **self.experiment.losses}
        self.history.append(
            {
                "epoch": number + 1,
                "learning_rate": rate,
                "batch_norm_momentum": momentum,
                "loss": sum(weights.get(name, 0.0) * value for name, value in mean.items()),
                "train_mpjpe_mm": METRES_TO_MM * mean["position"],
                "clips_mpjpe_mm": METRES_TO_MM * mean["position_of_clips"] if with_clips and added_clips else None,
                "held_out_mpjpe_mm": held_out,
                **{term: mean[term] if with_clips else None for term in TERMS},
                **self._mean_shares(),
            }
        )
        self.seconds.append(time.perf_counter() - started)

    @torch.no_grad()
    def monitored_error(self) -> float:
        """MPJPE over all frames of the monitored motion, metres, in evaluation mode and without flip averaging."""
        self.network.eval()
        motion = self.monitored
        error = torch.zeros((), dtype=torch.float64, device=motion.joints.device)
        for first, last in zip(motion.first.tolist(), motion.last.tolist(), strict=True):
            joints = lift(self.network, motion.keypoints[first : last + 1], use_flip=False)
            error += (joints - motion.joints[first : last + 1]).norm(dim=-1).mean(dim=-1).sum()
        return error.item() / len(motion.joints)

    def step(self, singles: Tensor, clips: Tensor, *, with_clips: bool) -> Tensor:
        """Take one optimiser step; returns the values of `LOSSES`, to be summed over all processes.

        singles, clips: (rows, 3) rows of `jointaware.pose.clips`; of a network that lifts clips, the singles are clips
            already. with_clips: whether to use the clips, which the joint-aware terms are computed on; if not, the
            experiment's extra frames take their place.
        """
        if not with_clips:
            singles, clips = torch.cat([singles, self.batches.extra()]), clips[:0]
        (predicted, target), of_clips = self._lift(self.processes.part(singles), self.processes.part(clips))
        share = self._share(singles)
        error = position_error(predicted, target) if share else predicted.sum()
        loss = position = share * error
        values = position.new_zeros(len(LOSSES) - 1)
        if with_clips and share and self.network.output_frames > 1:
            added, terms = self._terms(predicted, target, error)
            loss, values = position + share * added, share * torch.stack([torch.zeros_like(error), *terms])
        elif share := self._share(clips):
            error = position_error(*of_clips)
            added, terms = self._terms(*of_clips, error)
            loss, values = position + share * (error + added), share * torch.stack([error, *terms])
        self.optimizer.zero_grad()
        loss.backward()
        self.processes.add_up(*(weight.grad for weight in self.network.parameters() if weight.grad is not None))
        self.optimizer.step()
        return torch.cat([position[None], values]).detach()

    def _terms(self, predicted: Tensor, target: Tensor, position: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Weighted sum of the joint-aware terms, and the value of each of `TERMS`.

        predicted, target: (clips, frames, 17, 3) metres. position: their position error, for gradient shares.
        """
        experiment = self.experiment
        joint_aware, terms = joint_aware_loss(predicted, target, experiment.losses, distance=experiment.distance)
        if experiment.gradient_shares and len(self.shares) < BATCHES and self.processes.count == 1:
            weighted = {term: weight * terms[term] for term, weight in experiment.losses.items()}
            self.shares.append(gradient_shares(position, weighted, self.network))
        return joint_aware, [terms[term] for term in TERMS]

    def _mean_shares(self) -> dict[str, float | None]:
        """Columns of the history; none unless they are asked for."""
        terms = self.experiment.losses if self.experiment.gradient_shares else ()
        count = len(self.shares)
        return {
            f"share_{term}": sum(shares[term] for shares in self.shares) / count if count else None for term in terms
        }

    def _lift(self, rows: Tensor, clips: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Predicted and true joints of rows, (rows, output_frames, 17, 3), and of clips, (clips, frames, 17, 3)."""
        length, network = self.experiment.clip_frames, self.network
        frames = single_frames(clips, length)
        keypoints, target = self.training.gather(torch.cat([rows, frames]), network)
        with torch.autocast(keypoints.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            predicted = network.windows(keypoints, excluded=len(frames))
        (single, clipped), (true_single, true_clipped) = (
            joints.split([len(rows), len(frames)]) for joints in (predicted, target)
        )
        shape = len(clips), length, *predicted.shape[2:]
        return (single, true_single), (clipped.view(shape), true_clipped.view(shape))

    def _share(self, batch: Tensor) -> float:
        """Fraction of a batch that this process handles, 0 to 1."""
        return len(self.processes.part(batch)) / max(1, len(batch))

    def _schedule(self, epoch: int) -> tuple[float, float]:
        """Set and return learning rate and batch norm momentum of an epoch."""
        experiment, range_ = self.experiment, self.experiment.batch_norm_momentum
        rate = learning_rate(epoch, first=experiment.learning_rate, decay=experiment.learning_rate_decay)
        momentum = batch_norm_momentum(epoch, epochs=experiment.epochs, first=range_.first, last=range_.last)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        for module in self.network.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.momentum = momentum
        return rate, momentum

    def _has_clips(self, epoch: int) -> bool:
        """Whether an epoch uses clips, or for a network that lifts clips terms: none do during the warm-up."""
        has_terms = self.network.output_frames > 1 and bool(self.experiment.losses)
        return (self.experiment.clips > 0 or has_terms) and epoch >= self.experiment.warm_up_epochs

    def _check_finite(self, losses: Tensor, epoch: int) -> None:
        """Stop at the first non-finite loss; checked once an epoch, so that a GPU need not wait for the CPU."""
        bad = (~losses.isfinite()).nonzero()
        if len(bad):
            batch, loss = bad[0].tolist()
            value = losses[batch, loss].item()
            raise InputError(f"epoch {epoch + 1}, batch {batch + 1}: non-finite loss {LOSSES[loss]} ({value})")


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    return {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in tensors.items()}
