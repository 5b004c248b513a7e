"""Motion for the skeleton player: 2D keypoints, true and predicted joints, and errors of some takes, compressed.

The report shows the first take of each action from its first camera, by every run, at most 25 frames per second, for
as many seconds as fit. Poses are rounded to what a screen resolves, and errors are measured before that. All numbers
are 16-bit, stored as differences between frames and compressed with deflate, which browsers decompress natively.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch

from jointaware.analysis.figures.skeleton import upright
from jointaware.analysis.intervals import TAKE
from jointaware.artifacts.metrics import METRES_TO_MM
from jointaware.artifacts.scores import Run
from jointaware.artifacts.sequences import Sequences
from jointaware.pose.metrics import mpjpe
from jointaware.pose.skeleton import BONES, JOINTS

FPS, SECONDS = 25, 4
MOST_BYTES = 1_200_000
UNIT_MM, ERROR_UNIT_MM = 2, 0.1
"""To what joints and errors are rounded."""
PICTURE = 1000
"""Extent of the keypoints of a take, in units to which they are rounded."""
OUTLIERS = 0.5
"""Percentage of the keypoints on each side that may lie outside the picture."""
EPSILON = 1e-9
FARTHEST, NOTHING = 32_767, -32_768
"""Largest number, and that for NaN."""
TRUE, LIFTED = "true", "lifted"


@dataclass(frozen=True)
class Take:
    """A motion in the player.

    name: by which it is chosen. words: what else is said of it. skeletons: joints by name, (frames, 17, 3) metres, z
    up; NaN where there is no pose. keypoints: (frames, points, 2), y down; NaN likewise. lost: frames without a
    detection, (frames,) bool.
    """

    name: str
    words: str
    fps: float
    skeletons: Mapping[str, np.ndarray]
    keypoints: np.ndarray
    lost: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))


def pack(
    takes: Sequence[Take],
    runs: Sequence[Run] = (),
    *,
    points: Sequence[str] = JOINTS,
    bones: Sequence[tuple[int, int]] = BONES,
    first: Sequence[str | None] = (),
    link: str = "player",
    most: int = MOST_BYTES,
) -> dict[str, Any]:
    """Content of the player, ready for JSON.

    takes: with the same skeletons and keypoints each. runs: whose predictions are among the skeletons. points, bones:
    names of the keypoints and what connects them. first: experiments shown first. link: what an address that links
    to a take begins with, unique on the page. most: bytes of compressed motion.
    """
    layers = [list(_layers(take)) for take in takes]
    limit = max(len(take.keypoints) for take in takes)
    while len(packed := _deflate(layers, limit)) > most and limit > 1:
        limit = max(1, int(0.95 * limit * most / len(packed)))
    seeds: dict[str, list[int]] = {}
    for run in runs:
        seeds.setdefault(run.experiment, []).append(run.seed)
    wanted = [name for name in dict.fromkeys([*first, *seeds]) if name in seeds]
    return {
        "link": link,
        "joints": len(JOINTS),
        "points": len(points),
        "bones": [[a, b, side_of(JOINTS[b])] for a, b in BONES],
        "bones_2d": [[a, b, side_of(points[b])] for a, b in bones],
        "skeletons": list(takes[0].skeletons),
        "seeds": seeds,
        "first": [f"{name}-{seeds[name][0]}" for name in (wanted + wanted[-1:])[:2]],
        "takes": [_described(take, limit) for take in takes],
        "units": {"mm": UNIT_MM, "error_mm": ERROR_UNIT_MM, "nothing": NOTHING},
        "motion": base64.b64encode(packed).decode(),
    }


def _described(take: Take, limit: int) -> dict[str, Any]:
    first, end = np.flatnonzero(np.diff(take.lost[:limit], prepend=False, append=False)).reshape(-1, 2).T
    lost = np.stack([first, end - first], axis=1).tolist()
    frames = min(limit, len(take.keypoints))
    size = [int(extent) for extent in np.ceil(_picture(take.keypoints)[1])]
    return {"name": take.name, "words": take.words, "fps": take.fps, "frames": frames, "size": size, "lost": lost}


def _layers(take: Take) -> Iterator[np.ndarray]:
    """What is stored of a take: skeletons, keypoints, and the error of each prediction, (frames, numbers) int16."""
    for joints in take.skeletons.values():
        yield _rounded(METRES_TO_MM / UNIT_MM * joints)
    yield _rounded(_picture(take.keypoints)[0])
    if TRUE in take.skeletons:
        truth = torch.tensor(take.skeletons[TRUE])
        for name, joints in take.skeletons.items():
            if name != TRUE:
                yield _rounded(METRES_TO_MM / ERROR_UNIT_MM * mpjpe(torch.tensor(joints), truth).numpy())


def _picture(keypoints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints in the smallest picture that holds nearly all of them, and its width and height."""
    low, high = np.nanpercentile(keypoints, (OUTLIERS, 100 - OUTLIERS), axis=(0, 1))
    scale = PICTURE / max(float(np.max(high - low)), EPSILON)
    return (keypoints - low) * scale, (high - low) * scale


