"""Motion for the skeleton player of the report: true and predicted joints of some test sequences, compressed.

It shows the first take of each action from every camera, at most 25 frames per second, for as many seconds as fit.
Joints are 16-bit millimetres, stored as differences between frames and compressed with deflate, which browsers
decompress natively.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jointaware.analysis.figures.skeleton import upright
from jointaware.analysis.intervals import TAKE
from jointaware.artifacts.metrics import METRES_TO_MM
from jointaware.artifacts.sequences import Sequences
from jointaware.pose.skeleton import BONES, JOINTS

FPS, SECONDS = 25, 4
MOST_BYTES = 2_000_000
FARTHEST_MM = 15_000
"""Largest distance from the root: the difference of two such coordinates still fits into 16 bits."""
TRUE, LIFTED = "true", "lifted"


@dataclass(frozen=True)
class Shown:
    """A sequence in the player. frames: indices of those shown, counted over all test sequences."""

    name: dict[str, str]
    frames: range
    fps: float


def pack(
    sequences: Sequences, predicted: Iterable[tuple[str, np.ndarray]], *, most: int = MOST_BYTES
) -> dict[str, Any]:
    """Content of the player, ready for JSON.

    predicted: name of the run and its joints, (test frames, 17, 3) metres, camera frame, relative to the root.
    most: maximum size of the compressed motion, bytes.
    """
    table, target = sequences.of("test").reset_index(drop=True), sequences.read("joints", "test")
    shown = choose(table)
    turns = []
    for each in shown:
        alike = (table[["subject", "camera"]] == [each.name["subject"], each.name["camera"]]).all(axis=1)
        turns.append(upright(target[np.repeat(alike, table["frames"])]))

    def cut(joints: np.ndarray) -> list[np.ndarray]:
        """Frames shown of each sequence, (frames, 17, 3) int16 millimetres: right, forward, up."""
        turned = (METRES_TO_MM * joints[each.frames] @ turn for each, turn in zip(shown, turns, strict=True))
        return [np.clip(np.rint(part), -FARTHEST_MM, FARTHEST_MM).astype("<i2") for part in turned]

    motions = {TRUE: cut(target)} | {name: cut(joints) for name, joints in predicted}
    limit = max(len(each.frames) for each in shown)
    while len(packed := _deflate(motions, limit)) > most and limit > 1:
        limit = max(1, int(0.95 * limit * most / len(packed)))
    shown_now = [each.name | {"frames": min(limit, len(each.frames)), "fps": each.fps} for each in shown]
    return _content(motions, shown_now, packed)


def _content(
    motions: dict[str, list[np.ndarray]], sequences: list[dict[str, Any]], packed: bytes | None = None
) -> dict[str, Any]:
    """What the page reads. packed: the motions, if they are compressed already."""
    longest = max(sequence["frames"] for sequence in sequences)
    return {
        "joints": len(JOINTS),
        "bones": [[parent, joint, JOINTS[joint].partition("_")[0]] for parent, joint in BONES],
        "skeletons": list(motions),
        "sequences": sequences,
        "motion": base64.b64encode(packed or _deflate(motions, longest)).decode(),
    }


def pack_take(name: str, world: np.ndarray, fps: float) -> dict[str, Any]:
    """Content of the player for one motion without a truth, whole, ready for JSON.

    world: (frames, 17, 3) metres, z up, floor at 0, without NaN; the person is kept in the middle.
    """
    step = max(1, round(fps / FPS))
    shown = world[::step].copy()
    shown[..., :2] -= shown[:, :1, :2]
    millimetres = np.clip(np.rint(METRES_TO_MM * shown), -FARTHEST_MM, FARTHEST_MM).astype("<i2")
    sequence = {"subject": "", "action": name, "subaction": "", "camera": ""}
    return _content({LIFTED: [millimetres]}, [sequence | {"frames": len(shown), "fps": fps / step}]) | {"first": LIFTED}


def choose(table: pd.DataFrame) -> list[Shown]:
    """The first take of each action from every camera, downsampled. table: the test sequences."""
    starts = table["frames"].cumsum() - table["frames"]
    takes = set(table.drop_duplicates("action")[TAKE].itertuples(index=False, name=None))
    shown = []
    for row, start in zip(table.to_dict("records"), starts, strict=True):
        if tuple(row[key] for key in TAKE) in takes:
            step = max(1, round(row["fps"] / FPS))
            end = start + min(row["frames"], max(1, round(SECONDS * row["fps"])))
            name = {key: row[key] for key in (*TAKE, "camera")}
            shown.append(Shown(name, range(int(start), int(end), step), row["fps"] / step))
    return shown


def _deflate(motions: dict[str, list[np.ndarray]], limit: int) -> bytes:
    """Compress (skeletons, sequences, frames up to the limit, joints, axes) as differences along frames."""
    pieces = (np.diff(part[:limit], axis=0, prepend=0 * part[:1]) for parts in motions.values() for part in parts)
    return zlib.compress(b"".join(piece.tobytes() for piece in pieces), 9)
