"""MediaPipe's 33 landmarks of every frame, which have no standard file: JSON as its API gives them, or .npz.

JSON: a list of frames, each a list of 33 landmarks {x, y, z, visibility} or [x, y, z, visibility]; a frame may be a
list of people, or an object with `landmarks` or `pose_landmarks`; null or [] is a frame without a person. x and y
are relative to width and height. The .npz has `landmarks` (frames, 33, 3), x and y in pixels and visibility, with
`size` and `fps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jointaware.errors import InputError
from jointaware.foreign import reading, refusing
from jointaware.mocap.json_stream import stream
from jointaware.mocap.keypoints.forms import Sample
from jointaware.mocap.keypoints.video import Detections, Told, Video
from jointaware.mocap.plain_pickle import load_npz

LAYOUTS = {33: "mediapipe33"}
EXPECTED = "MediaPipe's landmarks, a list of frames of 33 landmarks with x, y and visibility"
KEYS = ("landmarks", "pose_landmarks", "poseLandmarks")
"""Where an object for a frame has its landmarks."""


def fits(sample: Sample) -> bool:
    """Whether it is an .npz with landmarks, or JSON whose frames are lists of landmarks."""
    if sample.path.suffix == ".npz":
        return "landmarks" in sample.names
    key, first = sample.first
    if isinstance(first, Mapping):
        return any(name in first for name in KEYS)
    return key is None and sample.path.suffix == ".json" and (isinstance(first, list) or _is_missing(first))


def read(path: Path, told: Told) -> Video:
    """Read the person, or all people."""
    return _read_npz(path, told) if path.suffix == ".npz" else _read_json(path, told)


def _read_json(path: Path, told: Told) -> Video:
    width, height = told.sized(path)
    detections, frames = Detections(path), 0
    with reading(path, EXPECTED):
        for frame, (_, entry) in enumerate(stream(path)):
            for person in _people(entry):
                numbers = [_landmark(each) for each in person]
                triples = [(x * width, y * height, trust) for x, y, trust in numbers]
                detections.add(frame, [number for triple in triples for number in triple])
            frames = frame + 1
        return detections.finish(told, LAYOUTS, first=0, frames=frames)


def _people(entry: Any) -> Sequence[Any]:
    """The lists of landmarks in a frame."""
    if isinstance(entry, Mapping):
        entry = next((entry[key] for key in KEYS if key in entry), None)
        if isinstance(entry, Mapping):  # a landmark list of the old API as JSON has its landmarks in `landmark`
            entry = entry["landmark"]
    if not entry:
        return []
    first = entry[0]
    is_person = isinstance(first, Mapping) or (isinstance(first, list) and isinstance(first[0], int | float))
    return [entry] if is_person else entry


def _landmark(landmark: Any) -> tuple[float, float, float]:
    """x, y and visibility."""
    if isinstance(landmark, Mapping):
        return landmark["x"], landmark["y"], landmark.get("visibility", 1.0)
    return landmark[0], landmark[1], landmark[3] if len(landmark) > 3 else 1.0


def _is_missing(first: Any) -> bool:
    return first is None


def _read_npz(path: Path, told: Told) -> Video:
    arrays = load_npz(path, objects=False)
    with refusing(path, "an .npz with landmarks (frames, 33, 3), size and fps"):
        landmarks = np.asarray(arrays["landmarks"], np.float32)
        width, height = (int(each) for each in arrays["size"])
        fps = float(arrays["fps"])
    if landmarks.ndim != 3 or landmarks.shape[2] != 3:
        raise InputError(f"{path}: landmarks are {landmarks.shape}, expected (frames, 33, 3)")
    detections = Detections(path)
    for frame, triples in enumerate(landmarks.reshape(len(landmarks), -1)):
        detections.add(frame, triples)
    return detections.finish(told.unless(fps, (width, height)), LAYOUTS, first=0, frames=len(landmarks))
