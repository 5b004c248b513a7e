"""What each source of motion gives to preprocessing: takes, and for Human3.6M what a detector saw of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap import arrays
from jointaware.mocap.cmu import takes as cmu
from jointaware.mocap.h36m import takes as h36m
from jointaware.mocap.h36m.keypoints import read_keypoints
from jointaware.mocap.take import Take


def read_takes(data: dict[str, Any], raw: Path, subjects: list[str], skipped: list[str]) -> Iterator[Take]:
    """The takes of the subjects one by one, as recorded, without those skipped by name.

    data: the section `data` of the parameters. raw: the folder that fetch wrote.
    """
    if data["source"] == "h36m":
        positions = h36m.find_positions(data["path"], subjects)
        if positions is None:
            raise InputError(f"{data['path']}: found no 3D positions, expected what fetch listed; run fetch again")
        yield from h36m.read_positions(positions, subjects, left_out=skipped)
        return
    takes = cmu.read_takes(raw, subjects) if data["source"] == "cmu" else map(arrays.read_take, arrays.list_takes(raw))
    yield from (take for take in takes if take.subject in subjects and take.name not in skipped)


class Detections:
    """Keypoints that a detector found in Human3.6M's videos, in the detector's own order.

    mirrored: for each keypoint the one that takes its place in a mirror.
    trimmed: frames left out so far because a video ran on after the motion capture.
    """

    def __init__(self, data: dict[str, Any], raw: Path, subjects: list[str], fps: float) -> None:
        detector = data["h36m"]["keypoints"]
        if fps != h36m.FPS:
            raise InputError(f"preprocess.fps: found {fps}, expected {h36m.FPS}: {detector} has keypoints at that rate")
        brought = h36m.keypoints_path(data["path"], detector).is_file()
        self.keypoints = read_keypoints(data["path"] if brought else raw, detector, subjects)
        self.mirrored = self.keypoints.mirrored
        self.trimmed = 0

    def of(self, take: Take, camera: str, *, skipped: int) -> np.ndarray:
        """Pixels that one camera saw of a take, (frames, 17, 2) float32, after so many frames left out."""
        views, beyond = self.keypoints.of(take, skipped=skipped)
        number = h36m.CAMERAS.index(camera)
        self.trimmed += beyond[number]
        return views[number]


def read_detections(data: dict[str, Any], raw: Path, subjects: list[str], fps: float) -> Detections | None:
    """What the detector saw, where the source comes with one."""
    if data["source"] != "h36m" or data["h36m"]["keypoints"] == "gt":
        return None
    return Detections(data, raw, subjects, fps)
