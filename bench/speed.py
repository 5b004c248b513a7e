"""Measure training and evaluation beside VideoPose3D, in turn, in one process.

VideoPose3D is a path to your own clone of it (https://github.com/facebookresearch/VideoPose3D); every repetition runs
ours and theirs one after the other on the same made-up motion. Writes bench/results/speed.csv: rates in frames a
second, and the ratio of ours to the peer's, median, least and most.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from bench._table import comparison, write
from bench._videopose3d import VideoPose3D
from jointaware.artifacts.parameters import load
from jointaware.pose.layers import Convolution
from jointaware.pose.lifting import lift
from jointaware.pose.metrics import mpjae, mpjpe, mpjve, n_mpjpe, p_mpjpe
from jointaware.pose.network import INPUTS, TemporalNetwork, to_videopose3d
from jointaware.pose.skeleton import MIRRORED
from jointaware.training.devices import choose_precision
from jointaware.training.trainer import Motion, Trainer

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/speed.csv"
SEQUENCES = 60
LONG, SHORT = [3, 3, 3, 3, 3], [3, 3, 3]
METRICS = (mpjpe, p_mpjpe, n_mpjpe, mpjve, mpjae)
Measure = Callable[[], float]


def main() -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--videopose3d", type=Path, required=True, help="a clone of VideoPose3D")
    command.add_argument("--repetitions", type=int, default=5, help="of each figure, in turn; default: %(default)s")
    command.add_argument("--frames", type=int, default=500, help="of each made-up sequence; default: %(default)s")
    command.add_argument("--divide", type=int, default=1, help="channels and batches by this; default: %(default)s")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args()
    bench = Bench(VideoPose3D(arguments.videopose3d), arguments.frames, arguments.divide)
    rows = []
    for what, ours, theirs in bench.figures():
        ours(), theirs()  # the first time is for warming up
        pairs = [(ours(), theirs()) for _ in range(arguments.repetitions)]
        rows.append(comparison(what, *map(list, zip(*pairs, strict=True)), unit="frames/second"))
        print(f"{what}: {rows[-1]['ratio']:.2f} times", flush=True)
    write(arguments.out, rows)


class Bench:
    """The motion of the benchmark, and each figure of it as two functions, ours and the peer's."""

    def __init__(self, peer: VideoPose3D, frames: int, divide: int) -> None:
        rng = np.random.default_rng(0)
        self.peer, self.divide = peer, divide
        self.keypoints = [rng.normal(0, 0.3, (frames, 17, 2)).astype(np.float32) for _ in range(SEQUENCES)]
        self.joints = [rng.normal(0, 0.3, (frames, 17, 3)).astype(np.float32) for _ in range(SEQUENCES)]
        keypoints, joints = (torch.from_numpy(np.concatenate(part)) for part in (self.keypoints, self.joints))
        self.motion = Motion.of(keypoints, joints, torch.full((SEQUENCES,), frames))
        self.parameters = load(ROOT / "profiles/paper.yaml")

    def figures(self) -> Iterator[tuple[str, Measure, Measure]]:
        """What is compared, ours and the peer's."""
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

    def trainer(self, widths: list[int], channels: int, size: int, precision: str, run: str = "wide") -> Trainer:
        """Ours, as the paper's profile has it but for these values."""
        settings = {"filter_widths": widths, "batch_size": size, "precision": precision}
        experiment = self.parameters["experiments"][run] | {"channels": channels}
        motion = self.motion.with_mirrored(MIRRORED)
        trainer = Trainer(motion, self.motion, self.parameters["train"] | settings, experiment, seed=0)
        trainer.network.train()
        return trainer

    def network_alone(self, precision: str, channels: int, size: int) -> tuple[str, Measure, Measure]:
        """One step on a batch that lies ready."""
        trainer, peer = self.trainer(LONG, channels, size, precision), self.peer.trainer(LONG, channels)
        singles, windows = next(iter(trainer.batches))
        keypoints, joints = (part.contiguous() for part in trainer.gather(singles))

        def ours() -> None:
            trainer.gather = lambda *_: (keypoints, joints)  # type: ignore[method-assign]
            trainer.step(singles, windows, with_windows=False).tolist()

        what = f"training, the network alone, {precision}, {channels} channels, 243 frames"
        return what, rate(size, ours), rate(size, lambda: self.peer.step(peer, keypoints, joints))

    def whole_epochs(self, precision: str, channels: int, size: int) -> tuple[str, Measure, Measure]:
        """Every frame and its mirror image once, with all that belongs to it."""
        trainer, peer = self.trainer(SHORT, channels, size, precision), self.peer.trainer(SHORT, channels)
        generator = self.peer.generator(self.keypoints, self.joints, size, pad=13)

        def ours() -> None:
            for singles, windows in trainer.batches:
                trainer.step(singles, windows, with_windows=False)

        def theirs() -> None:
            for _, *batch in generator.next_epoch():
                joints, keypoints = (torch.from_numpy(part.astype("float32")) for part in batch)
                joints[:, :, 0] = 0
                self.peer.step(peer, keypoints, joints)

        frames = 2 * len(self.motion.joints)
        what = f"training, whole epochs with their data, {precision}, {channels} channels, 27 frames"
        return what, rate(frames, ours), rate(frames, theirs)

    def data_alone(self, widths: list[int], size: int) -> tuple[str, Measure, Measure]:
        """The batches of an epoch, without a network."""
        trainer = self.trainer(widths, 8, size, "float32")
        generator = self.peer.generator(self.keypoints, self.joints, size, pad=3 ** len(widths) // 2)

        def ours() -> None:
            for singles, _ in trainer.batches:
                trainer.gather(singles)

        def theirs() -> None:
            for _, *batch in generator.next_epoch():
                tuple(torch.from_numpy(part.astype("float32")) for part in batch)

        frames = 2 * len(self.motion.joints)
        return f"batches of windows of {3 ** len(widths)} frames", rate(frames, ours), rate(frames, theirs)

    def evaluation(self, channels: int) -> tuple[str, Measure, Measure]:
        """All sequences lifted with flip averaging and scored: ours by five metrics, the peer by its four."""
        network = TemporalNetwork(LONG, channels).eval()
        peer = self.peer.evaluated(to_videopose3d(network), LONG, channels)

        @torch.no_grad()
        def ours() -> None:
            for keypoints, joints in zip(self.keypoints, self.joints, strict=True):
                predicted = lift(network, torch.from_numpy(keypoints), use_flip=True)
                for metric in METRICS:
                    metric(predicted, torch.from_numpy(joints))

        def theirs() -> None:
            self.peer.evaluate(peer, self.keypoints, self.joints, pad=121)

        frames = len(self.motion.joints)
        return f"evaluation, {channels} channels, 243 frames", rate(frames, ours), rate(frames, theirs)

    def products(self, channels: int) -> tuple[str, Measure, Measure]:
        """The network of the evaluation; the peer is its products by `torch.mm`, nothing before or between them."""
        network = TemporalNetwork(LONG, channels).eval()
        frames = len(self.keypoints[0]) + network.receptive_field - 1
        pair = torch.randn(2, frames, INPUTS).unflatten(2, (-1, 2))
        operands = []
        for layer in network.modules():
            if isinstance(layer, Convolution):
                frames -= (layer.taps - 1) * layer.dilation
            elif isinstance(layer, torch.nn.Linear):
                features, products = (torch.randn(2 * frames, size) for size in (layer.in_features, layer.out_features))
                operands.append((features, layer.weight.detach().T, products))

        @torch.no_grad()
        def ours() -> None:
            for _ in self.keypoints:
                network(pair)

        def theirs() -> None:
            for _ in self.keypoints:
                for features, weights, products in operands:
                    torch.mm(features, weights, out=products)

        frames = len(self.motion.joints)
        what = f"the network of the evaluation against its matrix products, {channels} channels, 243 frames"
        return what, rate(frames, ours), rate(frames, theirs)

    def alignment(self) -> tuple[str, Measure, Measure]:
        """P-MPJPE of every frame."""
        target, frames = self.motion.joints, len(self.motion.joints)
        predicted = target + 0.05 * torch.randn(target.shape)

        def theirs() -> None:
            self.peer.loss.p_mpjpe(predicted.numpy().copy(), target.numpy().copy())

        return "P-MPJPE", rate(frames, lambda: p_mpjpe(predicted, target)), rate(frames, theirs)

    def terms(self, precision: str, channels: int, widths: list[int], size: int) -> tuple[str, Measure, Measure]:
        """Joint-aware steps; the peer is our own training without terms on as many predicted frames."""
        joint_aware = self.trainer(widths, channels, size, precision, "joint_aware")
        experiment = joint_aware.experiment
        predicted = size + experiment["windows"] * experiment["window"]
        plain = self.trainer(widths, channels, predicted, precision)
        drawn = [next(iter(trainer.batches)) for trainer in (joint_aware, plain)]
        steps = max(1, 256 // channels * 10)  # as many as take about a second

        def ours() -> None:
            for _ in range(steps):
                joint_aware.step(*drawn[0], with_windows=True).tolist()

        def theirs() -> None:
            for _ in range(steps):
                plain.step(*drawn[1], with_windows=False).tolist()

        what = f"joint-aware training against plain, {precision}, {channels} channels, {3 ** len(widths)} frames"
        return what, rate(steps * predicted, ours), rate(steps * predicted, theirs)


def rate(frames: int, work: Callable[[], object]) -> Measure:
    """Measures frames a second of that work."""

    def measure() -> float:
        started = time.perf_counter()
        work()
        return frames / (time.perf_counter() - started)

    return measure


if __name__ == "__main__":
    main()
