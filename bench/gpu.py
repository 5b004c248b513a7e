"""Measure training on a GPU at Human3.6M's size with the paper's 2048 channels, in every precision it supports.

The motion is random and as long as Human3.6M's training set. Each configuration trains for some seconds after a
warm-up; the duration of an epoch, over all frames and their mirror images, is extrapolated. With --videopose3d, the
path of a clone, VideoPose3D is measured as well, trained as its run.py does. Takes a few minutes; writes
bench/results/gpu.csv. With --bound nothing is measured: bench/results/gpu_bound.csv gets the duration of an epoch
at half the peak of a GPU, computed from its data sheet.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench._experiment import paper_experiment
from bench._table import row, write
from bench._videopose3d import VideoPose3D
from jointaware.pose.network import TemporalNetwork
from jointaware.pose.skeleton import MIRRORED
from jointaware.training.batches import Motion
from jointaware.training.devices import choose_device, choose_precision
from jointaware.training.trainer import Trainer

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/gpu.csv"
FRAMES, SEQUENCE = 1_560_000, 2600
WIDTHS = [3, 3, 3, 3, 3]
PRECISIONS = ("float32", "tf32", "bfloat16")
CARD, PEAK = "NVIDIA H100 SXM, bfloat16, data sheet, without sparsity", 989e12
"""Floating-point operations per second."""
WARM_UP_STEPS = 10
SEQUENCES_OF_PEER = 20


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--videopose3d", type=Path, help="a clone of VideoPose3D, to measure it as well")
    command.add_argument("--device", default="auto", help="default: a GPU if there is one")
    command.add_argument("--frames", type=int, default=FRAMES, help="of the training set; default: %(default)s")
    command.add_argument("--channels", type=int, default=2048, help="default: %(default)s")
    command.add_argument("--batch", type=int, default=1024, help="output frames per step; default: %(default)s")
    command.add_argument("--seconds", type=float, default=15, help="minimum per configuration; default: %(default)s")
    command.add_argument("--bound", action="store_true", help="compute an epoch at half the peak instead of measuring")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args(argv)
    if arguments.bound:
        write(arguments.out.with_stem("gpu_bound"), [bound(arguments.frames, arguments.channels)])
        return
    device = choose_device(arguments.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    motion = random_motion(arguments.frames, device)
    epoch, size = 2 * arguments.frames, arguments.batch

    def lines(what: str, step: Callable[[], int]) -> Iterator[dict[str, object]]:
        rates, memory = measure(step, arguments.seconds, device)
        seconds = [epoch / rate for rate in rates]
        full = f"{what}, {arguments.channels} channels, 243 frames, {name}"
        yield row(full, rates, "frames/second")
        yield row(f"{full}: epoch of {epoch} frames, extrapolated", seconds, "seconds")
        if device.type == "cuda":
            yield row(f"{full}: peak device memory", [memory], "MiB")
        print(f"{full}: {statistics.median(rates):.0f} frames/second", flush=True)

    rows: list[dict[str, object]] = []
    for precision in dict.fromkeys(choose_precision(precision, device) for precision in PRECISIONS):
        trainer = start(motion, precision, arguments.channels, size, "wide")
        rows += lines(f"plain, {precision}", stepping(trainer))
        if precision == "bfloat16" and device.type == "cuda":
            trainer.network.windows = torch.compile(trainer.network.windows)  # type: ignore[method-assign]
            rows += lines(f"plain, {precision}, compiled", stepping(trainer))
        trainer = start(motion, precision, arguments.channels, size, "ours")
        rows += lines(f"joint-aware, {precision}", stepping(trainer))
    if arguments.videopose3d:
        rows += lines("VideoPose3D", peer_stepping(VideoPose3D(arguments.videopose3d), motion, arguments, device))
    write(arguments.out, rows)


def bound(frames: int, channels: int) -> dict[str, object]:
    """A row with the duration of an epoch, in seconds, if matrix products run at half the peak of the GPU."""
    network = TemporalNetwork(WIDTHS, channels)
    with FlopCounterMode(display=False) as counter:
        network.windows(torch.empty(2, 243, 17, 2)).sum().backward()
    operations = frames * counter.get_total_flops()  # of two output frames: each frame and its mirror image
    seconds = operations / (PEAK / 2)
    return {"what": f"{2 * frames} frames, {channels} channels, 243 frames", "operations": operations, "card": CARD,
            "peak": PEAK, "seconds": seconds}  # fmt: skip


def random_motion(frames: int, device: torch.device) -> Motion:
    """Noise on the device, about `frames` frames in sequences as long as Human3.6M's."""
    lengths = torch.full((max(1, frames // SEQUENCE),), min(frames, SEQUENCE), device=device)
    total = int(lengths.sum())
    return Motion.of(
        0.3 * torch.randn(total, 17, 2, device=device), 0.3 * torch.randn(total, 17, 3, device=device), lengths
    )


def start(motion: Motion, precision: str, channels: int, size: int, role: str) -> Trainer:
    """Trainer of an experiment of the paper's profile, with another number of channels, batch size and precision."""
    experiment = paper_experiment(role, filter_widths=WIDTHS, channels=channels, batch_size=size)
    trainer = Trainer(motion.with_mirrored(MIRRORED), motion, experiment, seed=0, precision=precision)
    trainer.network.train()
    return trainer


def stepping(trainer: Trainer) -> Callable[[], int]:
    """A function that takes the next training step, epoch after epoch, and returns its number of frames."""
    batches = chain.from_iterable(repeat(trainer.batches))

    def step() -> int:
        singles, clips = next(batches)
        trainer.step(singles, clips, with_clips=True)
        return len(singles)

    return step


def peer_stepping(
    peer: VideoPose3D, motion: Motion, arguments: argparse.Namespace, device: torch.device
) -> Callable[[], int]:
    """The same for VideoPose3D, on a part of the motion: its generator needs one array per sequence."""
    lengths = (motion.last - motion.first + 1)[:SEQUENCES_OF_PEER].tolist()
    keypoints, joints = (
        [part.numpy() for part in array[: sum(lengths)].cpu().split(lengths)]
        for array in (motion.keypoints, motion.joints)
    )
    trainer = peer.trainer(WIDTHS, arguments.channels, str(device))
    generator = peer.generator(keypoints, joints, arguments.batch, pad=121)
    batches = chain.from_iterable(generator.next_epoch() for _ in repeat(None))

    def step() -> int:
        _, *batch = next(batches)
        joints, keypoints = (torch.from_numpy(part.astype("float32")).to(device) for part in batch)
        joints[:, :, 0] = 0
        peer.step(trainer, keypoints, joints)
        return len(joints)

    return step


def measure(step: Callable[[], int], seconds: float, device: torch.device) -> tuple[list[float], float]:
    """Frames per second in five intervals, `seconds` in total, and the peak device memory in MiB."""

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    for _ in range(WARM_UP_STEPS):
        step()
    wait()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    rates = []
    for _ in range(5):
        started, frames = time.perf_counter(), 0
        while time.perf_counter() - started < seconds / 5:
            frames += sum(step() for _ in range(5))
            wait()
        rates.append(frames / (time.perf_counter() - started))
    return rates, torch.cuda.max_memory_allocated(device) / 2**20 if device.type == "cuda" else 0.0


if __name__ == "__main__":
    main()
