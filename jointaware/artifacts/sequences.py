"""The data format between stages: sequences concatenated into flat arrays.

`sequences.safetensors` holds `keypoints` (frames, 17, 2) in normalised screen coordinates, `joints` (frames, 17, 3) in
metres, camera frame, relative to the root, and `root` (frames, 3) in metres, camera frame, all float32; its header
holds the left-right permutation of the keypoints, their layout and normalisation unless they are Human3.6M's on screen,
which checks of plausibility were allowed to find something, and the SHA-256 of the table of the same name with `.csv`,
which has a row for each sequence: so the digest of the arrays is that of both. What is read is checked again: a damaged
or foreign file would only show in the numbers.

With folds, the table has a column more, the number of each sequence's fold: every fold is the test split of the
networks trained on the others, and the split, train or validation, is that of a sequence where it is not tested.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import safe_open

from jointaware.artifacts.files import sha256
from jointaware.artifacts.subjects import FOLD
from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.foreign import check_regular, refusing
from jointaware.mocap.plausible import FPS, Judge, check_mirrored
from jointaware.mocap.plausible.keypoints import check_screen
from jointaware.mocap.plausible.poses import apart, check_relative, find_bones, find_in_camera
from jointaware.mocap.take import take_name
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
MOST_FRAMES = 2**40
"""Of one sequence: years of video."""
SPLITS = ("train", "validation", "test")
MIRROR, ALLOW, TABLE = "mirrored_keypoints", "allow", "table_sha256"
LAYOUT, NORMALISATION = "layout", "normalisation"
"""Keys in the header of the arrays."""
H36M = "h36m"
"""The layout of keypoints that are projected joints."""
SCREEN = "screen"
"""The normalisation of keypoints in normalised screen coordinates."""

Write = Callable[[int, dict[str, np.ndarray]], None]


@dataclass(frozen=True)
class Sequences:
    """The table of sequences, and the arrays, read on demand.

    mirrored_keypoints: for each keypoint its counterpart on the other side of the body.
    allow: checks of plausibility whose findings were allowed when the sequences were made.
    layout: order of the keypoints, by its name in `jointaware.mocap.keypoints.layouts`.
    normalisation: of the keypoints, by its name in `jointaware.pose.inference.normalisation`.
    """

    path: Path
    table: pd.DataFrame
    mirrored_keypoints: tuple[int, ...]
    allow: tuple[str, ...] = ()
    layout: str = H36M
    normalisation: str = SCREEN

    @property
    def folds(self) -> tuple[int | None, ...]:
        """The numbers of the folds, 0 and so on; (None,) without folds."""
        return tuple(range(self.table[FOLD].max() + 1)) if FOLD in self.table else (None,)

    def read(self, name: str, split: str | None = None, fold: int | None = None) -> np.ndarray:
        """An array, or its frames of one split, concatenated in table order; reads no other frames. fold: as in `of`.

        Raises InputError if a sequence is not plausible.
        """
        rows = self.table if split is None else self.of(split, fold)
        array = np.empty((int(rows["frames"].sum()), *SHAPES[name]), np.float32)
        end = 0
        with _open(self.path) as file:
            stored = file.get_slice(name)
            for row in rows.itertuples():
                piece = array[end : end + row.frames]
                piece[:] = stored[row.start : row.start + row.frames]
                name_of_row = take_name(row.subject, row.action, row.subaction)
                self._check(name, piece, f"{self.path}: {name_of_row}, camera {row.camera}")
                end += row.frames
        return array

    def _check(self, name: str, piece: np.ndarray, where: str) -> None:
        if name == "keypoints":
            check_screen(piece, where)
        elif name == "joints":
            check_relative(piece, where)
            Judge(self.allow).hear(find_bones(apart(piece), where))
        else:
            Judge(self.allow).hear(find_in_camera(piece, where))

    def of(self, split: str, fold: int | None = None) -> pd.DataFrame:
        """The rows of one split; with folds, of the one in which this fold is tested, or the test rows of all."""
        if FOLD not in self.table:
            return self.table[self.table["split"] == split]
        is_tested = (self.table[FOLD] == fold) | (fold is None)
        return self.table[is_tested if split == "test" else ~is_tested & (self.table["split"] == split)]


def folds_of(table: pd.DataFrame) -> list[int | None]:
    """The fold of each sequence of a table; None without folds."""
    return table[FOLD].tolist() if FOLD in table else [None] * len(table)


def open_sequences(path: Path) -> Sequences:
    """The sequences at a path, after checks of columns, types, and that the rows cover the arrays end to end."""
    table_path = path.with_suffix(".csv")
    check_regular(table_path)
    check_regular(path)
    try:
        table = pd.read_csv(table_path, dtype={**COLUMNS, FOLD: int}, keep_default_na=False)
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        found = " ".join(str(error).split())
        raise InputError(f"{table_path}: expected a table of sequences; found {found}") from error
    if [column for column in table.columns if column != FOLD] != list(COLUMNS):
        raise InputError(f"{table_path}: found columns {list(table.columns)}, expected {list(COLUMNS)}, maybe {FOLD}")
    _check_rows(table, table_path)
    if FOLD in table:
        _check_folds(table, table_path)
    frames = {name: _frames(path, name) for name in SHAPES}
    ends = table["start"] + table["frames"]
    if (table["start"] != ends.shift(fill_value=0)).any() or {ends.max()} != set(frames.values()):
        raise InputError(f"{table_path}: the rows end at frame {ends.max()}, expected {frames} as in {path}")
    with _open(path) as file:
        header = file.metadata() or {}
    mirrored, allow = (_listed(header, key, path) for key in (MIRROR, ALLOW))
    mirrored = mirrored or MIRRORED
    if len(mirrored) != SHAPES["keypoints"][0]:
        raise InputError(f"{path}: {MIRROR} has {len(mirrored)} numbers, expected {SHAPES['keypoints'][0]}")
    check_mirrored(mirrored, f"{path}: {MIRROR}")
    if header.get(TABLE) not in (None, sha256(table_path)):
        raise InputError(f"{table_path}: differs from the table that {path} was written with; run preprocess again")
    return Sequences(path, table, mirrored, allow, header.get(LAYOUT, H36M), header.get(NORMALISATION, SCREEN))


def _listed(header: dict[str, str], key: str, path: Path) -> tuple[Any, ...]:
    """A list in the header; empty if it is not there."""
    try:
        found = json.loads(header.get(key, "[]"))
    except (ValueError, RecursionError):
        found = header[key]
    if not isinstance(found, list):
        raise InputError(f"{path}: {key} is {str(found)[:40]!r}, expected a list")
    return tuple(found)


def _check_rows(table: pd.DataFrame, path: Path) -> None:
    """Raise InputError for the first row that cannot be a sequence."""
    faults = {
        f"expected at least 1 frame and at most {MOST_FRAMES}": ~table["frames"].between(1, MOST_FRAMES),
        "expected a split of " + ", ".join(SPLITS): ~table["split"].isin(SPLITS),
        "expected {:g} to {:g} frames/s".format(*FPS): ~table["fps"].between(*FPS),
        "expected every take and camera once": table.duplicated(["subject", "action", "subaction", "camera"]),
    }
    for expected, is_faulty in faults.items():
        if is_faulty.any():
            row = table[is_faulty].iloc[0].to_dict()
            raise InputError(f"{path}: found {', '.join(f'{key} {value}' for key, value in row.items())}; {expected}")


def _check_folds(table: pd.DataFrame, path: Path) -> None:
    """Raise InputError unless folds are counted from 0, each subject is in one, and no sequence is only tested."""
    found = sorted(table[FOLD].unique())
    if len(found) < 2 or found != [*range(len(found))]:
        raise InputError(f"{path}: found the folds {', '.join(map(str, found))}; expected 0, 1 and so on")
    folds = table.groupby("subject")[FOLD].nunique()
    if (folds > 1).any():
        raise InputError(f"{path}: found subject {folds.idxmax()} in several folds; expected each in one")
    if (table["split"] == "test").any():
        raise InputError(f"{path}: found the split test; expected train or validation, because every fold is tested")


@contextmanager
def writing_sequences(
    path: Path,
    table: pd.DataFrame,
    *,
    mirrored_keypoints: Sequence[int] = MIRRORED,
    allow: Sequence[str] = (),
    layout: str = H36M,
    normalisation: str = SCREEN,
) -> Iterator[Write]:
    """Write the table, and yield a function that writes the arrays piece by piece, without holding them in memory.

    The function takes the first frame of a piece and the piece of each array. The block must write every frame of the
    table.
    """
    frames = int(table["frames"].sum())
    rows = table[[*COLUMNS, *({FOLD} & {*table.columns})]].to_csv(index=False, lineterminator="\n").encode()
    metadata = {MIRROR: json.dumps(list(mirrored_keypoints)), TABLE: hashlib.sha256(rows).hexdigest()}
    metadata |= {ALLOW: json.dumps(list(allow))} if allow else {}
    metadata |= {LAYOUT: layout} if layout != H36M else {}
    metadata |= {NORMALISATION: normalisation} if normalisation != SCREEN else {}
    header: dict[str, object] = {"__metadata__": metadata}
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
        temporary.write_bytes(rows)


def _open(path: Path) -> safe_open:
    with refusing(path, "a safetensors file"):
        return safe_open(path, framework="numpy")


def _frames(path: Path, name: str) -> int:
    with _open(path) as file:
        if name not in file.keys():  # noqa: SIM118, not a dictionary
            raise InputError(f"{path}: found {', '.join(file.keys())}, expected an array {name}")
        found = file.get_slice(name)
        shape, dtype = tuple(found.get_shape()), found.get_dtype()
    if shape[1:] != SHAPES[name] or dtype != "F32":
        raise InputError(f"{path}: {name} is {dtype} {shape}, expected F32 (frames, {SHAPES[name]})")
    return shape[0]
