"""Small files made to do harm: refused in one line, before memory is taken, and nothing in them is executed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.faults import _motion as motion
from bench.faults._checkout import OURS, Grounds, Step, Try
from bench.faults._child import Call
from bench.faults._verdict import complaint
from bench.faults.hostile import archives, arrays, pickles, texts
from bench.faults.hostile.archives import OUTSIDE
from bench.faults.hostile.texts import CANARY, Write
from bench.faults.mutations import CHECKPOINT, NETWORK, PREDICTIONS, SCORING, SEQUENCES, SMOOTHED, lay_out_checkpoint

LayOut = Callable[[Grounds, Path], None]


def _finished(grounds: Grounds, folder: Path) -> None:
    shutil.copytree(grounds.finished, folder, dirs_exist_ok=True)


def _positions(form: str) -> LayOut:
    return lambda _, folder: motion.write_positions(form)(folder, motion.people())


def _arrays(_: Grounds, folder: Path) -> None:
    motion.write_arrays(folder, motion.people())


def _detections(_: Grounds, folder: Path) -> None:
    motion.write_detections(folder, motion.people())


def _pretrained(grounds: Grounds, folder: Path) -> None:
    lay_out_checkpoint(grounds, folder, is_zip=True)


DOORS: dict[str, tuple[LayOut, str, Sequence[Call]]] = {
    "motion array": (_arrays, "user/S9/Walking.npz", motion.READING),
    "h36m npz": (_positions("npz"), "user/data_3d_h36m.npz", motion.READING),
    "keypoints": (_detections, f"user/data_2d_h36m_{motion.DETECTOR}.npz", motion.READING),
    "h36m cdf": (_positions("cdf"), "user/S9/**/Walking.cdf", motion.READING),
    "h36m mat": (_positions("mat"), "user/pose/S9/**/Walking.cdf.mat", motion.READING),
    "h36m tgz": (_positions("tgz"), "user/Poses_D3_Positions_S9.tgz", motion.READING),
    "checkpoint": (_pretrained, CHECKPOINT, [Step("train", OURS).call]),
    "training checkpoint": (_finished, f".checkpoints/{OURS}-0-*/*.pt", [Step("train", OURS).call]),
    "predictions as npz": (_finished, PREDICTIONS, [SCORING]),
    "predictions": (_finished, f"predictions/{OURS}/0.safetensors", [Step("evaluate", OURS).call]),
    "smoothed predictions": (_finished, SMOOTHED, [Step("evaluate", OURS).call]),
    "sequences": (_finished, SEQUENCES[0], [Step("predict", OURS).call]),
    "table of sequences": (_finished, SEQUENCES[1], [Step("predict", OURS).call]),
    "network": (_finished, NETWORK[0], [Step("predict", OURS).call]),
    "params.yaml": (_finished, "params.yaml", [Step("evaluate", OURS).call]),
    "claims": (_finished, "paper/claims.yaml", [Step("aggregate").call]),
    "published table": (_finished, "paper/table_05.csv", [Step("aggregate").call]),
    "manifest": (_finished, "data/manifest.json", [Step("preprocess").call]),
    "record of training": (_finished, f"models/{OURS}/0/run.json", [Step("aggregate").call]),
    "averages": (_finished, f"results/runs/{OURS}/0/metrics.json", [Step("aggregate").call]),
    "scores": (_finished, f"results/runs/{OURS}/0/by_action.csv", [Step("aggregate").call]),
    "history": (_finished, f"models/{OURS}/0/history.csv", [Step("aggregate").call]),
}
"""Every file that comes from outside or may be damaged: what lies around it, its path, and what reads it."""

NPZ = ("motion array", "h36m npz", "keypoints", "predictions as npz")
SAFETENSORS = ("predictions", "smoothed predictions", "sequences", "network")
PICKLES = ("checkpoint", "training checkpoint")
YAML, JSON = ("params.yaml", "claims"), ("manifest", "record of training", "averages")
CSV = ("table of sequences", "published table", "scores", "history")


def tries(grounds: Grounds, seed: int) -> Sequence[Try]:
    """Every hostile content at every door that reads its format, then what is no file at all."""
    contents: list[tuple[Sequence[str], dict[str, Write]]] = [
        (NPZ, arrays.NPZ),
        (PICKLES, pickles.CHECKPOINTS),
        (SAFETENSORS, arrays.SAFETENSORS),
        (("h36m tgz",), archives.ARCHIVES),
        (("h36m mat",), archives.MATS),
        (("motion array",), arrays.RATES),
        (YAML, texts.YAML),
        (JSON, texts.JSON),
        (CSV, texts.CSV),
        ([*DOORS], NO_FILES),
    ]
    found = [
        (f"{door}: {words}", door, write)
        for doors, writers in contents
        for words, write in writers.items()
        for door in doors
    ]
    mixed = [each for start in range(STRIDE) for each in found[start::STRIDE]]
    return [Try(words, partial(_enter, grounds, door, write)) for words, door, write in mixed]


STRIDE = 11
"""Consecutive tries are that many apart in the list, so that the first ones are of many kinds."""


def _enter(grounds: Grounds, door: str, write: Write) -> str:
    lay_out, pattern, steps = DOORS[door]
    base = grounds.once(door, partial(lay_out, grounds)) if lay_out is not _finished else grounds.finished
    with grounds.copy(base) as folder:
        path = next(iter(folder.glob(pattern)), folder / pattern)
        path.unlink(missing_ok=True)
        write(path)
        wrong = ""
        for call in steps:
            ended = grounds.run(call, folder)
            wrong = complaint(ended)
            if wrong or ended.status:
                break
        if any(folder.rglob(CANARY)) or Path(OUTSIDE).exists():
            Path(OUTSIDE).unlink(missing_ok=True)
            return "was run"
        is_recovery = door == "training checkpoint" and not ended.status
        return wrong or ("" if ended.status or is_recovery else "accepted")


NO_FILES: dict[str, Write] = {
    "a pipe": os.mkfifo,
    "an endless device": lambda path: path.symlink_to("/dev/zero"),
    "an empty device": lambda path: path.symlink_to("/dev/null"),
    "a folder": lambda path: path.mkdir(),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "an empty file": lambda path: path.touch(),
}
