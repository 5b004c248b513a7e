"""The data format between stages: sequences concatenated into flat arrays.

`sequences.safetensors` holds `keypoints` (frames, 17, 2) in normalised screen coordinates, `joints` (frames, 17, 3) in
metres, camera frame, relative to the root, and `root` (frames, 3) in metres, camera frame, all float32; its header
holds the left-right permutation of the keypoints. The table of the same name with `.csv` has a row for each sequence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open

from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.pose.skeleton import MIRRORED

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
FLOAT32_BYTES = 4
MIRROR = "mirrored_keypoints"
"""Key of the permutation in the header of the arrays."""

Write = Callable[[int, dict[str, np.ndarray]], None]


@dataclass(frozen=True)
class Sequences:
    """The table of sequences, and the arrays, read on demand.

    mirrored_keypoints: for each keypoint its counterpart on the other side of the body.
    """

    path: Path
    table: pd.DataFrame
    mirrored_keypoints: tuple[int, ...]

    def read(self, name: str, split: str | None = None) -> np.ndarray:
        """An array, or its frames of one split, concatenated in table order; reads no other frames."""
        rows = self.table if split is None else self.of(split)
        array = np.empty((int(rows["frames"].sum()), *SHAPES[name]), np.float32)
        end = 0
        with _open(self.path) as file:
            stored = file.get_slice(name)
            for start, frames in zip(rows["start"], rows["frames"], strict=True):
                array[end : end + frames] = stored[start : start + frames]
                end += frames
        return array

    def of(self, split: str) -> pd.DataFrame:
        """The rows of one split."""
        return self.table[self.table["split"] == split]


def open_sequences(path: Path) -> Sequences:
    """The sequences at a path, after checks of columns, types, and that the rows cover the arrays end to end."""
    table_path = path.with_suffix(".csv")
    try:
        table = pd.read_csv(table_path, dtype=COLUMNS, keep_default_na=False)
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(f"{table_path}: expected a table of sequences; {error}") from error
    if list(table.columns) != list(COLUMNS):
        raise InputError(f"{table_path}: found columns {list(table.columns)}, expected {list(COLUMNS)}")
    frames = {name: _frames(path, name) for name in SHAPES}
    ends = table["start"] + table["frames"]
    if (table["start"] != ends.shift(fill_value=0)).any() or {ends.max()} != set(frames.values()):
        raise InputError(f"{table_path}: the rows end at frame {ends.max()}, expected {frames} as in {path}")
    with _open(path) as file:
        mirrored = (file.metadata() or {}).get(MIRROR, json.dumps(MIRRORED))
    return Sequences(path, table, tuple(json.loads(mirrored)))


@contextmanager
def writing_sequences(
    path: Path, table: pd.DataFrame, *, mirrored_keypoints: Sequence[int] = MIRRORED
) -> Iterator[Write]:
    """Write the table, and yield a function that writes the arrays piece by piece, without holding them in memory.

    The function takes the first frame of a piece and the piece of each array. The block must write every frame of the
    table.
    """
    frames = int(table["frames"].sum())
    header: dict[str, object] = {"__metadata__": {MIRROR: json.dumps(list(mirrored_keypoints))}}
    offsets, end = {}, 0
    for name, shape in SHAPES.items():
        offsets[name], end = end, end + frames * int(np.prod(shape)) * FLOAT32_BYTES
        header[name] = {"dtype": "F32", "shape": [frames, *shape], "data_offsets": [offsets[name], end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the arrays start at a multiple of 8 bytes

    def write(start: int, arrays: dict[str, np.ndarray]) -> None:
        for name, shape in SHAPES.items():
            file.seek(8 + len(text) + offsets[name] + start * int(np.prod(shape)) * FLOAT32_BYTES)
            file.write(np.ascontiguousarray(arrays[name], np.float32).data)

    with writing(path) as temporary, temporary.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        yield write
    with writing(path.with_suffix(".csv")) as temporary:
        table[list(COLUMNS)].to_csv(temporary, index=False, lineterminator="\n")


def _open(path: Path) -> safe_open:
    try:
        return safe_open(path, framework="numpy")
    except SafetensorError as error:
        raise InputError(f"{path}: expected a safetensors file; found {error}") from error


def _frames(path: Path, name: str) -> int:
    with _open(path) as file:
        if name not in file.keys():  # noqa: SIM118, not a dictionary
            raise InputError(f"{path}: found {', '.join(file.keys())}, expected an array {name}")
        found = file.get_slice(name)
        shape, dtype = tuple(found.get_shape()), found.get_dtype()
    if shape[1:] != SHAPES[name] or dtype != "F32":
        raise InputError(f"{path}: {name} is {dtype} {shape}, expected F32 (frames, {SHAPES[name]})")
    return shape[0]
