"""Predicted joints of the test sequences as files, from this pipeline or from elsewhere.

A file holds `joints` (test frames, 17, 3), metres, camera frame, relative to the root, all test sequences end to end in
the order of the table of sequences; or one such array for each test sequence under its name, `S9/Walking 1/54138969`.
Both safetensors and npz are read. Predictions made elsewhere are checked for their unit, their root and their axes.

All predictions are also scored after each of `FILTERS`, the alternatives to motion losses.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from jointaware.artifacts.files import sha256
from jointaware.artifacts.sequences import Sequences
from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.foreign import refusing
from jointaware.mocap.plain_pickle import load_npz
from jointaware.mocap.plausible import Judge
from jointaware.mocap.plausible.poses import find_in_predictions
from jointaware.mocap.take import take_name

POSE = (17, 3)
FARTHEST = 1000.0
"""Metres from the root within which even the worst network predicts."""
EXPECTED = "a safetensors file, or .npz"
ORIGIN = "origin"
"""The only key in the file's header: safetensors writes several keys in arbitrary order."""


@dataclass(frozen=True)
class Filter:
    """A filter along frames. words: in a sentence. marker: matplotlib's, of filtered predictions in figures."""

    words: str
    marker: str


FILTERS = {
    "smoothed": Filter("a Savitzky-Golay filter", "o"),
    "learned": Filter("a learned smoother", "s"),
}
"""Filters by the variant of an experiment that they make: its name in tables, and of its folder within the scores."""
RAW = "raw"
"""The variant without a filter."""
VARIANTS = {RAW: "predicted", **{name: name for name in FILTERS}}
"""The variants of an experiment, and the name of their motion in constraints.csv."""


def write_predictions(path: Path, joints: np.ndarray, origin: dict[str, Any]) -> None:
    """Write predicted joints, (test frames, 17, 3) float32 metres, with their origin in the header."""
    with writing(path) as temporary:
        save_file({"joints": joints}, temporary, metadata={ORIGIN: json.dumps(origin)})


def read_origin(path: Path) -> dict[str, Any]:
    """The origin that `write_predictions` wrote; empty for predictions from elsewhere."""
    with refusing(path, EXPECTED), safe_open(path, framework="numpy") as file:
        header = (file.metadata() or {}).get(ORIGIN, "{}")
    try:
        return dict(json.loads(header))
    except (ValueError, TypeError, RecursionError):
        return {}


def read_predictions(path: Path, sequences: Sequences, *, allow: Collection[str] = ()) -> np.ndarray:
    """Predicted joints of the test frames, (test frames, 17, 3) float32 metres, in the order of the table.

    allow: checks of plausibility whose findings are accepted.

    Raises InputError if they belong to other sequences, are not finite, or made elsewhere and not plausible.
    """
    origin = {} if path.suffix == ".npz" else read_origin(path)
    arrays = load_npz(path, objects=False) if path.suffix == ".npz" else _read_safetensors(path, origin, sequences)
    joints = _in_order(path, arrays, sequences.of("test"))
    if not origin:
        Judge(allow).hear(find_in_predictions(joints, sequences.read("joints", "test"), path))
    return joints


def _in_order(path: Path, arrays: dict[str, Any], test: pd.DataFrame) -> np.ndarray:
    """The joints of all test sequences end to end, from one array or from one for each sequence."""
    if "joints" in arrays:
        return _checked(path, "joints", arrays["joints"], test["frames"].sum())
    names = [f"{take_name(row.subject, row.action, row.subaction)}/{row.camera}" for row in test.itertuples()]
    if odd := [*(set(names) - arrays.keys()), *(arrays.keys() - set(names))]:
        found = ", ".join(list(arrays)[:3])
        expected = f"joints, or an array for each test sequence, {names[0]} etc."
        raise InputError(f"{path}: found {found}, expected {expected}; {odd[0]} is not in both")
    lengths = zip(names, test["frames"], strict=True)
    return np.concatenate([_checked(path, name, arrays[name], frames) for name, frames in lengths])


def _checked(path: Path, name: str, joints: Any, frames: int) -> np.ndarray:
    if not isinstance(joints, np.ndarray):
        raise InputError(f"{path}: {name} is a {type(joints).__name__}, expected an array of numbers")
    if joints.shape != (frames, *POSE) or joints.dtype.kind != "f":
        raise InputError(f"{path}: {name} is {joints.dtype} {joints.shape}, expected numbers {(int(frames), *POSE)}")
    with np.errstate(over="ignore"):
        joints = joints.astype(np.float32)  # a copy: arrays of an .npz are read-only
    if not np.isfinite(joints).all():
        frame = int(np.argwhere(~np.isfinite(joints).all(axis=(1, 2)))[0, 0])
        raise InputError(f"{path}: {name}: frame {frame} is not finite; expected numbers")
    if (farthest := np.abs(joints).max(initial=0)) > FARTHEST:
        raise InputError(f"{path}: {name}: found a joint {farthest:.3g} m from the root, expected metres")
    return joints


def _read_safetensors(path: Path, origin: dict[str, Any], sequences: Sequences) -> dict[str, np.ndarray]:
    made_from = origin.get("sequences_sha256")
    with refusing(path, EXPECTED):
        arrays = load_file(path)
    if made_from not in (None, sha256(sequences.path)):
        raise InputError(f"{path}: made from other sequences ({str(made_from)[:12]}…) than {sequences.path}")
    return arrays
