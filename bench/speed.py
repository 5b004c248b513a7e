"""Measure the speed of training and evaluation relative to VideoPose3D, alternating in one process.

--videopose3d is the path of a clone of VideoPose3D (https://github.com/facebookresearch/VideoPose3D). Every repetition
runs this project and the reference one after the other on the same random motion. Writes bench/results/speed.csv:
rates in frames per second, and the speed-up, ours relative to the reference: median, minimum and maximum.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bench._experiment import paper_experiment
from bench._table import comparison, write
from bench._videopose3d import VideoPose3D
from jointaware.artifacts.metrics import METRICS
from jointaware.pose.layers.convolution import Convolution
from jointaware.pose.lifting import LiftingNetwork, lift
from jointaware.pose.metrics import p_mpjpe
from jointaware.pose.network import INPUTS, TemporalNetwork, to_videopose3d
from jointaware.pose.skeleton import MIRRORED
from jointaware.training.batches import Motion
from jointaware.training.devices import choose_precision
from jointaware.training.trainer import Trainer

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/speed.csv"
SEQUENCES = 60
LONG, SHORT = [3, 3, 3, 3, 3], [3, 3, 3]
Measure = Callable[[], float]


class Figure(NamedTuple):
    """A comparison: what is measured, and two functions that return frames per second."""

    what: str
    ours: Measure
    reference: Measure


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--videopose3d", type=Path, required=True, help="a clone of VideoPose3D")
    command.add_argument("--repetitions", type=int, default=5, help="of each figure; default: %(default)s")
    command.add_argument("--frames", type=int, default=500, help="of each random sequence; default: %(default)s")
    command.add_argument("--divide", type=int, default=1, help="divisor of channels and batches; default: %(default)s")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args(argv)
    bench = Bench(VideoPose3D(arguments.videopose3d), arguments.frames, arguments.divide)
    rows = []
    for figure in bench.figures():
        figure.ours(), figure.reference()  # warm-up
        pairs = [(figure.ours(), figure.reference()) for _ in range(arguments.repetitions)]
        ours, reference = map(list, zip(*pairs, strict=True))
        rows.append(comparison(figure.what, ours, reference, unit="frames/second"))
        print(f"{figure.what}: speed-up {rows[-1]['ratio']:.2f}", flush=True)
    write(arguments.out, rows)


class Bench:
    """Random motion, and the figures measured on it. divide: divisor of channels and batch sizes."""

    def __init__(self, peer: VideoPose3D, frames: int, divide: int) -> None:
        rng = np.random.default_rng(0)
        self.peer, self.divide = peer, divide
        self.keypoints = [rng.normal(0, 0.3, (frames, 17, 2)).astype(np.float32) for _ in range(SEQUENCES)]
        self.joints = [rng.normal(0, 0.3, (frames, 17, 3)).astype(np.float32) for _ in range(SEQUENCES)]
        keypoints, joints = (torch.from_numpy(np.concatenate(part)) for part in (self.keypoints, self.joints))
        self.motion = Motion.of(keypoints, joints, torch.full((SEQUENCES,), frames))

    def figures(self) -> Iterator[Figure]:
        """All comparisons."""
        half = choose_precision("bfloat16", torch.device("cpu"))
        wide, narrow, batch = (number // self.divide for number in (1024, 128, 1024))
        for precision in dict.fromkeys(["float32", half]):
            yield self.network_alone(precision, wide, batch // 4)
        for precision in dict.fromkeys(["float32", half]):
            yield self.whole_epochs(precision, narrow, batch)
        yield self.data_alone(SHORT, batch)
        yield self.data_alone(LONG, batch)
        yield self.evaluation(narrow)
        yield self.products(narrow)
        yield self.alignment()
        for precision in dict.fromkeys(["float32", half]):
            yield self.terms(precision, narrow, SHORT, batch)
            yield self.terms(precision, wide, LONG, batch // 4)

    def trainer(self, widths: list[int], channels: int, size: int, precision: str, role: str = "wide") -> Trainer:
        """Trainer of an experiment of the paper's profile, with another network size, batch size and precision."""
        experiment = paper_experiment(role, filter_widths=widths, channels=channels, batch_size=size)
        trainer = Trainer(self.motion.with_mirrored(MIRRORED), self.motion, experiment, seed=0, precision=precision)
        trainer.network.train()
        return trainer

    def network_alone(self, precision: str, channels: int, size: int) -> Figure:
        """One training step on a batch that is already in memory."""
        trainer, peer = self.trainer(LONG, channels, size, precision), self.peer.trainer(LONG, channels)
        singles, clips = next(iter(trainer.batches))
        keypoints, joints = (part.contiguous() for part in gather(trainer, singles))
        trainer.training = OneBatch(keypoints, joints, self.motion.first, self.motion.last)

        def ours() -> None:
            trainer.step(singles, clips, with_clips=False).tolist()

        def reference() -> None:
            self.peer.step(peer, keypoints, joints)

        what = f"training, network alone, {precision}, {channels} channels, 243 frames"
        return Figure(what, rate(size, ours), rate(size, reference))

    def whole_epochs(self, precision: str, channels: int, size: int) -> Figure:
        """An epoch over all frames and their mirror images, batches included."""
        trainer, peer = self.trainer(SHORT, channels, size, precision), self.peer.trainer(SHORT, channels)
        generator = self.peer.generator(self.keypoints, self.joints, size, pad=13)

        def ours() -> None:
            for singles, clips in trainer.batches:
                trainer.step(singles, clips, with_clips=False)

        def reference() -> None:
            for _, *batch in generator.next_epoch():
                joints, keypoints = (torch.from_numpy(part.astype("float32")) for part in batch)
                joints[:, :, 0] = 0
                self.peer.step(peer, keypoints, joints)

        frames = 2 * len(self.motion.joints)
        what = f"training, whole epochs with data, {precision}, {channels} channels, 27 frames"
        return Figure(what, rate(frames, ours), rate(frames, reference))

    def data_alone(self, widths: list[int], size: int) -> Figure:
        """The batches of an epoch, without a network."""
        trainer, receptive_field = self.trainer(widths, 8, size, "float32"), 3 ** len(widths)
        generator = self.peer.generator(self.keypoints, self.joints, size, pad=receptive_field // 2)

        def ours() -> None:
            for singles, _ in trainer.batches:
                gather(trainer, singles)

        def reference() -> None:
            for _, *batch in generator.next_epoch():
                tuple(torch.from_numpy(part.astype("float32")) for part in batch)

        frames = 2 * len(self.motion.joints)
        what = f"batches, receptive field of {receptive_field} frames"
        return Figure(what, rate(frames, ours), rate(frames, reference))

    def evaluation(self, channels: int) -> Figure:
        """Lift all sequences with flip averaging and score them: ours by all metrics, the reference by its four."""
        network = TemporalNetwork(LONG, channels).eval()
        peer = self.peer.evaluated(to_videopose3d(network), LONG, channels)
        measures = [resolve_name(metric.measure) for metric in METRICS.values()]

        @torch.no_grad()
        def ours() -> None:
            for keypoints, joints in zip(self.keypoints, self.joints, strict=True):
                predicted = lift(network, torch.from_numpy(keypoints), use_flip=True)
                for measure in measures:
                    measure(predicted, torch.from_numpy(joints))

        def reference() -> None:
            self.peer.evaluate(peer, self.keypoints, self.joints, pad=121)

        frames = len(self.motion.joints)
        return Figure(f"evaluation, {channels} channels, 243 frames", rate(frames, ours), rate(frames, reference))

    def products(self, channels: int) -> Figure:
        """The network in evaluation; the reference is its matrix products alone, by `torch.mm`."""
        network = TemporalNetwork(LONG, channels).eval()
        frames = len(self.keypoints[0]) + network.receptive_field - 1
        pair = torch.randn(2, frames, INPUTS).unflatten(2, (-1, 2))
        operands = []
        for layer in network.modules():
            if isinstance(layer, Convolution):
                frames -= (layer.kernel_size - 1) * layer.dilation
            elif isinstance(layer, torch.nn.Linear):
                features, products = (torch.randn(2 * frames, size) for size in (layer.in_features, layer.out_features))
                operands.append((features, layer.weight.detach().T, products))

        @torch.no_grad()
        def ours() -> None:
            for _ in self.keypoints:
                network(pair)

        def reference() -> None:
            for _ in self.keypoints:
                for features, weights, products in operands:
                    torch.mm(features, weights, out=products)

        frames = len(self.motion.joints)
        what = f"network in evaluation relative to its matrix products, {channels} channels, 243 frames"
        return Figure(what, rate(frames, ours), rate(frames, reference))

    def alignment(self) -> Figure:
        """P-MPJPE of all frames."""
        target, frames = self.motion.joints, len(self.motion.joints)
        predicted = target + 0.05 * torch.randn(target.shape)

        def ours() -> None:
            p_mpjpe(predicted, target)

        def reference() -> None:
            self.peer.loss.p_mpjpe(predicted.numpy().copy(), target.numpy().copy())

        return Figure("P-MPJPE", rate(frames, ours), rate(frames, reference))

    def terms(self, precision: str, channels: int, widths: list[int], size: int) -> Figure:
        """Joint-aware training steps; the reference is our training without terms, on as many predicted frames."""
        joint_aware = self.trainer(widths, channels, size, precision, "ours")
        predicted = size + joint_aware.experiment.clips * joint_aware.experiment.clip_frames
        plain = self.trainer(widths, channels, predicted, precision)
        (singles, clips), (plain_singles, plain_clips) = (next(iter(run.batches)) for run in (joint_aware, plain))
        steps = max(1, 256 // (channels * self.divide) * 10)  # about a second of work at full size

        def ours() -> None:
            for _ in range(steps):
                joint_aware.step(singles, clips, with_clips=True).tolist()

        def reference() -> None:
            for _ in range(steps):
                plain.step(plain_singles, plain_clips, with_clips=False).tolist()

        what = f"joint-aware training relative to plain, {precision}, {channels} channels, {3 ** len(widths)} frames"
        return Figure(what, rate(steps * predicted, ours), rate(steps * predicted, reference))


@dataclass(frozen=True)
class OneBatch(Motion):
    """A single batch in memory in place of a motion, so that gathering frames takes no time.

    keypoints: (batch, receptive_field, 17, 2). joints: (batch, 1, 17, 3).
    """

    def gather(self, rows: Tensor, network: LiftingNetwork) -> tuple[Tensor, Tensor]:
        """The batch, whatever is asked for."""
        return self.keypoints, self.joints


def gather(trainer: Trainer, singles: Tensor) -> tuple[Tensor, Tensor]:
    """Keypoints, (batch, receptive_field, 17, 2), and joints, (batch, 1, 17, 3), of single frames."""
    return trainer.training.gather(singles, trainer.network)


def rate(frames: int, work: Callable[[], object]) -> Measure:
    """A function that runs `work` once and returns frames per second."""

    def measure() -> float:
        started = time.perf_counter()
        work()
        return frames / (time.perf_counter() - started)

    return measure


if __name__ == "__main__":
    main()
