"""Training of the learned smoother on the predictions of one network.

It learns from the sequences that the network was trained on, as SmoothNet does, though the network errs less on them
than on new people. Takes held out for validation would be more like the test, but are few: they only monitor the
training. An epoch is as many windows as would cover the sequences without overlap, drawn from all starts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from jointaware.artifacts.parameters import Smooth
from jointaware.errors import InputError
from jointaware.pose.clips import cut_clips, target_frames
from jointaware.pose.lifting import LiftingNetwork, lift
from jointaware.pose.smoothing.network import Smoother, smooth_windows, smoothing_error
from jointaware.pose.smoothing.windows import all_windows
from jointaware.training.batches import Motion
from jointaware.training.schedules import learning_rate

HISTORY = ("epoch", "learning_rate", "loss", "held_out_loss")
"""Columns of the history; epoch 0 is the predictions as they are."""

Row = dict[str, float | None]


@dataclass(frozen=True)
class Lifted:
    """Predicted and true joints of sequences end to end, (frames, 17, 3) metres, camera frame, root-relative.

    first, last: (sequences,) indices of the first and last frame of each sequence.
    """

    predicted: Tensor
    target: Tensor
    first: Tensor
    last: Tensor

    def error(self, smoother: Smoother | None, rows: Tensor, settings: Smooth) -> Tensor:
        """Loss on windows, of smoothed or, without a smoother, of the predictions as they are."""
        frames = target_frames(rows, settings.window)
        predicted = self.predicted[frames]
        smoothed = predicted if smoother is None else smooth_windows(smoother, predicted)
        return smoothing_error(smoothed, self.target[frames], acceleration_weight=settings.acceleration_weight)


@torch.no_grad()
def lift_motion(
    network: LiftingNetwork, motion: Motion, *, use_flip: bool, mirrored_keypoints: tuple[int, ...]
) -> Lifted:
    """What a network predicts of every sequence; arguments as in `jointaware.pose.lifting.lift`."""
    parts = [
        lift(network, motion.keypoints[first : last + 1], use_flip=use_flip, mirrored_keypoints=mirrored_keypoints)
        for first, last in zip(motion.first.tolist(), motion.last.tolist(), strict=True)
    ]
    return Lifted(torch.cat(parts), motion.joints, motion.first, motion.last)


def train_smoother(
    training: Lifted, held_out: Lifted | None, settings: Smooth, seed: int
) -> tuple[Smoother, list[Row]]:
    """A smoother in evaluation mode, and its history, a row per epoch as in `HISTORY`.

    held_out: predictions on which the loss is logged after each epoch, if there are any.
    """
    device = training.predicted.device
    generator = torch.Generator(device).manual_seed(seed)
    torch.manual_seed(seed)
    smoother = Smoother(settings.window, settings.width, settings.blocks).to(device)
    optimizer = torch.optim.Adam(smoother.parameters(), lr=settings.learning_rate, fused=True)
    rows = all_windows(training.first, training.last, settings.window)
    batches = math.ceil(len(training.predicted) / settings.window / settings.batch_size)
    history: list[Row] = [_row(0, None, None, _monitor(None, held_out, settings))]
    for number in range(settings.epochs):
        rate = learning_rate(number, first=settings.learning_rate, decay=settings.learning_rate_decay)
        optimizer.param_groups[0]["lr"] = rate
        total = torch.zeros((), dtype=torch.float64, device=device)
        for _ in range(batches):
            drawn = torch.randint(len(rows), (settings.batch_size,), generator=generator, device=device)
            loss = training.error(smoother, rows[drawn], settings)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        mean = total.item() / batches
        if not math.isfinite(mean):
            found = f"smooth.learning_rate: found {settings.learning_rate:g}"
            raise InputError(f"{found}, expected less: the loss of epoch {number + 1} is not finite")
        history.append(_row(number + 1, rate, mean, _monitor(smoother, held_out, settings)))
    return smoother.eval(), history


@torch.no_grad()
def _monitor(smoother: Smoother | None, held_out: Lifted | None, settings: Smooth) -> float | None:
    """Loss on adjacent windows that cover the held-out sequences."""
    if held_out is None:
        return None
    rows = cut_clips(held_out.first, held_out.last, settings.window)
    return held_out.error(smoother, rows, settings).item()


def _row(*values: float | None) -> Row:
    return dict(zip(HISTORY, values, strict=True))
