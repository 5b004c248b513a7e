"""Keypoints that a detector found in Human3.6M's videos, as VideoPose3D publishes them.

Files are `data_2d_h36m_<detector>.npz`, pixels by subject, take and camera. Fine-tuned detectors give the joints of
`jointaware.pose.skeleton`, those trained on COCO its 17 keypoints; `Keypoints.mirrored` tells left from right in either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.foreign import refusing
from jointaware.mocap.h36m.takes import CAMERAS, SUBJECTS, check_subjects, keypoints_path, split_take
from jointaware.mocap.plain_pickle import load_npz
from jointaware.mocap.take import Take

KEYPOINTS = 17


@dataclass(frozen=True)
class Keypoints:
    """What a detector found.

    layout: the order of the keypoints, `h36m` or `coco`.
    mirrored: for each keypoint the one that takes its place in a mirror.
    views: by subject, action and subaction an array for each of `jointaware.mocap.h36m.takes.CAMERAS`, (frames, 17, 2) float32 pixels.
    """

    path: Path
    layout: str
    mirrored: tuple[int, ...]
    views: dict[tuple[str, str, str], list[np.ndarray]]

    def of(self, take: Take, *, skipped: int = 0) -> tuple[list[np.ndarray], list[int]]:
        """Each camera's keypoints of a take, as long as its joints, and how many frames each camera had beyond.

        Some videos run longer than the motion capture; none may be shorter.
        skipped: frames that were left out at the start of the take.
        """
        views = self.views.get((take.subject, take.action, take.subaction))
        if views is None:
            raise InputError(f"{self.path}: found no keypoints of {take.name}, expected some as there are 3D joints")
        frames = skipped + len(take.joints)
        for camera, view in zip(CAMERAS, views, strict=True):
            if len(view) < frames:
                raise InputError(
                    f"{self.path}: {take.name}, camera {camera}: found {len(view)} frames, expected at least {frames}"
                )
        return [view[skipped:frames] for view in views], [len(view) - frames for view in views]


def read_keypoints(folder: str | Path, detector: str, subjects: Sequence[str] = SUBJECTS) -> Keypoints:
    """Keypoints of a detector; subjects that are not asked for are dropped."""
    check_subjects(subjects)
    path = keypoints_path(folder, detector)
    members = load_npz(path)
    with refusing(path, "members positions_2d and metadata as VideoPose3D writes them"):
        layout = members["metadata"].get("layout_name", "h36m")
        mirrored = _mirrored(*members["metadata"]["keypoints_symmetry"])
        people = {subject: dict(takes) for subject, takes in members.pop("positions_2d").items()}
    found: dict[tuple[str, str, str], list[np.ndarray]] = {}
    if absent := [subject for subject in subjects if subject not in people]:
        raise InputError(f"{path}: found the subjects {', '.join(people)}, expected {absent[0]}")
    for subject in subjects:
        for name, views in people.pop(subject).items():
            where = f"{path}: {subject}/{name}"
            found[subject, *split_take(name, where=where)] = _read_views(views, where)
    return Keypoints(path, layout, mirrored, found)


def _mirrored(left: Sequence[int], right: Sequence[int]) -> tuple[int, ...]:
    mirrored = np.arange(KEYPOINTS)
    mirrored[[*left, *right]] = [*right, *left]
    return tuple(mirrored.tolist())


def _read_views(views: Sequence[np.ndarray], where: str) -> list[np.ndarray]:
    if len(views) != len(CAMERAS):
        raise InputError(f"{where}: found {len(views)} cameras, expected {len(CAMERAS)}: {', '.join(CAMERAS)}")
    return [_read_view(view, f"{where}, camera {camera}") for camera, view in zip(CAMERAS, views, strict=True)]


def _read_view(view: np.ndarray, where: str) -> np.ndarray:
    with refusing(where, "keypoints"):
        view = np.asarray(view)
    if view.dtype.kind != "f" or view.ndim != 3 or view.shape[1] != KEYPOINTS or view.shape[2] < 2:
        raise InputError(f"{where}: found {view.dtype} {view.shape}, expected numbers (frames, {KEYPOINTS}, 2)")
    if not np.isfinite(view).all():
        raise InputError(f"{where}: found NaN or infinity, expected finite pixels")
    return np.ascontiguousarray(view[..., :2], np.float32)  # what some detectors add is their confidence
