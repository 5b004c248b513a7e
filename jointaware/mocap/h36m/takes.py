"""Human3.6M in the forms people have it: VideoPose3D's .npz, the original .cdf, loose or in .tgz archives, and .mat.

The data are licensed and never part of this repository; `licensed/README.md` tells a licence holder where they come
from. Whatever the form, a take has VideoPose3D's name (`Photo 1`, not `TakingPhoto 1`) and the 17 joints of
`jointaware.pose.skeleton`. Projection, splits and normalisation are the preprocess stage's work.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.foreign import refusing
from jointaware.mocap.h36m.forms import READERS, Recording
from jointaware.mocap.take import Take

SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
"""The subjects whose 3D joints are published."""

ACTIONS = (
    "Directions",
    "Discussion",
    "Eating",
    "Greeting",
    "Phoning",
    "Photo",
    "Posing",
    "Purchases",
    "Sitting",
    "SittingDown",
    "Smoking",
    "Waiting",
    "WalkDog",
    "Walking",
    "WalkTogether",
)
"""In the order of the field's tables."""

CAMERAS = ("54138969", "55011271", "58860488", "60457274")
"""In the order of the detector files."""

FPS = 50.0

LEFT_OUT = ("S11/Directions",)
"""What VideoPose3D leaves out: one camera's video is damaged, so the detector files do not have the take."""

KEPT_JOINTS = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
"""Of the 32 recorded joints those of `jointaware.pose.skeleton`, in its order; the others do not move on their own."""

DETECTORS = ("cpn_ft_h36m_dbb", "detectron_ft_h36m", "detectron_pt_coco")
"""The detectors whose keypoints VideoPose3D's authors publish at `DETECTIONS_URL`."""

DETECTIONS_URL = "https://dl.fbaipublicfiles.com/video-pose-3d"
GUIDE_URL = "https://github.com/facebookresearch/VideoPose3D/blob/main/DATASETS.md"

_RENAMED = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}


def split_take(name: str, *, where: object = "take") -> tuple[str, str]:
    """Action and subaction of a take's name: ("Photo", "1") of `TakingPhoto 1`, ("Photo", "") of `Photo`."""
    action, space, subaction = name.partition(" ")
    action = _RENAMED.get(action, action)
    if action not in ACTIONS or subaction.isdecimal() != bool(space):
        raise InputError(f"{where}: found take {name!r}, expected an action and a number, as in 'Walking 1'")
    return action, subaction


@dataclass(frozen=True)
class Positions:
    """Where 3D positions lie: the form (`npz`, `cdf`, `tgz` or `mat`) and the files of each subject."""

    form: str
    files: dict[str, tuple[Path, ...]]


def find_positions(folder: str | Path, subjects: Sequence[str] = SUBJECTS) -> Positions | None:
    """The 3D positions in a folder, in the form that has most of the subjects; None where there are none."""
    check_subjects(subjects)
    npz = Path(folder, "data_3d_h36m.npz")
    candidates = [
        Positions("npz", dict.fromkeys(subjects, (npz,)) if npz.is_file() else {}),
        Positions("cdf", _files_by_subject(folder, "D3_Positions/*.cdf", subjects)),
        Positions("tgz", _files_by_subject(folder, "Poses_D3_Positions_S*.tgz", subjects)),
        Positions("mat", _files_by_subject(folder, "D3_Positions/*.cdf.mat", subjects)),
    ]
    most = max(candidates, key=lambda positions: len(positions.files))
    return most if most.files else None


def read_positions(
    positions: Positions, subjects: Sequence[str] = SUBJECTS, *, left_out: Collection[str] = LEFT_OUT
) -> Iterator[Take]:
    """The takes of the subjects one by one, by name; what is yielded and its order do not depend on the form.

    left_out: names of takes not to read, which may be damaged, as `Take.name` has them.
    """
    for subject in subjects:
        if subject not in positions.files:
            raise InputError(f"3D joints as {positions.form}: found {', '.join(positions.files)}, expected {subject}")
    for subject, recordings in READERS[positions.form](positions.files, subjects):
        for (action, subaction), recording in sorted(_by_take(subject, recordings).items()):
            if f"{subject}/{action} {subaction}".rstrip() not in left_out:
                yield Take(subject, action, subaction, _read_joints(recording), FPS)


