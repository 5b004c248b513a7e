"""2D keypoints detected in Human3.6M's videos, in the files that VideoPose3D publishes.

`data_2d_h36m_<detector>.npz` holds pixels by subject, take and camera. Detectors fine-tuned on Human3.6M give the
joints of `jointaware.pose.skeleton`, those trained on COCO its 17 keypoints; `Keypoints.mirrored` fits either layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.cameras import CAMERAS
from jointaware.mocap.foreign import refusing
from jointaware.mocap.h36m.takes import SUBJECTS, check_subjects, keypoints_path, split_take
from jointaware.mocap.plain_pickle import load_npz
from jointaware.mocap.take import Take

KEYPOINTS = 17


@dataclass(frozen=True)
class Keypoints:
    """Keypoints of one detector; implements `jointaware.mocap.sources.Detections`.

    layout: order of the keypoints, `h36m` or `coco`.
    mirrored: index of each keypoint's counterpart on the other side of the body.
    views: by subject, action and subaction one array per camera, (frames, 17, 2) float32 pixels, in the order of
        `jointaware.mocap.cameras.CAMERAS`.
    """

    path: Path
    layout: str
    mirrored: tuple[int, ...]
    views: dict[tuple[str, str, str], list[np.ndarray]]

    def of(self, take: Take, camera: str, *, skipped: int = 0) -> tuple[np.ndarray, int]:
        """One camera's keypoints of a take, cut to the length of its joints, and the number of surplus frames.

        skipped: frames left out at the start of the take.

        Some videos are longer than the motion capture; InputError if one is shorter.
        """
        views = self.views.get((take.subject, take.action, take.subaction))
        if views is None:
            raise InputError(f"{self.path}: found no keypoints of {take.name}, expected them for every take")
        frames = skipped + len(take.joints)
        view = views[CAMERAS.index(camera)]
        if len(view) < frames:
            raise InputError(
                f"{self.path}: {take.name}, camera {camera}: found {len(view)} frames, expected at least {frames}"
            )
        return view[skipped:frames], len(view) - frames


def read_keypoints(folder: str | Path, detector: str, subjects: Sequence[str] = SUBJECTS) -> Keypoints:
    """Read the keypoints of a detector for some subjects."""
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
    return np.ascontiguousarray(view[..., :2], np.float32)  # some detectors append a confidence
