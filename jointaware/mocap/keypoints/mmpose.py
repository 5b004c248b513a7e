"""MMPose's predictions: a list of frames with instances, alone or under instance_info beside meta_info.

An instance has keypoints [[x, y], ...] and keypoint_scores. With meta_info the names of the keypoints are in the file;
a list alone does not say which they are. `track_id` is a person's id where there is one. Every frame has an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from jointaware.errors import InputError
from jointaware.foreign import listed, reading
from jointaware.mocap.json_stream import stream
from jointaware.mocap.keypoints.forms import Sample
from jointaware.mocap.keypoints.layouts import Layout, named_layout
from jointaware.mocap.keypoints.video import Detections, Told, Video

EXPECTED = "MMPose's predictions, frames of frame_id and instances"


def fits(sample: Sample) -> bool:
    """Whether it is a list of frames with instances, or an object of MMPose's demos."""
    return sample.first_has("frame_id", "instances") or sample.first[0] in ("meta_info", "instance_info")


def read(path: Path, told: Told) -> Video:
    """Read all people."""
    detections, named = Detections(path), None
    frames: set[int] = set()
    with reading(path, EXPECTED):
        for key, entry in stream(path):
            if key == "meta_info":
                named = _named(entry)
            elif key in (None, "instance_info"):
                frames.add(_frame(entry, detections))
        start = min(frames, default=0)
        return detections.finish(told, named or {}, first=start, frames=max(frames, default=0) - start + 1)


def _frame(entry: Any, detections: Detections) -> int:
    """Add the instances of a frame; returns its number."""
    if not isinstance(entry, Mapping) or not {"frame_id", "instances"} <= entry.keys():
        found = listed(entry) if isinstance(entry, Mapping) else type(entry).__name__
        raise InputError(f"{detections.path}: found {found}, expected {EXPECTED}")
    frame = int(entry["frame_id"])
    for instance in entry["instances"]:
        points = instance["keypoints"]
        scores = instance.get("keypoint_scores", [1.0] * len(points))
        triples = [(*point[:2], score) for point, score in zip(points, scores, strict=True)]
        detections.add(frame, list(chain.from_iterable(triples)), instance.get("track_id"))
    return frame


def _named(meta: Any) -> Layout | None:
    """The layout that the names in meta_info are of."""
    names = meta.get("keypoint_id2name") if isinstance(meta, Mapping) else None
    if not isinstance(names, Mapping):
        return None
    return named_layout([str(names[key]) for key in sorted(names, key=int)])
