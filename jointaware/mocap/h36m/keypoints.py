"""2D keypoints detected in Human3.6M's videos, in the files that VideoPose3D publishes or makes.

`data_2d_h36m_<detector>.npz` holds pixels by subject, take and camera. Detectors fine-tuned on Human3.6M give the
joints of `jointaware.pose.skeleton`, those trained on COCO its 17 keypoints; `Keypoints.mirrored` fits either layout.
The 16 of Stacked Hourglass are brought to the joints of the skeleton.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jointaware.errors import InputError
from jointaware.foreign import listed, refusing
from jointaware.mocap.cameras import CAMERAS
from jointaware.mocap.h36m.folders import SUBJECTS, check_subjects, keypoints_path, split_take
from jointaware.mocap.h36m.forms import by_subject
from jointaware.mocap.h36m.layouts import Layout, read_layout
from jointaware.mocap.plain_pickle import load_npz
from jointaware.mocap.take import Take


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
    layout = read_layout(members.get("metadata"), f"{path}: metadata")
    people = by_subject(path, "positions_2d", members, subjects)
    found: dict[tuple[str, str, str], list[np.ndarray]] = {}
    for subject in subjects:
        for name, views in _gather(people.pop(subject)).items():
            where = f"{path}: {subject}/{name:.40}"
            take = (subject, *split_take(name, where=where))
            if take in found:
                raise InputError(f"{where}: found this take under two names, expected it once")
            found[take] = _read_views(views, layout, where)
    return Keypoints(path, layout.name, layout.mirrored, found)


def _gather(takes: dict[str, Any]) -> dict[str, Any]:
    """Views by take, where some files have a key `Walking 1.54138969` for each view."""
    gathered: dict[str, Any] = {}
    for name, views in takes.items():
        take, _, camera = name.rpartition(".")
        if camera in CAMERAS and isinstance(gathered.setdefault(take, {}), dict):
            gathered[take][camera] = views
        else:
            gathered[name] = views
    return gathered


def _read_views(views: Any, layout: Layout, where: str) -> list[np.ndarray]:
    expected = f"expected {len(CAMERAS)}: {', '.join(CAMERAS)}"
    if isinstance(views, Mapping):
        if set(views) != set(CAMERAS):
            raise InputError(f"{where}: found the cameras {listed(views)}, {expected}")
        views = [views[camera] for camera in CAMERAS]
    if not isinstance(views, list | tuple) and np.ndim(views) < 2:
        raise InputError(f"{where}: found {type(views).__name__}, {expected}")
    if len(views) != len(CAMERAS):
        raise InputError(f"{where}: found {len(views)} cameras, {expected}")
    return [_read_view(view, layout, f"{where}, camera {camera}") for camera, view in zip(CAMERAS, views, strict=True)]


def _read_view(view: Any, layout: Layout, where: str) -> np.ndarray:
    if view is None:
        raise InputError(f"{where}: found None, expected keypoints: their conversion missed this camera's file")
    with refusing(where, "keypoints"):
        view = np.asarray(view)
    if view.dtype.kind not in "fiu" or view.ndim != 3 or view.shape[1] != layout.keypoints or view.shape[2] < 2:
        raise InputError(f"{where}: found {view.dtype} {view.shape}, expected numbers (frames, {layout.keypoints}, 2)")
    with np.errstate(over="ignore"):
        view = layout.order(view[..., :2].astype(np.float32))  # some detectors append a confidence
    if not np.isfinite(view).all():
        raise InputError(f"{where}: found NaN or infinity, expected finite pixels")
    return np.ascontiguousarray(view)
