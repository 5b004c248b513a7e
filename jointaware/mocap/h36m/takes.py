"""Takes of Human3.6M, from VideoPose3D's .npz, the original .cdf (loose or in .tgz archives) or their conversions.

The data are licensed and never part of this repository; `licensed/README.md` tells a licence holder where to get them.
Whatever the form, takes have VideoPose3D's names (`Photo 1`, not `TakingPhoto 1`) and the 17 joints of
`jointaware.pose.skeleton`. Projection, splits and normalisation are up to the preprocess stage.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from jointaware.errors import InputError
from jointaware.foreign import refusing
from jointaware.mocap.h36m.folders import SUBJECTS, Positions, find_alike, find_positions, keypoints_path, split_take
from jointaware.mocap.h36m.forms import EXPECTED, READERS, Recording
from jointaware.mocap.take import Take, take_name

FPS = 50.0

LEFT_OUT = ("S11/Directions",)
"""Left out by VideoPose3D: one camera's video is damaged, so the take is missing from the detector files."""

KEPT_JOINTS = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
"""The joints of `jointaware.pose.skeleton` among the 32 recorded, in its order; the others do not move on their own."""

DETECTORS = ("cpn_ft_h36m_dbb", "detectron_ft_h36m", "detectron_pt_coco")
"""Detectors whose keypoints VideoPose3D's authors publish at `DETECTIONS_URL`."""

DETECTIONS_URL = "https://dl.fbaipublicfiles.com/video-pose-3d"
GUIDE_URL = "https://github.com/facebookresearch/VideoPose3D/blob/main/DATASETS.md"


def read_positions(
    positions: Positions, subjects: Sequence[str] = SUBJECTS, *, left_out: Collection[str] = LEFT_OUT
) -> Iterator[Take]:
    """Yield the takes of the subjects in order of their names; takes and order are the same for every form.

    left_out: takes not to read (they may be damaged), named as in `Take.name`.
    """
    for subject in subjects:
        if subject not in positions.files:
            raise InputError(f"3D joints as {positions.form}: found {', '.join(positions.files)}, expected {subject}")
    for subject, recordings in READERS[positions.form](positions.files, subjects):
        for (action, subaction), recording in sorted(_by_take(subject, recordings).items()):
            if take_name(subject, action, subaction) not in left_out:
                yield Take(subject, action, subaction, _read_joints(recording), FPS, recording.where)


def missing(folder: str | Path, keypoints: str, subjects: Sequence[str] = SUBJECTS) -> str | None:
    """One line that says which files are missing, where to get them and where to put them; None if none is.

    keypoints: "gt" for projected joints, which need no file, or the name of a detector. Files of `DETECTORS` can be
        downloaded without a licence and do not count as missing by themselves.
    """
    positions = find_positions(folder, subjects)
    absent = [subject for subject in subjects if positions is None or subject not in positions.files]
    detector = keypoints_path(folder, keypoints)
    requests = []
    if absent:
        requests.append(
            f"3D joints of {', '.join(absent)} (data_3d_h36m.npz, or D3_Positions as .cdf or .mat, or the archives "
            f"Poses_D3_Positions_S*.tgz): {_advice(find_alike(folder))}"
        )
    if keypoints != "gt" and not detector.exists():
        if keypoints not in DETECTORS:
            requests.append(f"keypoints {detector.name}: download from {GUIDE_URL}")
        elif absent:
            url = f"{DETECTIONS_URL}/{detector.name}"
            requests.append(f"keypoints {detector.name}: download from {url}, or let the fetch stage download it")
    if not requests:
        return None
    there = "" if Path(folder).is_dir() else "found no such folder; "
    return f"{folder}: {there}missing {'; and '.join(requests)}; put the files into {folder}, see licensed/README.md"


def files(folder: str | Path, keypoints: str, subjects: Sequence[str] = SUBJECTS) -> list[Path]:
    """Every file that is read for these keypoints and subjects, sorted."""
    positions = find_positions(folder, subjects)
    paths = {path for owned in positions.files.values() for path in owned} if positions else set()
    return sorted(paths if keypoints == "gt" else paths | {keypoints_path(folder, keypoints)})


def _advice(alike: Sequence[Path]) -> str:
    """How to get the 3D joints; somebody who has other files of Human3.6M has its licence."""
    if not alike:
        return (
            "register at http://vision.imar.ro/human3.6m and download 'Poses, D3 Positions' of each subject, or follow "
            f"{GUIDE_URL}"
        )
    return f"found {len(alike)} files of Human3.6M, such as {alike[0]}, but not these in a place or form that is read"


def _by_take(subject: str, recordings: list[Recording]) -> dict[tuple[str, str], Recording]:
    takes: dict[tuple[str, str], Recording] = {}
    for recording in recordings:
        if recording.name.startswith("_ALL"):  # all actions in one file
            continue
        take = split_take(recording.name, where=recording.where)
        if take in takes:
            raise InputError(f"{recording.where}: found the same take as in {takes[take].where}, expected it once")
        takes[take] = recording
    if not takes:
        raise InputError(f"3D joints of {subject}: found no take, expected 30")
    return takes


def _read_joints(recording: Recording) -> np.ndarray:
    """Read and validate the kept joints, (frames, 17, 3) float32 metres."""
    with refusing(recording.where, EXPECTED):
        positions = np.asarray(recording.read())
    kept = KEPT_JOINTS if positions.shape[1:] == (32, 3) else range(len(KEPT_JOINTS))
    if positions.dtype.kind not in "fiu" or positions.shape[1:] not in ((32, 3), (17, 3)) or not len(positions):
        raise InputError(
            f"{recording.where}: found {positions.dtype} of shape {positions.shape}, expected numbers (frames, 32, 3), "
            "or the 17 joints of VideoPose3D"
        )
    with np.errstate(over="ignore"):
        joints = positions[:, kept].astype(np.float32)
    if not np.isfinite(joints).all():
        raise InputError(f"{recording.where}: found NaN or infinity, expected finite joints")
    return joints
