"""Motion arrays: the simplest file format for the user's own motion, also used for synthetic motion.

A folder of `<subject>/<Action>[ <n>].npz`, each with `joints` (frames, 17, 3) in metres, world frame, z up, in the
order of `jointaware.pose.skeleton`, and the scalar `fps`.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from jointaware.errors import InputError
from jointaware.foreign import refusing, visible
from jointaware.mocap.plain_pickle import load_npz
from jointaware.mocap.plausible import check_fps
from jointaware.mocap.plausible.poses import check_metres
from jointaware.mocap.sources import Settings
from jointaware.mocap.take import Take
from jointaware.progress import follow

WORD = r"[^\W\d_][^\W_]*"
COLUMN = r"(?:row|origin|seeds|statistic|average)(?: [0-9]+)?$"
NAME = re.compile(rf"(?!{COLUMN})(?P<action>{WORD}(?:[ _]{WORD})*)(?: (?P<subaction>[0-9]+))?")
"""Words that begin with a letter of any language, then a number; not the names of other columns of tables."""


def fetch(settings: Settings, path: Path, raw: Path, subjects: Sequence[str]) -> dict[Path, str]:
    """Copy the user's takes, reading each so that an invalid one raises InputError at once."""
    takes = list_takes(path)
    progress = follow(takes, "motion arrays", total=len(takes), unit="takes")
    return {write_take(raw, read_take(take)): str(take) for take in progress}


def read(
    settings: Settings, path: Path, raw: Path, subjects: Sequence[str], skipped: Collection[str]
) -> Iterator[Take]:
    """Yield the takes of the subjects from the folder of fetched files."""
    for take in map(read_take, list_takes(raw)):
        if take.subject in subjects and take.name not in skipped:
            yield take


def list_takes(folder: Path) -> list[Path]:
    """The files of all takes, by subject and name."""
    takes = sorted(visible(folder, "*/*.npz"), key=lambda path: (path.parent.name, path.stem))
    if not takes:
        raise InputError(f"{folder}: found no <subject>/<Action>.npz, expected at least one")
    return takes


def read_take(path: Path) -> Take:
    """Read one take; subject, action and subaction are taken from its path."""
    if (name := NAME.fullmatch(unicodedata.normalize("NFC", path.stem))) is None:
        raise InputError(f"{path}: found the name {path.stem!r}, expected an action, or an action and a number")
    members = load_npz(path, objects=False)
    with refusing(path, "an .npz file with joints and fps"):
        joints, fps = (np.asarray(members[key]) for key in ("joints", "fps"))
    if joints.ndim != 3 or joints.shape[1:] != (17, 3) or not len(joints) or joints.dtype.kind != "f":
        raise InputError(f"{path}: joints are {joints.dtype} {joints.shape}, expected floats (frames, 17, 3)")
    with np.errstate(over="ignore"):
        joints = joints.astype(np.float32)
    if not np.isfinite(joints).all():
        frame = int(np.argwhere(~np.isfinite(joints).all(axis=(1, 2)))[0, 0])
        raise InputError(f"{path}: joints of frame {frame} are not finite, expected numbers")
    if fps.size != 1 or fps.dtype.kind not in "iuf":
        raise InputError(f"{path}: fps is {str(fps)[:40]}, expected one number")
    check_fps(fps.item(), f"{path}: fps")
    check_metres(joints, path)
    subject = unicodedata.normalize("NFC", path.parent.name)
    return Take(subject, name["action"], name["subaction"] or "", joints, float(fps.item()), str(path))


def write_take(folder: Path, take: Take) -> Path:
    """Write a take below the folder and return its path; equal takes give equal bytes."""
    path = folder / f"{take.name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_npz(path, {"joints": np.asarray(take.joints, np.float32), "fps": np.float64(take.fps)})
    return path


def write_npz(path: Path, arrays: Mapping[str, Any], *, level: int | None = None) -> None:
    """Write arrays by name; equal arrays give equal bytes, whichever version of Python writes them.

    level: of compression; None for none.
    """
    compression = zipfile.ZIP_STORED if level is None else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", compression, compresslevel=level) as file:
        for name, array in arrays.items():
            content = BytesIO()
            np.lib.format.write_array(content, np.asanyarray(array), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy")  # whose size is known: that of a stream is recorded in another way
            member.compress_type = compression  # by each version of Python
            file.writestr(member, content.getbuffer(), compresslevel=level)
