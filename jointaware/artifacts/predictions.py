"""Predicted joints of the test sequences as files, from this pipeline or from elsewhere.

A file holds `joints` (test frames, 17, 3), metres, camera frame, relative to the root, all test sequences end to end in
the order of the table of sequences; or one such array for each test sequence under its name, `S9/Walking 1/54138969`.
Both safetensors and npz are read.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from jointaware.artifacts.files import sha256
from jointaware.artifacts.sequences import Sequences
from jointaware.atomic import writing
from jointaware.errors import InputError

POSE = (17, 3)
ORIGIN = "origin"
"""The only key in the file's header: safetensors writes several keys in arbitrary order."""


def write_predictions(path: Path, joints: np.ndarray, origin: dict[str, Any]) -> None:
    """Write predicted joints, (test frames, 17, 3) float32 metres, with their origin in the header."""
    with writing(path) as temporary:
        save_file({"joints": joints}, temporary, metadata={ORIGIN: json.dumps(origin)})


def read_origin(path: Path) -> dict[str, Any]:
    """The origin that `write_predictions` wrote; empty for predictions from elsewhere."""
    try:
        with safe_open(path, framework="numpy") as file:
            header = (file.metadata() or {}).get(ORIGIN, "{}")
    except SafetensorError as error:
        raise InputError(f"{path}: expected a safetensors file, or .npz; found {error}") from error
    try:
        return dict(json.loads(header))
    except (ValueError, TypeError):
        return {}


def read_predictions(path: Path, sequences: Sequences) -> np.ndarray:
    """Predicted joints of the test frames, (test frames, 17, 3) float32 metres, in the order of the table.

    Raises InputError if they belong to other sequences or are not finite.
    """
    arrays = _read_npz(path) if path.suffix == ".npz" else _read_safetensors(path, sequences)
    test = sequences.of("test")
    if "joints" in arrays:
        return _checked(path, "joints", arrays["joints"], test["frames"].sum())
    names = [f"{row.subject}/{f'{row.action} {row.subaction}'.rstrip()}/{row.camera}" for row in test.itertuples()]
    if odd := [*(set(names) - arrays.keys()), *(arrays.keys() - set(names))]:
        found = ", ".join(list(arrays)[:3])
        expected = f"joints, or an array for each test sequence, {names[0]} etc."
        raise InputError(f"{path}: found {found}, expected {expected}; {odd[0]} is not in both")
    lengths = zip(names, test["frames"], strict=True)
    return np.concatenate([_checked(path, name, arrays[name], frames) for name, frames in lengths])


def _checked(path: Path, name: str, joints: np.ndarray, frames: int) -> np.ndarray:
    if joints.shape != (frames, *POSE) or joints.dtype.kind != "f":
        raise InputError(f"{path}: {name} is {joints.dtype} {joints.shape}, expected numbers {(int(frames), *POSE)}")
    if not np.isfinite(joints).all():
        frame = int(np.argwhere(~np.isfinite(joints).all(axis=(1, 2)))[0, 0])
        raise InputError(f"{path}: {name}: frame {frame} is not finite; expected numbers")
    return joints.astype(np.float32, copy=False)


def _read_safetensors(path: Path, sequences: Sequences) -> dict[str, np.ndarray]:
    made_from = read_origin(path).get("sequences_sha256")
    try:
        arrays = load_file(path)
    except SafetensorError as error:
        raise InputError(f"{path}: expected a safetensors file, or .npz; found {error}") from error
    if made_from not in (None, sha256(sequences.path)):
        raise InputError(f"{path}: made from other sequences ({made_from[:12]}…) than {sequences.path}")
    return arrays


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: expected an npz file of arrays; found {error}") from error
