"""Motion as plain arrays, the form in which anyone can bring it.

A folder of `<subject>/<Action>[ <n>].npz`, each with `joints` (frames, 17, 3) in metres, world frame, z up, in the
order of `pose.skeleton`, and the scalar `fps`.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np

from mocap._foreign import refusing
from mocap.errors import MotionError
from mocap.take import Take

NAME = re.compile(r"(?P<action>[A-Za-z]+)(?: (?P<subaction>\d+))?")
TALLEST = 10.0
"""Metres. What reaches farther from the pelvis was not measured in metres."""


def list_takes(folder: Path) -> list[Path]:
    """The files of all takes, by subject and name."""
    takes = sorted(folder.glob("*/*.npz"), key=lambda path: (path.parent.name, path.stem))
    if not takes:
        raise MotionError(f"{folder}: found no <subject>/<Action>.npz, expected at least one")
    return takes


def read_take(path: Path) -> Take:
    """One take, its names read from its path."""
    if (name := NAME.fullmatch(path.stem)) is None:
        raise MotionError(f"{path}: found the name {path.stem!r}, expected an action, or an action and a number")
    with refusing(path, "an .npz file with joints and fps and no pickles"), path.open("rb") as source:
        with np.load(source, allow_pickle=False) as file:
            joints, fps = file["joints"], float(file["fps"])
    if joints.ndim != 3 or joints.shape[1:] != (17, 3) or not len(joints) or joints.dtype.kind != "f":
        raise MotionError(f"{path}: joints are {joints.dtype} {joints.shape}, expected floats (frames, 17, 3)")
    if not np.isfinite(joints).all():
        frame = int(np.argwhere(~np.isfinite(joints).all(axis=(1, 2)))[0, 0])
        raise MotionError(f"{path}: joints of frame {frame} are not finite, expected numbers")
    if not (np.isfinite(fps) and fps > 0):
        raise MotionError(f"{path}: fps is {fps}, expected a positive number")
    if (reach := np.abs(joints - joints[:, :1]).max()) > TALLEST:
        raise MotionError(f"{path}: a joint is {reach:.0f} m from the pelvis, expected metres; are these millimetres?")
    return Take(path.parent.name, name["action"], name["subaction"] or "", joints.astype(np.float32), fps)


def write_take(folder: Path, take: Take) -> Path:
    """Write a take below the folder, always the same bytes for the same take."""
    path = folder / f"{take.name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        for name, array in {"joints": np.asarray(take.joints, np.float32), "fps": np.float64(take.fps)}.items():
            with file.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    return path
