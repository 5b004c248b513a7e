"""Where Human3.6M's 3D positions lie in a user's folder: in every arrangement that people are known to have."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jointaware.errors import InputError
from jointaware.mocap.actions import ACTIONS

SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
"""The subjects whose 3D joints are published."""

FORMS = ("npz", "cdf", "tgz", "mat", "h5")
"""Of forms that cover as many subjects, the first is read."""

_SUFFIXES = {".cdf": "cdf", ".mat": "mat", ".h5": "h5"}
_PLACES = (r"D3_Positions", r"Poses_D3_Positions(_S\d+)?", r"3D_positions", r"S\d+")
"""Folders of files in the world frame: the original's, h36m-fetch's, 3d-pose-baseline's and the subject's own. Of each
subject only the first that there is counts. (D3_Positions_mono and Poses_D3_Positions_mono_universal are in the frame
of a camera.)"""

_ARCHIVE = r"Poses_D3_Positions(_S\d+)?\.(tgz|tar\.gz|tar)"
_SUBJECT = r"(?:^|[/\\_])(S\d+)(?=[/\\.])"
_ALIKE = r"h36m|human_?3|d3_?pos|3d_?pos|poses_|mypose|(^|[/\\_])s\d+[/\\_.]"
_DATA = (".cdf", ".mat", ".h5", ".hdf5", ".npz", ".npy", ".pkl", ".zip", ".tgz", ".tar", ".gz", ".mp4")

_RENAMED = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}


@dataclass(frozen=True)
class Positions:
    """Files of 3D positions: their form, one of `FORMS`, and the files of each subject."""

    form: str
    files: dict[str, tuple[Path, ...]]


def find_positions(folder: str | Path, subjects: Sequence[str] = SUBJECTS) -> Positions | None:
    """Find 3D positions in a folder, in the form that covers the most subjects; None if there are none."""
    check_subjects(subjects)
    places: dict[tuple[str, str], dict[int, list[Path]]] = defaultdict(lambda: defaultdict(list))
    paths = list(_files(folder))
    for path in paths:
        if place := _place(path):
            form, subject, rank = place
            places[form, subject][rank].append(Path(folder, path))
    npz = min((path for path in paths if path.name.lower() == "data_3d_h36m.npz"), key=_depth, default=None)
    candidates = [Positions("npz", dict.fromkeys(subjects, (Path(folder, npz),)) if npz else {})]
    for form in FORMS[1:]:
        ranks = {subject: places[form, subject] for subject in subjects if (form, subject) in places}
        candidates.append(Positions(form, {subject: tuple(found[min(found)]) for subject, found in ranks.items()}))
    most = max(candidates, key=lambda positions: len(positions.files))
    return most if most.files else None


def find_alike(folder: str | Path) -> list[Path]:
    """Files that look like a part of Human3.6M other than detected keypoints, whether they can be read or not."""
    return [
        Path(folder, path)
        for path in _files(folder)
        if path.suffix.lower() in _DATA
        and re.search(_ALIKE, str(path), re.IGNORECASE)
        and not path.name.startswith("data_2d_")
    ]


def keypoints_path(folder: str | Path, detector: str) -> Path:
    """Path of a detector's file of keypoints, at any depth of a folder; directly in it if there is none."""
    name = f"data_2d_h36m_{detector}.npz"
    found = [path for path in _files(folder) if path.name == name]
    return Path(folder, min(found, key=_depth, default=PurePosixPath(name)))


def split_take(name: str, *, where: object = "take") -> tuple[str, str]:
    """Action and subaction of a take: ("Photo", "1") of `TakingPhoto 1` or `Photo_1`, ("Photo", "") of `Photo`."""
    action, space, subaction = name.replace("_", " ").partition(" ")
    action = _RENAMED.get(action, action)
    if action not in ACTIONS or subaction.isdecimal() != bool(space):
        raise InputError(f"{where}: found take {name!r:.60}, expected an action and a number, as in 'Walking 1'")
    return action, subaction


def check_subjects(subjects: Sequence[str]) -> None:
    """Raise InputError for a subject whose 3D joints are not published."""
    for subject in subjects:
        if subject not in SUBJECTS:
            raise InputError(f"subjects: found {subject!r}, expected some of {', '.join(SUBJECTS)}")


def take_of_file(path: PurePosixPath | Path) -> str:
    """Name of the take in a file: `Walking 1` of `Walking 1.cdf`, `Walking 1.mat` and `Walking 1.cdf.mat`."""
    return path.stem.removesuffix(".cdf") if path.suffix.lower() == ".mat" else path.stem


def _files(folder: str | Path) -> Iterator[PurePosixPath]:
    """Files at any depth, sorted, relative to the folder; links are followed, what is hidden is left out."""
    for name, folders, files in os.walk(folder, followlinks=True):
        above = {os.path.realpath(parent) for parent in Path(name).parents}
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        if os.path.realpath(name) in above:  # a link to a folder that holds it
            folders[:] = files[:] = []
        files += [each for each in folders if Path(each).suffix.lower() in _SUFFIXES]  # refused by their reader
        yield from (PurePosixPath(Path(name, file).relative_to(folder)) for file in sorted(files) if file[0] != ".")


def _depth(path: PurePosixPath) -> int:
    return len(path.parts)


def _place(path: PurePosixPath) -> tuple[str, str, int] | None:
    """Form, subject, and rank of the place among `_PLACES`, of a file with 3D positions."""
    named = re.findall(_SUBJECT, str(path), re.IGNORECASE)
    if not named:
        return None
    subject = named[-1].upper()
    if re.fullmatch(_ARCHIVE, path.name, re.IGNORECASE):
        return "tgz", subject, 0
    form = _SUFFIXES.get(path.suffix.lower())
    for rank, place in enumerate(_PLACES):
        if form and re.fullmatch(place, path.parent.name, re.IGNORECASE):
            is_own = place == _PLACES[-1]  # which may hold other files as well
            return None if is_own and not _is_take(take_of_file(path)) else (form, subject, rank)
    return None


def _is_take(name: str) -> bool:
    try:
        split_take(name)
    except InputError:
        return False
    return True
