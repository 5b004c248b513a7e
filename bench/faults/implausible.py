"""Data that are read without an error and cannot be true, and unusual data that are: refused in one line, accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from bench.faults import _motion as motion
from bench.faults._checkout import Grounds, Try
from bench.faults._child import stage
from bench.faults._motion import People, Views
from bench.faults._verdict import complaint
from jointaware.artifacts.predictions import write_predictions
from jointaware.artifacts.sequences import open_sequences

Change = Callable[[np.ndarray], np.ndarray]
"""Of one array: joints (frames, 17, 3) metres, or keypoints (frames, 17, 2) pixels."""
KNEE, HAND = 5, 13
_MINE = ["--sequences", "data/sequences.safetensors", "--params", "params.yaml"]
_MINE += ["--predictions", "mine.safetensors", "--out", "scores"]
"""Arguments of evaluate for predictions made elsewhere, as README has them."""


def _outlier(joints: np.ndarray, metres: float = 77) -> np.ndarray:
    changed = joints.copy()
    changed[len(joints) // 2, HAND] += metres
    return changed


def _y_up(joints: np.ndarray) -> np.ndarray:
    return np.stack([joints[..., 0], joints[..., 2], -joints[..., 1]], axis=-1)


def _lying(joints: np.ndarray) -> np.ndarray:
    return np.stack([joints[..., 2], joints[..., 1], 0.2 + 0.1 * joints[..., 0]], axis=-1)


IMPLAUSIBLE_JOINTS: dict[str, Change] = {
    "in millimetres": lambda joints: 1000 * joints,
    "in centimetres": lambda joints: 100 * joints,
    "in inches": lambda joints: joints / 0.0254,
    "in kilometres": lambda joints: joints / 1000,
    "y up": _y_up,
    "upside down": lambda joints: joints * np.array([1, 1, -1]),
    "relative to the root": lambda joints: joints - joints[:, :1],
    "with one joint 77 m off in one frame": _outlier,
    "with one joint 5 m off in one frame": partial(_outlier, metres=5),
    "a kilometre away": lambda joints: joints + np.array([1000, 0, 0]),
    "all zero": np.zeros_like,
    "all joints in one place": lambda joints: np.repeat(joints[:, :1], 17, axis=1),
    "with a frame of zeros": lambda joints: np.concatenate([joints[:5], 0 * joints[:1], joints[5:]]),
    "of noise": lambda joints: np.random.default_rng(0).normal(0, 1, joints.shape).astype(np.float32),
}
LEGITIMATE_JOINTS: dict[str, Change] = {
    "as they are": lambda joints: joints,
    "of a small child": lambda joints: 0.5 * joints,
    "of a giant": lambda joints: 1.25 * joints,
    "walked 3 m": lambda joints: joints + np.linspace(-1.5, 1.5, len(joints))[:, None, None] * [1, 0, 0],
    "standing still": lambda joints: np.repeat(joints[:1], len(joints), axis=0),
    "on a platform": lambda joints: joints + np.array([0, 0, 0.3]),
    "with noise of markers": lambda joints: joints + np.random.default_rng(0).normal(0, 0.005, joints.shape),
    "turned about the vertical": lambda joints: joints * np.array([-1, -1, 1]),
}
IMPLAUSIBLE_KEYPOINTS: dict[str, Change] = {
    "all zero": np.zeros_like,
    "normalised to -1 to 1": lambda pixels: pixels / 500 - 1,
    "normalised to 0 to 1": lambda pixels: pixels / 1000,
    "of half the resolution": lambda pixels: pixels / 2,
    "of twice the resolution": lambda pixels: pixels * 2,
    "in millimetres of another unit": lambda pixels: pixels * 1000,
    "mirrored": lambda pixels: np.array([1000, 0]) + pixels * np.array([-1, 1]),
    "with x and y exchanged": lambda pixels: pixels[..., ::-1].copy(),
    "upside down": lambda pixels: np.array([0, 1000]) + pixels * np.array([1, -1]),
    "of joints in reverse order": lambda pixels: pixels[:, ::-1].copy(),
}
LEGITIMATE_KEYPOINTS: dict[str, Change] = {
    "exact": lambda pixels: pixels,
    "with noise of 10 pixels": lambda pixels: pixels + np.random.default_rng(0).normal(0, 10, pixels.shape),
    "with outliers": lambda pixels: pixels + 300 * (np.random.default_rng(0).random(pixels.shape) < 0.02),
    "with confidences": lambda pixels: np.concatenate([pixels, np.ones_like(pixels[..., :1])], axis=-1),
    "of a longer video": lambda pixels: np.concatenate([pixels, pixels[-3:]]),
}
IMPLAUSIBLE_PREDICTIONS: dict[str, Change] = {
    "in millimetres": lambda joints: 1000 * joints,
    "in centimetres": lambda joints: 100 * joints,
    "not relative to the root": lambda joints: joints + np.array([0, 0, 5]),
    "with one joint 77 m off in one frame": _outlier,
}
LEGITIMATE_PREDICTIONS: dict[str, Change] = {
    "exact": lambda joints: joints,
    "with noise of 50 mm": lambda joints: joints + _but_root(np.random.default_rng(0).normal(0, 0.05, joints.shape)),
    "a fifth too small": lambda joints: 0.8 * joints,
    "of one pose": lambda joints: np.repeat(joints[:1], len(joints), axis=0),
}


def tries(grounds: Grounds, seed: int) -> Sequence[Try]:
    """Every change of every source, refused or accepted."""
    return [*_keypoints(grounds), *_predictions(grounds), *_joints(grounds), *_pairs(grounds)]


def _joints(grounds: Grounds) -> list[Try]:
    sources = {"arrays": motion.write_arrays} | {
        f"h36m {form}": motion.write_positions(form) for form in ("npz", "cdf", "mat", "mat of HDF5", "tgz")
    }
    return [
        Try(
            f"{source} {words}, {_wanted(is_legitimate)}",
            partial(_read, grounds, partial(_write, write, changed), is_legitimate),
        )
        for is_legitimate, changes in ((False, IMPLAUSIBLE_JOINTS), (True, LEGITIMATE_JOINTS))
        for words, change in changes.items()
        for changed in [_change(motion.people(), change)]
        for source, write in sources.items()
    ]


def _keypoints(grounds: Grounds) -> list[Try]:
    views, everyone = motion.seen(motion.people()), motion.people()
    cases: list[tuple[str, bool, Views, object]] = [
        (words, is_legitimate, _change_views(views, change), motion.SYMMETRY)
        for is_legitimate, changes in ((False, IMPLAUSIBLE_KEYPOINTS), (True, LEGITIMATE_KEYPOINTS))
        for words, change in changes.items()
    ]
    other = {
        subject: {action: takes[next(a for a in takes if a != action)] for action in takes}
        for subject, takes in views.items()
    }
    rotated = {
        subject: {action: [*each[1:], each[0]] for action, each in takes.items()} for subject, takes in views.items()
    }
    left, right = motion.SYMMETRY
    cases += [
        ("of another camera", False, rotated, motion.SYMMETRY),
        ("of another take", False, other, motion.SYMMETRY),
        ("mirrored by lists that exchange the sides", True, views, (right, left)),
        ("mirrored by lists of unequal length", False, views, (left, right[:-1])),
        ("mirrored by lists that name a joint twice", False, views, ([left[0], *left[:-1]], right)),
        ("mirrored by lists out of range", False, views, ([*left[:-1], 40], right)),
        ("mirrored by lists that overlap", False, views, (left, [left[0], *right[1:]])),
    ]
    return [
        Try(
            f"keypoints {words}, {_wanted(is_legitimate)}",
            partial(_read, grounds, partial(_write_detections, everyone, seen, symmetry), is_legitimate),
        )
        for words, is_legitimate, seen, symmetry in cases
    ]


def _pairs(grounds: Grounds) -> list[Try]:
    """One bad take among good ones: the others must not hide it."""
    everyone = motion.people()
    return [
        Try(
            f"arrays {words} in one take of several, refused",
            partial(_read, grounds, partial(motion.write_arrays, motion=changed), False),
        )
        for words in ("in millimetres", "with one joint 77 m off in one frame", "a kilometre away", "all zero")
        for changed in [
            everyone | {"S9": everyone["S9"] | {"Eating": IMPLAUSIBLE_JOINTS[words](everyone["S9"]["Eating"])}}
        ]
    ]


def _read(grounds: Grounds, write: Callable[[Path], None], is_legitimate: bool) -> str:
    """Fetch and preprocess what a function writes."""
    with grounds.empty() as folder:
        write(folder)
        for call in motion.READING:
            ended = grounds.run(call, folder)
            if ended.status:
                break
    return complaint(ended, may_succeed=is_legitimate) or _refused(
        ended.stderr if is_legitimate and ended.status else ""
    )


def _predictions(grounds: Grounds) -> list[Try]:
    return [
        Try(f"predictions {words}, {_wanted(is_legitimate)}", partial(_score, grounds, change, is_legitimate))
        for is_legitimate, changes in ((False, IMPLAUSIBLE_PREDICTIONS), (True, LEGITIMATE_PREDICTIONS))
        for words, change in changes.items()
    ]


def _score(grounds: Grounds, change: Change, is_legitimate: bool) -> str:
    with grounds.copy(grounds.finished) as folder:
        sequences = open_sequences(folder / "data/sequences.safetensors")
        joints = change(sequences.read("joints", "test")).astype(np.float32)
        write_predictions(folder / "mine.safetensors", joints, {})
        ended = grounds.run(stage("stages.evaluate", _MINE), folder)
    return complaint(ended, may_succeed=is_legitimate) or _refused(
        ended.stderr if is_legitimate and ended.status else ""
    )


def _refused(line: str) -> str:
    return f"refused: {line.strip()}" if line else ""


def _write(write: Callable[[Path, People], None], everyone: People, folder: Path) -> None:
    write(folder, everyone)


def _write_detections(everyone: People, seen: Views, symmetry: object, folder: Path) -> None:
    motion.write_detections(folder, everyone, seen, symmetry)


def _change(everyone: People, change: Change) -> People:
    return {
        subject: {action: change(joints).astype(np.float32) for action, joints in takes.items()}
        for subject, takes in everyone.items()
    }


def _change_views(views: Views, change: Change) -> Views:
    return {
        subject: {action: [change(view).astype(np.float32) for view in each] for action, each in takes.items()}
        for subject, takes in views.items()
    }


def _but_root(noise: np.ndarray) -> np.ndarray:
    return noise * (np.arange(17) > 0)[:, None]


def _wanted(is_legitimate: bool) -> str:
    return "accepted" if is_legitimate else "refused"
