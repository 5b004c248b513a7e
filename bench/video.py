"""Measure `jointaware lift` on an hour of keypoints, and a stream frame by frame.

Writes bench/results/video.csv: seconds and memory of the command on AlphaPose's JSON of an hour at 60 frames/s,
those of a start with a video of ten frames, and milliseconds for a frame of a stream. With --videopose3d, the path
of a clone of VideoPose3D, its evaluation of the same frames and its causal network on one receptive field are
measured beside them; its evaluation takes keypoints that are in memory, without confidence, gaps and root.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from bench._table import row, write
from bench._videopose3d import VideoPose3D
from jointaware.artifacts.network_files import NetworkInput, write_networks
from jointaware.pose.inference.streams import Stream
from jointaware.pose.network import TemporalNetwork, to_videopose3d

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/video.csv"
HOUR, FPS, SIZE = 216_000, 60, (1920, 1080)
WIDTHS, CHANNELS = [3, 3, 3, 3, 3], 128
FRAMES_OF_STREAM = 300


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--videopose3d", type=Path, help="a clone of VideoPose3D")
    command.add_argument("--repetitions", type=int, default=3, help="of each measurement; default: %(default)s")
    command.add_argument("--frames", type=int, default=HOUR, help="of the video; default: %(default)s, an hour")
    command.add_argument("--channels", type=int, default=CHANNELS, help="of the network; default: %(default)s")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args(argv)
    torch.manual_seed(0)
    networks = {causal: TemporalNetwork(WIDTHS, arguments.channels, causal=causal).eval() for causal in (False, True)}
    with tempfile.TemporaryDirectory() as folder:
        rows = _commands(Path(folder), networks[False], arguments.frames, arguments.repetitions)
    rows += _streams(networks[True], arguments.repetitions)
    if arguments.videopose3d:
        rows += _peer(VideoPose3D(arguments.videopose3d), networks, arguments.frames, arguments.repetitions)
    write(arguments.out, rows)


def _commands(folder: Path, network: TemporalNetwork, frames: int, repetitions: int) -> list[dict[str, object]]:
    """The command on a long video, and on one so short that its time is that of the start."""
    write_networks(folder / "network.safetensors", [network], NetworkInput("coco", "screen", 50.0))
    rows = []
    for name, length in {f"{frames} frames": frames, "10 frames": 10}.items():
        path = folder / f"{length}.json"
        _write_alphapose(path, length)
        seconds = []
        for _ in range(repetitions):
            started = time.perf_counter()
            subprocess.run([*_lift(folder, path)], cwd=ROOT, check=True, capture_output=True)
            seconds.append(time.perf_counter() - started)
        rows.append(row(f"jointaware lift, {name}", seconds, "seconds"))
        if length == frames:
            largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            rows.append(row(f"largest process of it, {name}", [largest], "MiB"))
    return rows


def _lift(folder: Path, path: Path) -> list[str]:
    size = f"{SIZE[0]}x{SIZE[1]}"
    options = f"--fps {FPS} --size {size} --network {folder}/network.safetensors --out {folder}/out"
    return [sys.executable, "-m", "jointaware", "lift", str(path), *options.split()]


def _write_alphapose(path: Path, frames: int) -> None:
    """A person who sways, as AlphaPose would write it."""
    rng = np.random.default_rng(0)
    pose = rng.uniform((600, 200), (900, 900), (17, 2))
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for frame in range(frames):
            points = pose + 20 * np.sin(frame / 30 + np.arange(34).reshape(17, 2)) + rng.normal(0, 1, (17, 2))
            keypoints = np.column_stack([points, np.full(17, 0.9)]).ravel().round(3).tolist()
            entry = {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": keypoints, "score": 2.9, "idx": 1}
            file.write(("," if frame else "") + json.dumps(entry))
        file.write("]")


def _streams(network: TemporalNetwork, repetitions: int) -> list[dict[str, object]]:
    """A frame of a stream, averaged with its mirror image and not."""
    frames, rows = torch.rand(FRAMES_OF_STREAM, 17, 2), []
    for use_flip in (False, True):
        stream = Stream(network, use_flip=use_flip)
        times = [_milliseconds(stream.lift, frames) for _ in range(repetitions)]
        flip = "with the mirror image" if use_flip else "alone"
        rows.append(row(f"a frame of a stream, {flip}, {network.channels} channels", times, "milliseconds"))
    return rows


def _peer(
    peer: VideoPose3D, networks: dict[bool, TemporalNetwork], frames: int, repetitions: int
) -> list[dict[str, object]]:
    """VideoPose3D on the same number of frames, and on the receptive field of one frame, as it would lift a stream."""
    network, causal = (
        peer.evaluated(to_videopose3d(networks[key]), WIDTHS, networks[key].channels, causal=key) for key in networks
    )
    pad = (networks[False].receptive_field - 1) // 2
    keypoints, joints = np.random.rand(frames, 17, 2).astype("f4"), np.random.rand(frames, 17, 3).astype("f4")
    seconds = []
    for _ in range(repetitions):
        started = time.perf_counter()
        peer.evaluate(network, [keypoints], [joints], pad=pad)
        seconds.append(time.perf_counter() - started)
    window = torch.rand(FRAMES_OF_STREAM, 2, networks[True].receptive_field, 17, 2)
    with torch.no_grad():
        times = [_milliseconds(causal, window) for _ in range(repetitions)]
    what = "VideoPose3D's causal network on the receptive field of a frame, with the mirror image"
    return [
        row(f"VideoPose3D's evaluation of {frames} frames", seconds, "seconds"),
        row(f"{what}, {networks[True].channels} channels", times, "milliseconds"),
    ]


def _milliseconds(work: Callable[[torch.Tensor], object], frames: torch.Tensor) -> float:
    """Median time of a frame."""
    times = []
    for frame in frames:
        started = time.perf_counter()
        work(frame)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
