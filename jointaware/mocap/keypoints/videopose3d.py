"""VideoPose3D's two files: what its detector writes for a video, and `data_2d_custom_*.npz` made of several of those.

The first has `keypoints`, for every frame the people found, each x, y, logit and probability of COCO's 17 points, and
`metadata` with width and height; people are not followed, which is done here, instead of taking the most confident box
of every frame. The second has one person for each video, gaps already filled; here each video is a person of its own.
Both are pickles, of which nothing is executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jointaware.errors import InputError
from jointaware.foreign import listed, reading, refusing
from jointaware.mocap.keypoints.forms import Sample
from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.mocap.keypoints.video import Detections, Told, Video
from jointaware.mocap.plain_pickle import load_npz

DETECTIONS = ("keypoints", "boxes", "metadata")
CUSTOM = ("positions_2d", "metadata")


def fits(sample: Sample) -> bool:
    """Whether it is an .npz with the arrays of either."""
    return any(set(names) <= set(sample.names) for names in (DETECTIONS, CUSTOM))


def read(path: Path, told: Told) -> Video:
    """Read all people."""
    members = load_npz(path)
    read_members = _read_custom if "positions_2d" in members else _read_detections
    with reading(path, "keypoints as VideoPose3D writes them"):
        return read_members(path, members, told)


def _read_detections(path: Path, members: dict[str, Any], told: Told) -> Video:
    size = _size(members.get("metadata"), path)
    detections, frames = Detections(path), members["keypoints"]
    for frame, classes in enumerate(frames):
        people = classes[1] if len(classes) > 1 else []  # class 0 is the background, class 1 people
        for person in people:
            points = np.asarray(person, np.float32)
            if points.ndim != 2 or len(points) < 3:
                raise InputError(f"{path}: frame {frame}: keypoints are {points.shape}, expected (4, 17)")
            detections.add(frame, np.stack([points[0], points[1], points[-1]], axis=1).ravel())
    return detections.finish(told.unless(None, size), {17: "coco"}, first=0, frames=len(frames))


def _read_custom(path: Path, members: dict[str, Any], told: Told) -> Video:
    metadata, videos = members.get("metadata"), members["positions_2d"]
    if not isinstance(metadata, Mapping) or not isinstance(videos, Mapping):
        raise InputError(f"{path}: found {listed(members)}, expected positions_2d and metadata, both dictionaries")
    name = str(metadata.get("layout_name"))
    if told.layout is None and name not in LAYOUTS:
        raise InputError(f"{path}: metadata: found the layout {name[:40]!r}, expected {' or '.join(LAYOUTS)}")
    sizes = {video: _size(metadata["video_metadata"][video], path) for video in videos}
    if len(set(sizes.values())) > 1:
        raise InputError(f"{path}: found videos of several sizes, {listed(sizes.values())}, expected one of them")
    detections = Detections(path)
    for video, takes in videos.items():
        with refusing(f"{path}: {video}", "an array (frames, points, 2) under `custom`"):
            (poses,) = takes["custom"]
            poses = np.asarray(poses, np.float32)
            trust = poses[..., 2:3] if poses.shape[2] > 2 else np.ones_like(poses[..., :1])
            for frame, triples in enumerate(np.concatenate([poses[..., :2], trust], axis=2)):
                detections.add(frame, triples.ravel(), video)
    told = told.unless(None, next(iter(sizes.values()), None))
    return detections.finish(told, LAYOUTS.get(name, {}), first=0)


def _size(metadata: Any, path: Path) -> tuple[int, int]:
    with refusing(f"{path}: metadata", "width w and height h of the video"):
        return int(metadata["w"]), int(metadata["h"])
