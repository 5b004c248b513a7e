"""The data contract between stages: sequences end to end in flat arrays, and predictions in the same manner.

`sequences.safetensors` holds `keypoints` (frames, 17, 2) in normalised screen coordinates, `joints` (frames, 17, 3) in
metres, camera frame, relative to the root, and `root` (frames, 3) in metres, camera frame, all float32. The table
beside it, of the same name with `.csv`, has a row for each sequence. Predictions hold `joints` of the test sequences,
end to end in the order of that table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from stages._command import UserError
from stages._files import sha256, writing

COLUMNS = {
    "subject": str,
    "action": str,
    "subaction": str,
    "camera": str,
    "start": int,
    "frames": int,
    "split": str,
    "fps": float,
}
SHAPES = {"keypoints": (17, 2), "joints": (17, 3), "root": (3,)}


@dataclass(frozen=True)
class Sequences:
    """The table and, read when asked for, the arrays."""

    path: Path
    table: pd.DataFrame

    def read(self, name: str, split: str | None = None) -> np.ndarray:
        """One array, or the frames of one split end to end in table order."""
        array = _read_array(self.path, name)
        if split is None:
            return array
        rows = self.of(split)
        parts = [array[start : start + frames] for start, frames in zip(rows["start"], rows["frames"], strict=True)]
        return np.concatenate(parts) if parts else array[:0]

    def of(self, split: str) -> pd.DataFrame:
        """The rows of one split."""
        return self.table[self.table["split"] == split]


def open_sequences(path: Path) -> Sequences:
    """The sequences at a path, checked: columns, dtypes, and rows that cover the arrays end to end."""
    table_path = path.with_suffix(".csv")
    try:
        table = pd.read_csv(table_path, dtype=COLUMNS, keep_default_na=False)
    except (ValueError, pd.errors.ParserError) as error:
        raise UserError(f"{table_path}: expected a table of sequences; {error}") from error
    if list(table.columns) != list(COLUMNS):
        raise UserError(f"{table_path}: found columns {list(table.columns)}, expected {list(COLUMNS)}")
    frames = {name: _frames(path, name) for name in SHAPES}
    ends = table["start"] + table["frames"]
    if (table["start"].iloc[1:].to_numpy() != ends.iloc[:-1].to_numpy()).any() or {ends.max()} != set(frames.values()):
        raise UserError(f"{table_path}: the rows end at frame {ends.max()}, expected {frames} as in {path}")
    return Sequences(path, table)


def write_sequences(path: Path, table: pd.DataFrame, arrays: dict[str, np.ndarray]) -> None:
    """Write the arrays and, beside them, their table."""
    with writing(path) as temporary:
        save_file({name: arrays[name] for name in SHAPES}, temporary)
    with writing(path.with_suffix(".csv")) as temporary:
        table[list(COLUMNS)].to_csv(temporary, index=False)


def write_predictions(path: Path, joints: np.ndarray, origin: dict[str, str]) -> None:
    """Write predicted joints, (test frames, 17, 3) float32 metres, with what they were made from."""
    with writing(path) as temporary:
        save_file({"joints": joints}, temporary, metadata=origin)


def read_predictions(path: Path, sequences: Sequences) -> np.ndarray:
    """Predicted joints of the test frames; UserError if they are not of these sequences, or not finite."""
    expected = int(sequences.of("test")["frames"].sum())
    joints = _read_array(path, "joints")
    if joints.shape != (expected, 17, 3):
        raise UserError(f"{path}: joints are {joints.shape}, expected {(expected, 17, 3)}: the test frames in order")
    if not np.isfinite(joints).all():
        frame = int(np.argwhere(~np.isfinite(joints).all(axis=(1, 2)))[0, 0])
        raise UserError(f"{path}: frame {frame} is not finite; expected numbers")
    with _open(path) as file:
        made_from = (file.metadata() or {}).get("sequences_sha256")
    if made_from not in (None, sha256(sequences.path)):
        raise UserError(f"{path}: made from other sequences ({made_from[:12]}…) than {sequences.path}")
    return joints


def _open(path: Path) -> safe_open:
    try:
        return safe_open(path, framework="numpy")
    except SafetensorError as error:
        raise UserError(f"{path}: expected a safetensors file; found {error}") from error


def _frames(path: Path, name: str) -> int:
    with _open(path) as file:
        if name not in file.keys():  # noqa: SIM118, a safetensors file is no dictionary
            raise UserError(f"{path}: found {', '.join(file.keys())}, expected an array {name}")
        found = file.get_slice(name)
        shape, dtype = tuple(found.get_shape()), found.get_dtype()
    if shape[1:] != SHAPES[name] or dtype != "F32":
        raise UserError(f"{path}: {name} is {dtype} {shape}, expected F32 (frames, {SHAPES[name]})")
    return shape[0]


def _read_array(path: Path, name: str) -> np.ndarray:
    _frames(path, name)
    with _open(path) as file:
        return file.get_tensor(name)
