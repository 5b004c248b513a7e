"""The training loop: VideoPose3D's, with windows of consecutive frames for the joint-aware terms.

The position error is taken on single frames, as varied as the motion has them, and once more, of equal weight, on
windows beside them, together with the terms. Windows are lifted as in testing, without dropout and normalised by
statistics that are not their own: what then changes from frame to frame is what the predictions will do, not chance.
The statistics are those of the single frames of the same step. To the gradient the running ones would be constants, and
it would move the weights for a change of mean or scale that normalisation takes back.

Every epoch starts its own random numbers from the seed and its number, so that a run that was stopped between two
epochs goes on as if nothing had happened.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from jointaware.errors import InputError
from jointaware.pose.lifting import lift
from jointaware.pose.losses import TERMS, joint_aware_loss, position_error
from jointaware.pose.network import TemporalNetwork
from jointaware.pose.schedules import batch_norm_momentum, learning_rate
from jointaware.pose.windows import cut, frame_by_frame, input_frames, target_frames, with_mirrored
from jointaware.training.distributed import ALONE, Processes

LOSSES = ("position", "position_of_windows", *TERMS)
HISTORY = (
    "epoch",
    "learning_rate",
    "batch_norm_momentum",
    "loss",
    "train_mpjpe_mm",
    "windows_mpjpe_mm",
    "held_out_mpjpe_mm",
    *TERMS,
    "seconds",
)
"""What is kept of each epoch."""
METRES_TO_MM = 1000.0


@dataclass(frozen=True)
class Motion:
    """Flat arrays of sequences that lie end to end, on the device that trains.

    keypoints: (frames, 17, 2) normalised screen coordinates. joints: (frames, 17, 3) metres, root-relative.
    first, last: (sequences,) the first and last frame of each sequence.
    """

    keypoints: Tensor
    joints: Tensor
    first: Tensor
    last: Tensor

    @classmethod
    def of(cls, keypoints: Tensor, joints: Tensor, lengths: Tensor) -> Motion:
        """From arrays and the length of each sequence."""
        end = lengths.cumsum(0)
        return cls(keypoints, joints, end - lengths, end - 1)

    def with_mirrored(self, mirrored_keypoints: Sequence[int]) -> Motion:
        """This motion and its mirror image, twice as many sequences; the argument as in `jointaware.pose.lifting.lift`."""
        frames = len(self.keypoints)
        first, last = (torch.cat([index, index + frames]) for index in (self.first, self.last))
        keypoints = with_mirrored(self.keypoints, mirrored_keypoints)
        return Motion(keypoints, with_mirrored(self.joints), first, last)


@dataclass
class Trainer:
    """A network in training: its optimiser, its data, and what each epoch gave.

    training, monitored: what it learns from, and what its error is logged on.
    settings: the section `train` of the parameters, with a precision that the device has.
    experiment: one entry of `experiments`.
    processes: of which each has a Trainer of the same motion and the same seed.
    """

    training: Motion
    monitored: Motion
    settings: dict[str, Any]
    experiment: dict[str, Any]
    seed: int
    processes: Processes = ALONE
    history: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        settings = self.settings
        torch.set_float32_matmul_precision("highest" if settings["precision"] == "float32" else "high")
        self.network = TemporalNetwork(
            settings["filter_widths"],
            self.experiment["channels"],
            dropout=settings["dropout"],
            causal=settings["causal"],
            dense=settings["dense"],
        ).to(self.training.joints.device)
        self.processes.share_normalisation(self.network)
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), lr=settings["learning_rate"], amsgrad=True, fused=True
        )
        self.batches = Batches(self.training, self.experiment, settings["batch_size"])

    def state(self) -> dict[str, Any]:
        """Everything the next epoch depends on."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": self.history,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.history = state["history"]

    def epoch(self) -> Iterator[None]:
        """Train one epoch and add its row to the history; yields after each batch."""
        started, number = time.perf_counter(), len(self.history)
        self._schedule(number)
        seed = self.seed * 1_000_003 + number + 1
        self.batches.generator.manual_seed(seed)
        torch.manual_seed(seed + 1_000_000_007 * self.processes.rank)
        losses = torch.zeros(len(self.batches), len(LOSSES), device=self.training.joints.device)
        self.network.train()
        for batch, (singles, windows) in enumerate(self.batches):
            losses[batch] = self.step(singles, windows, with_windows=self._with_windows(number))
            yield
        self.processes.add_up(losses)
        self._check_finite(losses, number)
        mean = losses.double().mean(dim=0).tolist()
        weights = (1.0, 1.0, *(self.experiment["weights"][term] for term in TERMS))
        of_windows = mean[1:] if self._with_windows(number) else [None] * len(mean[1:])
        self.history.append(
            {
                "epoch": number + 1,
                "learning_rate": self.optimizer.param_groups[0]["lr"],
                "batch_norm_momentum": self.network.expand.norm.momentum,
                "loss": sum(weight * value for weight, value in zip(weights, mean, strict=True)),
                "train_mpjpe_mm": METRES_TO_MM * mean[0],
                "windows_mpjpe_mm": METRES_TO_MM * mean[1] if self._with_windows(number) else None,
                "held_out_mpjpe_mm": METRES_TO_MM * self.monitored_error(),
                **dict(zip(TERMS, of_windows[1:], strict=True)),
                "seconds": time.perf_counter() - started,
            }
        )

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

    def step(self, singles: Tensor, windows: Tensor, *, with_windows: bool) -> Tensor:
        """One optimiser step; returns the value of each of `LOSSES`, or this process's part of it."""
        windows = windows if with_windows else windows[:0]
        (predicted, target), of_windows = self._lifted(self.processes.part(singles), self.processes.part(windows))
        share = self._share(singles)
        loss = position = share * position_error(predicted, target) if share else predicted.sum() * 0
        values = position.new_zeros(len(LOSSES) - 1)
        if share := self._share(windows):
            added, values = self._of_windows(*of_windows)
            loss, values = position + share * added, share * values
        self.optimizer.zero_grad()
        loss.backward()
        self.processes.add_up(*(weight.grad for weight in self.network.parameters() if weight.grad is not None))
        self.optimizer.step()
        return torch.cat([position[None], values]).detach()

    def _of_windows(self, predicted: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of windows, and the value of each of `LOSSES` but the first."""
        position, experiment = position_error(predicted, target), self.experiment
        joint_aware, terms = joint_aware_loss(predicted, target, experiment["weights"], form=experiment["form"])
        return position + joint_aware, torch.stack([position, *(terms[term] for term in TERMS)])

    def _lifted(self, singles: Tensor, windows: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Predicted and true joints of single frames and of windows, (batch, frames, 17, 3)."""
        length = self.experiment["window"]
        frames = frame_by_frame(windows, length)
        keypoints, target = self.gather(torch.cat([singles, frames]))
        with torch.autocast(keypoints.device.type, torch.bfloat16, enabled=self.settings["precision"] == "bfloat16"):
            predicted = self.network.windows(keypoints, guests=len(frames))
        (single, windowed), (true_single, true_windowed) = (
            joints.split([len(singles), len(frames)]) for joints in (predicted, target)
        )
        shape = len(windows), length, *predicted.shape[2:]
        return (single, true_single), (windowed.view(shape), true_windowed.view(shape))

    def _share(self, batch: Tensor) -> float:
        """Of a batch that is this process's, 0 to 1."""
        return len(self.processes.part(batch)) / max(1, len(batch))

    def gather(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """Keypoints that the network sees of each window of one frame, and that frame's true joints."""
        seen = input_frames(windows, self.network.receptive_field, causal=self.network.causal)
        return self.training.keypoints[seen], self.training.joints[target_frames(windows)]

    def _schedule(self, epoch: int) -> None:
        settings, momentum = self.settings, self.settings["batch_norm_momentum"]
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(epoch, first=settings["learning_rate"], decay=settings["learning_rate_decay"])
        for module in self.network.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.momentum = batch_norm_momentum(epoch, epochs=settings["epochs"], **momentum)

    def _with_windows(self, epoch: int) -> bool:
        return self.experiment["windows"] > 0 and epoch >= self.experiment["warm_up_epochs"]

    def _check_finite(self, losses: Tensor, epoch: int) -> None:
        """Stop at the first loss that is no number; looked at once an epoch, so that a GPU need not wait."""
        bad = (~losses.isfinite()).nonzero()
        if len(bad):
            batch, term = bad[0].tolist()
            value = losses[batch, term].item()
            raise InputError(
                f"epoch {epoch + 1}, batch {batch + 1}: the loss {LOSSES[term]} is {value}, expected a number"
            )


class Batches:
    """One shuffled pass over the motion: each batch is `batch_size` single frames and `windows` windows of `window`.

    Both are rows of `jointaware.pose.windows`. Single frames are drawn without return, windows, which may start anywhere, with.
    """

    def __init__(self, motion: Motion, experiment: dict[str, Any], batch_size: int) -> None:
        length = experiment["window"]
        self.generator = torch.Generator(motion.joints.device)
        self.windows_per_batch, self.batch_size = experiment["windows"], batch_size
        # A last batch of one frame has no spread to normalise by: that frame waits for the next epoch.
        self.batches = max(1, math.ceil((len(motion.keypoints) - 1) / batch_size))
        self.singles = cut(motion.first, motion.last, 1)
        start, _, last = self.singles.unbind(dim=1)
        self.windows = self.singles[start + length - 1 <= last]
        if not len(self.windows):
            raise InputError(f"window: found {length}, expected at most the length of the longest training sequence")

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of (single-frame windows, windows), drawn from the random numbers of `generator`."""
        drawing = {"generator": self.generator, "device": self.singles.device}
        shuffled = self.singles[torch.randperm(len(self.singles), **drawing)]
        for batch in range(self.batches):
            drawn = torch.randint(len(self.windows), (self.windows_per_batch,), **drawing)
            yield shuffled[batch * self.batch_size :][: self.batch_size], self.windows[drawn]
