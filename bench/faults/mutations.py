"""Damage a file of every format that is read: the same numbers, or one line; never another number in silence.

Formats with a digest or a checksum must notice every change. In the others, such as plain text, the file itself is the
truth: another number is right as long as the file can still be read.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.numpy import load_file

from bench.faults import _motion as motion
from bench.faults._checkout import OURS, Grounds, Step, Try, must_succeed
from bench.faults._child import Call, stage
from bench.faults._verdict import HELD, complaint, difference, digests
from jointaware.mocap.cmu.asf_amc import positions, read_motion, read_skeleton
from jointaware.pose.network import TemporalNetwork, to_videopose3d
from stages.command import run
from tests import tiny
from tests.mocap.test_cmu import AMC, ASF

NUMBER = 2000
CHECKPOINT, PREDICTIONS = "pretrained.bin", "predictions.npz"
SMOOTHED = f"smoothers/{OURS}/0/predictions.safetensors"
SEQUENCES = ("data/sequences.safetensors", "data/sequences.csv")
TABLES = ("results/tables/*.csv", "results/claims.csv", "results/figures/*.csv", "results/metrics.json")
SCORES = (f"results/runs/{OURS}/**/*.csv", f"results/runs/{OURS}/**/metrics.json")
NETWORK = (f"models/{OURS}/0/network.safetensors",)


class Format(NamedTuple):
    """A format and its reader.

    files: pattern of what is damaged. steps: what reads it. results: patterns of the numbers that come of it.
    is_truth: whether nothing protects the file, so that a readable change is the user's own.
    """

    lay_out: Callable[[Grounds, Path], None] | None
    files: str
    steps: Sequence[Call]
    results: Sequence[str]
    is_truth: bool = False


def flip(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip one bit."""
    at = int(rng.integers(len(content)))
    return content[:at] + bytes([content[at] ^ (1 << int(rng.integers(8)))]) + content[at + 1 :]


def _span(content: bytes, rng: np.random.Generator, most: int = 64) -> tuple[int, int]:
    start = int(rng.integers(len(content)))
    return start, min(len(content), start + 1 + int(rng.integers(most)))


def delete(content: bytes, rng: np.random.Generator) -> bytes:
    """Delete some bytes."""
    start, end = _span(content, rng)
    return content[:start] + content[end:]


def insert(content: bytes, rng: np.random.Generator) -> bytes:
    """Insert random bytes."""
    start, end = _span(content, rng)
    return content[:start] + rng.bytes(end - start) + content[start:]


def truncate(content: bytes, rng: np.random.Generator) -> bytes:
    """Keep only the beginning, sometimes nothing."""
    return content[: int(rng.integers(len(content)))] if rng.random() < 0.9 else b""


def zero(content: bytes, rng: np.random.Generator) -> bytes:
    """Fill a block with zeros, as a lost sector."""
    start, end = _span(content, rng, most=4096)
    return content[:start] + bytes(end - start) + content[end:]


def crlf(content: bytes, rng: np.random.Generator) -> bytes:
    """Transfer a file as text."""
    return content.replace(b"\n", b"\r\n")


def duplicate(content: bytes, rng: np.random.Generator) -> bytes:
    """Repeat a block."""
    start, end = _span(content, rng, most=1024)
    return content[:end] + content[start:end] + content[end:]


def swap(content: bytes, rng: np.random.Generator) -> bytes:
    """Exchange two neighbouring bytes."""
    at = int(rng.integers(max(1, len(content) - 1)))
    return content[:at] + content[at : at + 2][::-1] + content[at + 2 :]


KINDS = (flip, truncate, delete, insert, zero, crlf, duplicate, swap)


def _finished(files: str, step: Step, results: Sequence[str], *, is_truth: bool = False) -> Format:
    return Format(None, files, [step.call], results, is_truth)


def _positions(form: str, files: str, *, is_truth: bool = False) -> Format:
    write = motion.write_positions(form)
    return Format(lambda _, folder: write(folder, motion.people()), files, motion.READING, SEQUENCES, is_truth)


def lay_out_checkpoint(grounds: Grounds, folder: Path, *, is_zip: bool) -> None:
    """VideoPose3D's checkpoint as an experiment that is not trained."""
    shutil.copytree(grounds.finished, folder, dirs_exist_ok=True)
    torch.manual_seed(0)
    weights = to_videopose3d(TemporalNetwork((3, 3), 4))
    content = {"epoch": 80, "lr": 1e-5, "random_state": np.random.RandomState(1), "model_pos": weights}
    torch.save(content, folder / CHECKPOINT, _use_new_zipfile_serialization=is_zip)
    raw: dict[str, Any] = tiny.read_yaml(folder / "params.yaml")
    raw["experiments"][OURS] = {"role": "ours", "checkpoint": CHECKPOINT}
    tiny.write_yaml(folder / "params.yaml", raw)


def _checkpoint(*, is_zip: bool) -> Format:
    lay_out = partial(lay_out_checkpoint, is_zip=is_zip)
    return Format(lay_out, CHECKPOINT, [Step("train", OURS).call], NETWORK, is_truth=not is_zip)


def _lay_out_predictions(grounds: Grounds, folder: Path) -> None:
    """Predictions made elsewhere, as .npz."""
    shutil.copytree(grounds.finished, folder, dirs_exist_ok=True)
    joints = load_file(folder / f"predictions/{OURS}/0.safetensors")["joints"]
    np.savez_compressed(folder / PREDICTIONS, joints=joints)


