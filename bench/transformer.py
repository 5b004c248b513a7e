"""Measure training steps of the transformer relative to MotionBERT's own code, alternating in one process.

--motionbert is the path of a clone of MotionBERT (https://github.com/Walter0807/MotionBERT). Every repetition takes
the same number of steps with this project and with the reference, networks of the same size on random clips; on a CPU,
both have one thread, whose own time is counted. Writes bench/results/transformer.csv: rates in frames per second, and
the speed-up, ours relative to the reference: median, minimum and maximum. The last figure of each size is our step with
all joint-aware terms relative to that without.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from bench._experiment import transformer_experiment
from bench._motionbert import WEIGHTS, MotionBERT
from bench._table import comparison, write
from jointaware.artifacts.networks import SpatiotemporalTransformer
from jointaware.training.batches import Motion
from jointaware.training.devices import choose_device
from jointaware.training.trainer import Trainer

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/transformer.csv"
SIZES = ((32, 2, 27), (64, 3, 27), (64, 3, 81), (64, 3, 243))
"""Channels, depth and frames of a clip."""
HEAD, MLP_RATIO = 8, 2
"""Channels of each head, and MotionBERT's ratio."""
SEQUENCES, LENGTH = 8, 500
Step = Callable[[], object]


class Figure(NamedTuple):
    """A comparison: what is measured, and functions that take our step and that of the reference."""

    what: str
    ours: Step
    reference: Step


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--motionbert", type=Path, required=True, help="a clone of MotionBERT")
    command.add_argument("--device", default="cpu", help="default: %(default)s")
    command.add_argument("--frames", type=int, default=486, help="of a batch; default: %(default)s")
    command.add_argument("--seconds", type=float, default=1, help="of a measurement; default: %(default)s")
    command.add_argument("--repetitions", type=int, default=9, help="of each figure; default: %(default)s")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args(argv)
    torch.set_num_threads(1)
    device, rows = choose_device(arguments.device), []
    for figure in figures(MotionBERT(arguments.motionbert), arguments.frames, device):
        figure.ours(), figure.reference()  # warm-up
        steps = max(1, round(arguments.seconds / seconds(figure.ours, 1, device)))
        pairs = [
            tuple(steps * arguments.frames / seconds(step, steps, device) for step in (figure.ours, figure.reference))
            for _ in range(arguments.repetitions)
        ]
        ours, reference = map(list, zip(*pairs, strict=True))
        rows.append(comparison(figure.what, ours, reference, unit="frames/second"))
        print(f"{figure.what}: speed-up {rows[-1]['ratio']:.2f}", flush=True)
    write(arguments.out, rows)


def figures(peer: MotionBERT, frames: int, device: torch.device) -> Iterator[Figure]:
    """All comparisons; frames: of a batch."""
    for channels, depth, length in SIZES:
        network = SpatiotemporalTransformer(
            name="spatiotemporal_transformer", depth=depth, heads=channels // HEAD, mlp_ratio=MLP_RATIO, frames=length
        )
        size = f"{channels} channels, depth {depth}, clips of {length} frames, {device.type}"
        plain, joint_aware = (start(role, network, channels, frames, device) for role in ("wide", "ours"))
        keypoints, joints = plain.training.gather(next(iter(plain.batches))[0], plain.network)
        keypoints = torch.cat([keypoints, torch.ones_like(keypoints[..., :1])], dim=-1)
        reference = peer.trainer(network, channels, device)

        def theirs(weights: dict[str, float]) -> Step:
            return lambda: peer.step(reference, keypoints, joints, weights)  # noqa: B023

        without, with_terms = stepping(plain, with_clips=False), stepping(joint_aware, with_clips=True)
        yield Figure(f"training on the position error, {size}", without, theirs({"loss_mpjpe": 1.0}))
        yield Figure(f"training on all losses of each project, {size}", with_terms, theirs(WEIGHTS))
        yield Figure(f"our joint-aware training relative to plain, {size}", with_terms, without)


def start(role: str, network: SpatiotemporalTransformer, channels: int, frames: int, device: torch.device) -> Trainer:
    """Trainer of an experiment of the paper's profile with this network, on random motion."""
    keypoints, joints = (0.3 * torch.randn(SEQUENCES * LENGTH, 17, axes, device=device) for axes in (2, 3))
    motion = Motion.of(keypoints, joints, torch.full((SEQUENCES,), LENGTH, device=device))
    experiment = transformer_experiment(role, network, channels=channels, clips=frames // network.frames)
    trainer = Trainer(motion, motion, experiment, seed=0, precision="float32")
    trainer.network.train()
    return trainer


def stepping(trainer: Trainer, *, with_clips: bool) -> Step:
    """A function that takes a training step on the same batch, gathering included."""
    clips, none = next(iter(trainer.batches))
    return lambda: trainer.step(clips, none, with_clips=with_clips).tolist()


def seconds(step: Step, steps: int, device: torch.device) -> float:
    """Duration of so many steps; on a CPU that of its thread, without waiting for other processes."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    started = clock()
    for _ in range(steps):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - started


if __name__ == "__main__":
    main()
