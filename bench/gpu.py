"""Measure training on a GPU at Human3.6M's size and the paper's 2048 channels, in every arithmetic the card has.

The motion is made up and as long as Human3.6M's training set. Each line trains for some seconds after a warm-up; the
length of an epoch, every frame and its mirror image, is computed from that rate. With --videopose3d, a path to your own
clone, VideoPose3D trains beside it as its run.py does. Minutes at most; writes bench/results/gpu.csv. With --bound
nothing is measured: bench/results/gpu_bound.csv tells what an epoch is to half of a card's peak by its data sheet.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench._table import row, write
from bench._videopose3d import VideoPose3D
from jointaware.artifacts.parameters import load
from jointaware.pose.network import TemporalNetwork
from jointaware.pose.skeleton import MIRRORED
from jointaware.training.devices import choose_device, choose_precision
from jointaware.training.trainer import Motion, Trainer

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/gpu.csv"
FRAMES, SEQUENCE = 1_560_000, 2600
PRECISIONS = ("float32", "tf32", "bfloat16")
CARD, PEAK = "NVIDIA H100 SXM, bfloat16, data sheet, without sparsity", 989e12
"""Operations a second."""
WARM_UP_STEPS = 10
SEQUENCES_OF_PEER = 20


def main() -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--videopose3d", type=Path, help="a clone of VideoPose3D, to train beside it")
    command.add_argument("--device", default="auto", help="default: a GPU where there is one")
    command.add_argument("--frames", type=int, default=FRAMES, help="of the training set; default: %(default)s")
    command.add_argument("--channels", type=int, default=2048, help="default: %(default)s")
    command.add_argument("--batch", type=int, default=1024, help="output frames of a step; default: %(default)s")
    command.add_argument("--seconds", type=float, default=15, help="of each line, at least; default: %(default)s")
    command.add_argument("--bound", action="store_true", help="only compute what a card allows")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args()
    if arguments.bound:
        write(arguments.out.with_stem("gpu_bound"), [bound(arguments.frames, arguments.channels)])
        return
    device = choose_device(arguments.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    motion = made_up(arguments.frames, device)
    epoch, size = 2 * arguments.frames, arguments.batch

    def lines(what: str, step: Callable[[], int]) -> Iterator[dict[str, object]]:
        rates, memory = measure(step, arguments.seconds, device)
        seconds = [epoch / rate for rate in rates]
        told = f"{what}, {arguments.channels} channels, 243 frames, {name}"
        yield row(told, rates, "frames/second")
        yield row(f"an epoch so, {epoch} frames, computed", seconds, "seconds")
        if device.type == "cuda":
            yield row("memory of the device so, at most", [memory], "MiB")
        print(f"{told}: {sorted(rates)[len(rates) // 2]:.0f} frames a second", flush=True)

    rows: list[dict[str, object]] = []
    for precision in dict.fromkeys(choose_precision(precision, device) for precision in PRECISIONS):
        trainer = start(motion, precision, arguments.channels, size, "wide")
        rows += lines(f"plain, {precision}", stepping(trainer))
        if precision == "bfloat16" and device.type == "cuda":
            trainer.network.windows = torch.compile(trainer.network.windows)  # type: ignore[method-assign]
            rows += lines(f"plain, {precision}, compiled", stepping(trainer))
        trainer = start(motion, precision, arguments.channels, size, "joint_aware")
        rows += lines(f"joint-aware, {precision}", stepping(trainer))
    if arguments.videopose3d:
        rows += lines("VideoPose3D", peer_stepping(VideoPose3D(arguments.videopose3d), motion, arguments, device))
    write(arguments.out, rows)


def bound(frames: int, channels: int) -> dict[str, object]:
    """Seconds of an epoch if every operation of its matrix products went at half of the card's peak."""
    network = TemporalNetwork([3] * 5, channels)
    with FlopCounterMode(display=False) as counter:
        network.windows(torch.empty(2, 243, 17, 2)).sum().backward()
    operations = frames * counter.get_total_flops()  # of two windows; each frame is mirrored as well
    seconds = operations / (PEAK / 2)
    return {"what": f"{2 * frames} frames, {channels} channels, 243 frames", "operations": operations, "card": CARD,
            "peak": PEAK, "seconds": seconds}  # fmt: skip


def made_up(frames: int, device: torch.device) -> Motion:
    """Noise, as many frames on the device, in sequences of Human3.6M's length."""
    lengths = torch.full((max(1, frames // SEQUENCE),), min(frames, SEQUENCE), device=device)
    total = int(lengths.sum())
    return Motion.of(
        0.3 * torch.randn(total, 17, 2, device=device), 0.3 * torch.randn(total, 17, 3, device=device), lengths
    )


def start(motion: Motion, precision: str, channels: int, size: int, experiment: str) -> Trainer:
    """A trainer as the paper's profile has it but for these values."""
    parameters = load(ROOT / "profiles/paper.yaml")
    settings = parameters["train"] | {"precision": precision, "batch_size": size}
    settings_of_run = parameters["experiments"][experiment] | {"channels": channels}
    trainer = Trainer(motion.with_mirrored(MIRRORED), motion, settings, settings_of_run, seed=0)
    trainer.network.train()
    return trainer


def stepping(trainer: Trainer) -> Callable[[], int]:
    """One step after another, epoch after epoch; each returns its frames."""
    batches = chain.from_iterable(repeat(trainer.batches))

    def step() -> int:
        singles, windows = next(batches)
        trainer.step(singles, windows, with_windows=True)
        return len(singles)

    return step


def peer_stepping(
    peer: VideoPose3D, motion: Motion, arguments: argparse.Namespace, device: torch.device
) -> Callable[[], int]:
    """The same of VideoPose3D, from a part of the motion: its generator wants arrays of each sequence."""
    lengths = (motion.last - motion.first + 1)[:SEQUENCES_OF_PEER].tolist()
    keypoints, joints = (
        [part.numpy() for part in array[: sum(lengths)].cpu().split(lengths)]
        for array in (motion.keypoints, motion.joints)
    )
    trainer = peer.trainer([3] * 5, arguments.channels, str(device))
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
    """Frames a second in five stretches of that many seconds together, and MiB of the device at most."""

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
