"""Takes of the CMU motion capture database, mapped to the 17 joints of Human3.6M.

`cmu_takes.csv` lists the takes in use. The files do not state their frame rate; it is `FPS` for all takes listed. The
data was obtained from mocap.cs.cmu.edu; the database was created with funding from NSF EIA-0196217.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.cmu.asf_amc import positions, read_motion, read_skeleton
from jointaware.mocap.take import Take, take_name

FPS = 120.0

POINTS = (
    "root",
    *("lhipjoint", "lfemur", "ltibia", "lfoot", "ltoes"),
    *("rhipjoint", "rfemur", "rtibia", "rfoot", "rtoes"),
    *("lowerback", "upperback", "thorax", "lowerneck", "upperneck", "head"),
    *("lclavicle", "lhumerus", "lradius", "lwrist", "lhand", "lfingers", "lthumb"),
    *("rclavicle", "rhumerus", "rradius", "rwrist", "rhand", "rfingers", "rthumb"),
)
"""The root and the distal ends of the 30 bones, in the order of their ids."""

POINTS_OF_JOINTS = (
    ("lhipjoint", "rhipjoint"),
    *(("rhipjoint",), ("rfemur",), ("rtibia",)),
    *(("lhipjoint",), ("lfemur",), ("ltibia",)),
    *(("lowerback",), ("thorax",), ("upperneck",), ("head",)),
    *(("lclavicle",), ("lhumerus",), ("lwrist",)),
    *(("rclavicle",), ("rhumerus",), ("rwrist",)),
)
"""For each joint of `jointaware.pose.skeleton` the points whose mean it is; a foot is the ankle, a hand the wrist."""


def read_take(asf_path: str | Path, amc_path: str | Path) -> np.ndarray:
    """Positions of `POINTS`, (frames, 31, 3) metres, world frame, z up, floor near 0, at `FPS`."""
    skeleton = read_skeleton(Path(asf_path))
    if (names := tuple(bone.name for bone in skeleton.bones)) != POINTS:
        reason = next((f"{name} is missing" for name in POINTS if name not in names), "their order differs")
        raise InputError(f"{asf_path}: found {len(names) - 1} bones, expected CMU's {len(POINTS) - 1}; {reason}")
    x, y, z = np.moveaxis(positions(skeleton, read_motion(Path(amc_path), skeleton)), -1, 0)
    return np.stack([x, -z, y], axis=-1)


def to_h36m17(points: np.ndarray) -> np.ndarray:
    """Convert CMU points (frames, 31, 3) to joints in the order of `jointaware.pose.skeleton`, (frames, 17, 3)."""
    if points.shape[1:] != (len(POINTS), 3):
        raise ValueError(f"points must be (frames, {len(POINTS)}, 3); found {points.shape}")
    joints = [points[:, [POINTS.index(name) for name in names]].mean(axis=1) for names in POINTS_OF_JOINTS]
    return np.stack(joints, axis=1)


def read_takes(folder: Path, subjects: Sequence[str], *, skipped: Collection[str] = ()) -> Iterator[Take]:
    """Yield the takes in use of some subjects, from a folder with the layout of the database.

    skipped: takes not to read, named as in `Take.name`.
    """
    for row in _table():
        subject, action, subaction = row["subject"], row["action"], row["subaction"]
        if subject in subjects and row["trial"] and take_name(subject, action, subaction) not in skipped:
            points = read_take(folder / _file(row | {"trial": ""}), folder / _file(row))
            yield Take(subject, action, subaction, to_h36m17(points).astype(np.float32), FPS)


def files() -> dict[str, str]:
    """SHA-256 of every file that the takes in use need, by its path in the database."""
    return {_file(row): row["sha256"] for row in _table()}


def _file(row: dict[str, str]) -> str:
    subject, trial = row["subject"], row["trial"]
    return f"subjects/{subject}/{subject}_{trial}.amc" if trial else f"subjects/{subject}/{subject}.asf"


def _table() -> list[dict[str, str]]:
    """Rows of cmu_takes.csv; a row without a trial is the subject's skeleton."""
    with Path(__file__).with_name("cmu_takes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