def _rounded(values: np.ndarray) -> np.ndarray:
    whole = np.nan_to_num(np.clip(np.rint(values), -FARTHEST, FARTHEST), nan=NOTHING)
    return whole.reshape(len(values), -1).astype("<i2")


def _deflate(layers: list[list[np.ndarray]], limit: int) -> bytes:
    """Compress the layers, up to the limit of frames, as differences along frames (modulo 2 to the 16)."""
    parts = (part[:limit] for take in layers for part in take)
    return zlib.compress(b"".join(np.diff(part, axis=0, prepend=0 * part[:1]).tobytes() for part in parts), 9)


def side_of(point: str) -> str:
    """left, right or middle, by the name of a joint or keypoint."""
    side = point.partition("_")[0]
    return side if side in ("left", "right") else "middle"


def takes_of(sequences: Sequences, predicted: Iterable[tuple[Run, np.ndarray]]) -> list[Take]:
    """The takes that the report shows, upright.

    predicted: joints by each run, (test frames, 17, 3) metres, camera frame, relative to the root.
    """
    table, target = sequences.of("test").reset_index(drop=True), sequences.read("joints", "test")
    shown, keypoints = choose(table), sequences.read("keypoints", "test")
    turns = []
    for row, _ in shown:
        alike = (table[["subject", "camera"]] == row[["subject", "camera"]]).all(axis=1)
        turns.append(upright(target[np.repeat(alike, table["frames"])]))

    def cut(joints: np.ndarray) -> list[np.ndarray]:
        """The frames shown of each take, (frames, 17, 3) metres: right, forward, up."""
        return [joints[frames] @ turn for (_, frames), turn in zip(shown, turns, strict=True)]

    skeletons = {TRUE: cut(target)} | {run.name: cut(joints) for run, joints in predicted}
    return [
        Take(
            name=row["action"],
            words=f"{' '.join(filter(None, row[list(TAKE)]))}, camera {row['camera']}",
            fps=row["fps"] / frames.step,
            skeletons={name: parts[place] for name, parts in skeletons.items()},
            keypoints=keypoints[frames],
        )
        for place, (row, frames) in enumerate(shown)
    ]


def choose(table: pd.DataFrame) -> list[tuple[pd.Series, range]]:
    """The first take of each action, from its first camera, and the frames shown, counted over all test sequences.

    table: the test sequences.
    """
    starts = table["frames"].cumsum() - table["frames"]
    shown = []
    for place, row in table.drop_duplicates("action").iterrows():
        step = max(1, round(row["fps"] / FPS))
        frames = min(row["frames"], max(1, round(SECONDS * row["fps"])))
        shown.append((row, range(starts[place], starts[place] + frames, step)))
    return shown
