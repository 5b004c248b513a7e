"""Measure the pipeline on data of Human3.6M's size: preprocessing, batches, scoring.

The data are made up, in VideoPose3D's file formats, with as many frames over four cameras as Human3.6M: 2.1 million,
543,344 of them test frames. Nothing of Human3.6M is in them. Writes bench/results/human36m.csv and, beside it, a figure
of cost against frames.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from bench._table import row, write
from jointaware.analysis.figures.style import drawing
from jointaware.artifacts.predictions import write_predictions
from jointaware.artifacts.sequences import open_sequences
from jointaware.mocap.actions import ACTIONS
from jointaware.mocap.cameras import load_cameras
from jointaware.mocap.h36m import CAMERAS
from jointaware.mocap.h36m.takes import KEPT_JOINTS
from jointaware.mocap.plausible.keypoints import Distances
from jointaware.mocap.synthetic.takes import synthesize
from jointaware.mocap.take import Take
from jointaware.mocap.views import View, look
from jointaware.pose.network import TemporalNetwork
from jointaware.training.batches import Batches, read_motion
from stages import preprocess

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/human36m.csv"
FRAMES, TEST_FRAMES = 2_100_000, 543_344
TRAIN, TEST = ("S1", "S5", "S6", "S7", "S8"), ("S9", "S11")
LEFT_OUT = "S11/Directions"
WIDTHS, BATCH = (3, 3, 3, 3, 3), 1024
SYMMETRY = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
RAW = "--raw data/raw --manifest data/manifest.json"
SEQUENCES = "--sequences data/sequences.safetensors --cameras data/cameras.json"
CHECKS: dict[Any, tuple[str, ...]] = {
    preprocess: ("find_in_take", "find_lying", "find_copies", "find_in_camera", "find_lost"),
    Distances: ("add", "median", "find"),
}
"""Functions that preprocess calls to check what it reads, by module or class."""
MEBIBYTE = 2**20
PARTS = (20, 4, 1)
"""Preprocessing is measured on these fractions of the frames."""
GROWTH = (("preprocess", "fetch"), ("memory of preprocess", "arrays that preprocess writes"))
LAUNCHER = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""
"""Starts the command from a small process, because the peak memory of a new process includes that of its parent."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--frames", type=int, default=FRAMES, help="over four cameras; default: %(default)s")
    command.add_argument("--repetitions", type=int, default=3, help="default: %(default)s")
    command.add_argument("--batches", type=int, default=100, help="in each repetition; default: %(default)s")
    command.add_argument("--folder", type=Path, help="folder to keep the largest data in; default: a temporary one")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args(argv)
    rows = []
    for frames in sorted(arguments.frames // part for part in PARTS):
        with tempfile.TemporaryDirectory() as temporary:
            is_largest = frames == arguments.frames
            folder = arguments.folder if arguments.folder and is_largest else Path(temporary)
            lay_out(folder, frames)
            rows += measure_preprocess(folder, frames, arguments.repetitions)
            if is_largest:
                rows += measure_checks(folder, frames, arguments.repetitions)
                rows += measure_batches(folder, arguments.batches, arguments.repetitions)
                rows += measure_evaluate(folder, arguments.repetitions)
    write(arguments.out, rows)
    with drawing(arguments.out.with_suffix(".svg")):
        draw_growth(arguments.out)


def draw_growth(csv: Path) -> Figure:
    """Seconds and memory of preprocess by frames, with range, and the arrays that it writes."""
    table = pd.read_csv(csv, keep_default_na=False)
    table[["what", "frames"]] = table["what"].str.extract(r"(.*), (\d+) frames$")
    table = table.dropna(subset="frames").astype({"frames": int})
    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for axis, names, label in zip(axes, GROWTH, ("time (s)", "memory (MiB)"), strict=True):
        for name in names:
            rows = table[table["what"] == name].sort_values("frames")
            spread = (rows["median"] - rows["least"], rows["most"] - rows["median"])
            axis.errorbar(rows["frames"] / 1e6, rows["median"], yerr=spread, marker="o", markersize=4, label=name)
        axis.set(xlabel="frames (millions)", ylabel=f"{label}, lower is better", xlim=(0, None), ylim=(0, None))
        axis.legend(loc="upper left")
    return figure


def lay_out(folder: Path, frames: int) -> None:
    """Write parameters, and made-up files in the licensed formats with this number of frames over all cameras."""
    rng = np.random.default_rng(0)
    names = {subject: [f"{action}{n}" for action in ACTIONS for n in ("", " 1")] for subject in (*TRAIN, *TEST)}
    names[LEFT_OUT.split("/")[0]].remove(LEFT_OUT.split("/")[1])
    test = round(frames / FRAMES * TEST_FRAMES / len(CAMERAS))
    shares = {TRAIN: frames // len(CAMERAS) - test, TEST: test}
    joints: dict[str, dict[str, np.ndarray]] = {}
    keypoints: dict[str, dict[str, list[np.ndarray]]] = {}
    rigs = load_cameras()
    for subjects, total in shares.items():
        takes = [(subject, name) for subject in subjects for name in names[subject]]
        for number, (subject, name) in enumerate(takes):
            length = total // len(takes) + (number < total % len(takes))
            motion = np.zeros((length, 32, 3), np.float32)
            motion[:, KEPT_JOINTS] = standing() + swaying(rng, length, (17, 3), 0.02)
            joints.setdefault(subject, {})[name] = motion
            take = Take(subject, name, "", motion[:, KEPT_JOINTS], 50.0)
            seen = [look(take, View(rigs[subject][camera], 0.0))[1] for camera in CAMERAS]
            keypoints.setdefault(subject, {})[name] = [each + swaying(rng, length, (17, 2), 5.0) for each in seen]
    licensed = folder / "licensed"
    licensed.mkdir(parents=True)
    metadata = {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": SYMMETRY}
    np.savez_compressed(licensed / "data_3d_h36m.npz", positions_3d=np.array(joints))
    np.savez_compressed(
        licensed / "data_2d_h36m_cpn_ft_h36m_dbb.npz", positions_2d=np.array(keypoints), metadata=np.array(metadata)
    )
    shutil.copy(ROOT / "profiles/paper.yaml", folder / "params.yaml")


def standing() -> np.ndarray:
    """A person of the synthetic source, (17, 3) float32 metres, who stands where the cameras look."""
    return synthesize("S1", "Waiting", "", frames=3, fps=50.0, seed=0).joints[0]


def swaying(rng: np.random.Generator, frames: int, shape: tuple[int, int], size: float) -> np.ndarray:
    """Smooth made-up motion, (frames, *shape) float32."""
    time_axis = np.arange(frames, dtype=np.float32)[:, None, None] / 50
    phase, frequency = rng.uniform(0, 6.3, shape), rng.uniform(0.2, 2, shape)
    return (size * np.sin(phase + 6.3 * frequency * time_axis)).astype(np.float32)


def measure_preprocess(folder: Path, frames: int, repetitions: int) -> list[dict[str, object]]:
    """Seconds of fetch and preprocess, and memory of preprocess, also relative to the arrays that it writes."""
    paths = f"--params params.yaml {RAW}"
    fetches = [run(f"-m stages.fetch {paths}", folder) for _ in range(repetitions)]
    stages = [run(f"-m stages.preprocess {paths} {SEQUENCES}", folder) for _ in range(repetitions)]
    imports = [run("-m stages.preprocess --help", folder)[1] for _ in range(repetitions)]
    arrays = (folder / "data/sequences.safetensors").stat().st_size / MEBIBYTE
    of = f", {frames} frames"
    return [
        row(f"fetch{of}", [seconds for seconds, _ in fetches], "seconds"),
        row(f"preprocess{of}", [seconds for seconds, _ in stages], "seconds"),
        row(f"arrays that preprocess writes{of}", [arrays], "MiB"),
        row(f"memory of preprocess{of}", [peak for _, peak in stages], "MiB"),
        row(f"memory of its imports{of}", imports, "MiB"),
        row(f"memory of preprocess over the arrays{of}", [peak / arrays for _, peak in stages], "times"),
    ]


def measure_checks(folder: Path, frames: int, repetitions: int) -> list[dict[str, object]]:
    """Seconds that preprocess spends on checks of plausibility, and their share of its time in the same process."""
    spent: list[float] = []

    def timed(check: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            started = time.perf_counter()
            found = check(*arguments, **keywords)
            found = list(found) if isinstance(found, Iterator) else found
            spent[-1] += time.perf_counter() - started
            return found

        return call

    took = []
    with contextlib.chdir(folder), contextlib.ExitStack() as patches, contextlib.redirect_stdout(io.StringIO()):
        for owner, names in CHECKS.items():
            for name in names:
                patches.enter_context(mock.patch.object(owner, name, timed(getattr(owner, name))))
        for _ in range(repetitions):
            spent.append(0.0)
            started = time.perf_counter()
            preprocess.main(f"--params params.yaml {RAW} {SEQUENCES}".split())
            took.append(time.perf_counter() - started)
    shares = [100 * checks / whole for checks, whole in zip(spent, took, strict=True)]
    of = f", {frames} frames"
    return [
        row(f"checks of preprocess{of}", spent, "seconds"),
        row(f"checks of preprocess over preprocess{of}", shares, "%"),
    ]


def measure_batches(folder: Path, batches: int, repetitions: int) -> list[dict[str, object]]:
    """Batches of single frames as drawn in training, mirrored motion included; the network lifts nothing."""
    sequences = open_sequences(folder / "data/sequences.safetensors")
    motion = read_motion(sequences, "train", torch.device("cpu")).with_mirrored(sequences.mirrored_keypoints)
    drawn, network = Batches(motion, batch_size=BATCH, clips=0, clip_frames=1), TemporalNetwork(WIDTHS, 1)
    rates = []
    for _ in range(repetitions):
        started, frames = time.perf_counter(), 0
        for (singles, _clips), _number in zip(drawn, range(batches), strict=False):
            keypoints, _joints = motion.gather(singles, network)
            frames += len(keypoints)
        rates.append(frames / (time.perf_counter() - started))
    epoch = [len(motion.joints) / rate for rate in rates]
    what = f"single frames with receptive fields of {network.receptive_field} frames, batches of {BATCH}"
    return [
        row(what, rates, "frames/second"),
        row(f"an epoch of them, {len(motion.joints)} frames, extrapolated", epoch, "seconds"),
    ]


def measure_evaluate(folder: Path, repetitions: int) -> list[dict[str, object]]:
    """Scoring of the true joints with noise, raw and smoothed."""
    sequences = open_sequences(folder / "data/sequences.safetensors")
    joints = sequences.read("joints", "test")
    noise = np.random.default_rng(0).normal(0, 0.03, joints.shape).astype(np.float32)
    write_predictions(folder / "predictions.safetensors", joints + noise, {})
    paths = "--sequences data/sequences.safetensors --predictions predictions.safetensors --out scores"
    plain = [run(f"-m stages.evaluate {paths}", folder) for _ in range(repetitions)]
    both = [run(f"-m stages.evaluate --params params.yaml {paths}", folder) for _ in range(repetitions)]
    return [
        row(f"evaluate, {len(joints)} frames", [seconds for seconds, _ in plain], "seconds"),
        row(f"evaluate, {len(joints)} frames, and again smoothed", [seconds for seconds, _ in both], "seconds"),
        row("memory of evaluate", [peak for _, peak in both], "MiB"),
    ]


def run(arguments: str, folder: Path) -> tuple[float, float]:
    """Run this Python with arguments in a folder; returns seconds and peak MiB."""
    launch = [sys.executable, "-c", LAUNCHER, sys.executable, *arguments.split()]
    started = time.perf_counter()
    done = subprocess.run(
        launch, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stderr}")
    return time.perf_counter() - started, int(done.stdout.splitlines()[-1]) * 1024 / MEBIBYTE


if __name__ == "__main__":
    main()