def missing(folder: str | Path, keypoints: str, subjects: Sequence[str] = SUBJECTS) -> str | None:
    """One line that says which files are missing, where they come from and where they go; None when all are there.

    keypoints: "gt" for projected joints, which need no file, or the name of a detector. Those of `DETECTORS` can be
        downloaded without a licence and are not missed for themselves.
    """
    positions = find_positions(folder, subjects)
    absent = [subject for subject in subjects if positions is None or subject not in positions.files]
    detector = keypoints_path(folder, keypoints)
    requests = []
    if absent:
        requests.append(
            f"3D joints of {', '.join(absent)} (data_3d_h36m.npz, or D3_Positions as .cdf or .cdf.mat, or the archives "
            "Poses_D3_Positions_S*.tgz): register at http://vision.imar.ro/human3.6m and download 'Poses, D3 Positions'"
            f" of each subject, or follow {GUIDE_URL}"
        )
    if keypoints != "gt" and not detector.is_file():
        if keypoints not in DETECTORS:
            requests.append(f"keypoints {detector.name}: download from {GUIDE_URL}")
        elif absent:
            url = f"{DETECTIONS_URL}/{detector.name}"
            requests.append(f"keypoints {detector.name}: download from {url}, or leave it to the fetch stage")
    if not requests:
        return None
    return f"{folder}: missing {'; and '.join(requests)}; put the files into {folder}, see licensed/README.md"


def keypoints_path(folder: str | Path, detector: str) -> Path:
    """Where the keypoints of a detector belong."""
    return Path(folder, f"data_2d_h36m_{detector}.npz")


def files(folder: str | Path, keypoints: str, subjects: Sequence[str] = SUBJECTS) -> list[Path]:
    """Every file that is read for these keypoints and subjects, sorted; `missing` says what is not there."""
    positions = find_positions(folder, subjects)
    paths = {path for owned in positions.files.values() for path in owned} if positions else set()
    return sorted(paths if keypoints == "gt" else paths | {keypoints_path(folder, keypoints)})


def check_subjects(subjects: Sequence[str]) -> None:
    """Refuse a subject whose 3D joints are not published."""
    for subject in subjects:
        if subject not in SUBJECTS:
            raise InputError(f"subjects: found {subject!r}, expected some of {', '.join(SUBJECTS)}")


def _files_by_subject(folder: str | Path, pattern: str, subjects: Sequence[str]) -> dict[str, tuple[Path, ...]]:
    """Files at any depth, by the last S<number> in their path; links are followed."""
    found: dict[str, list[Path]] = {subject: [] for subject in subjects}
    for name in sorted(glob(f"**/{pattern}", root_dir=folder, recursive=True)):
        named = re.findall(r"(?:^|[/\\_])(S\d+)(?=[/\\.])", name)
        if named and named[-1] in found:
            found[named[-1]].append(Path(folder, name))
    return {subject: tuple(paths) for subject, paths in found.items() if paths}


def _by_take(subject: str, recordings: list[Recording]) -> dict[tuple[str, str], Recording]:
    takes: dict[tuple[str, str], Recording] = {}
    for recording in recordings:
        if recording.name.startswith("_ALL"):  # all actions in one, which is no take
            continue
        take = split_take(recording.name, where=recording.where)
        if take in takes:
            raise InputError(f"{recording.where}: found the take of {takes[take].where} again, expected it once")
        takes[take] = recording
    if not takes:
        raise InputError(f"3D joints of {subject}: found no take, expected 30")
    return takes


def _read_joints(recording: Recording) -> np.ndarray:
    """(frames, 17, 3) float32 metres, checked."""
    with refusing(recording.where, "3D positions of 32 joints"):
        positions = np.asarray(recording.read())
    if positions.dtype.kind not in "fiu" or positions.ndim != 3 or positions.shape[1:] != (32, 3) or not len(positions):
        raise InputError(
            f"{recording.where}: found {positions.dtype} of shape {positions.shape}, expected numbers (frames, 32, 3)"
        )
    joints = positions[:, KEPT_JOINTS].astype(np.float32)
    if not np.isfinite(joints).all():
        raise InputError(f"{recording.where}: found NaN or infinity, expected finite joints")
    return joints