def _lay_out_asf_amc(grounds: Grounds, folder: Path) -> None:
    (folder / "a.asf").write_text(ASF, encoding="utf-8")
    (folder / "a.amc").write_text(AMC, encoding="utf-8")


def _read_asf_amc() -> None:
    """The reader alone: the source accepts only files with known digests."""

    def main() -> None:
        skeleton = read_skeleton(Path("a.asf"))
        np.save("positions.npy", positions(skeleton, read_motion(Path("a.amc"), skeleton)))

    run(main)


SCORING = stage(
    "stages.evaluate",
    ["--sequences", SEQUENCES[0], "--predictions", PREDICTIONS, "--out", f"results/runs/{OURS}/0"],
)
AGGREGATE, REPORT = Step("aggregate"), Step("report")

FORMATS = {
    "motion arrays": Format(
        lambda _, folder: motion.write_arrays(folder, motion.people()), "user/*/*.npz", motion.READING, SEQUENCES
    ),
    "fetched motion": _finished("data/raw/S9/Walking.npz", Step("preprocess"), SEQUENCES),
    "manifest": _finished("data/manifest.json", Step("preprocess"), SEQUENCES),
    "h36m npz": _positions("npz", "user/*.npz"),
    "h36m cdf": _positions("cdf", "user/**/*.cdf", is_truth=True),
    "h36m mat": _positions("mat", "user/**/*.mat", is_truth=True),
    "h36m mat of HDF5": _positions("mat of HDF5", "user/**/*.mat", is_truth=True),
    "h36m tgz": _positions("tgz", "user/*.tgz"),
    "keypoints": Format(
        lambda _, folder: motion.write_detections(folder, motion.people()), "user/*2d*.npz", motion.READING, SEQUENCES
    ),
    "asf and amc": Format(_lay_out_asf_amc, "a.a*", [_read_asf_amc], ("positions.npy",), is_truth=True),
    "checkpoint, zip": _checkpoint(is_zip=True),
    "checkpoint, legacy": _checkpoint(is_zip=False),
    "training checkpoint": _finished(f".checkpoints/{OURS}-0-*/*.pt", Step("train", OURS), NETWORK),
    "sequences": _finished(SEQUENCES[0], Step("predict", OURS), (f"predictions/{OURS}/0.safetensors",)),
    "table of sequences": _finished(SEQUENCES[1], Step("evaluate", OURS), SCORES),
    "network": _finished(NETWORK[0], Step("predict", OURS), (f"predictions/{OURS}/0.safetensors",)),
    "predictions": _finished(f"predictions/{OURS}/0.safetensors", AGGREGATE, TABLES),
    "smoothed predictions": _finished(SMOOTHED, AGGREGATE, TABLES),
    "predictions as npz": Format(_lay_out_predictions, PREDICTIONS, [SCORING], SCORES),
    "scores": _finished(f"results/runs/{OURS}/0/**/*.csv", AGGREGATE, TABLES),
    "records": _finished(f"results/runs/{OURS}/0/**/*.json", AGGREGATE, TABLES),
    "records of training": _finished(f"models/{OURS}/0/[hr]*", AGGREGATE, TABLES),
    "results": _finished("results/**/*.[cj]s*", REPORT, ("results/report.html",), is_truth=True),
    "params.yaml": _finished("params.yaml", Step("evaluate", OURS), SCORES, is_truth=True),
    "published tables": _finished("paper/*.csv", AGGREGATE, TABLES, is_truth=True),
    "claims": _finished("paper/claims.yaml", AGGREGATE, TABLES, is_truth=True),
}


def tries(grounds: Grounds, seed: int) -> Sequence[Try]:
    """Every kind of damage to every format, over and over, each time somewhere else."""
    chosen = [(name, kind) for kind in KINDS for name in FORMATS]
    return [
        Try(f"{kind.__name__} in {name}, number {number}", partial(_damage, grounds, name, kind, [seed, number]))
        for number, (name, kind) in enumerate(islice(cycle(chosen), NUMBER))
    ]


def _damage(grounds: Grounds, name: str, kind: Callable[..., bytes], seed: list[int]) -> str:
    each, rng = FORMATS[name], np.random.default_rng(seed)
    with grounds.copy(_undisturbed(grounds, name)) as folder:
        expected = digests(folder, *each.results)
        files = sorted(path for path in folder.glob(each.files) if path.is_file())
        damaged = files[int(rng.integers(len(files)))]
        damaged.write_bytes(kind(damaged.read_bytes(), rng))
        for call in each.steps:
            ended = grounds.run(call, folder)
            if wrong := complaint(ended):
                return f"{damaged.relative_to(folder)}: {wrong}"
            if ended.status:
                return HELD
        wrong = "" if each.is_truth else difference(expected, folder, *each.results)
    is_said = damaged.name in ended.stdout + ended.stderr
    return f"{damaged.relative_to(folder)}: silently, {wrong}" if wrong and not is_said else HELD


def _undisturbed(grounds: Grounds, name: str) -> Path:
    """A folder with a file of the format, and the numbers that come of it."""
    each = FORMATS[name]

    def fill(folder: Path) -> None:
        if each.lay_out is not None:
            each.lay_out(grounds, folder)
            for call in each.steps:
                must_succeed(call, folder)

    return grounds.finished if each.lay_out is None else grounds.once(name, fill)
