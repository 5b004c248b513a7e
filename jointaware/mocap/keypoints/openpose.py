"""OpenPose's folder: one JSON for each frame, with the people in it; a frame without people is a file without people.

Points are x, y and confidence of BODY_25, or of OpenPose's COCO with 18; 0, 0, 0 is a point not found. The frame is
the last number of a file's name. People have no ids, except where `person_id` says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jointaware.errors import InputError
from jointaware.foreign import listed, reading_each
from jointaware.mocap.keypoints.forms import Sample
from jointaware.mocap.keypoints.video import Detections, Told, Video

LAYOUTS = {25: "body25", 18: "openpose18"}
NAME = re.compile(r"(?:.*_)?(\d{1,15})(?:_keypoints)?\.json")
EXPECTED = "OpenPose's folder of <video>_<frame>_keypoints.json"


def fits(sample: Sample) -> bool:
    """Whether it is a folder of JSON files."""
    return any(NAME.fullmatch(name) for name in sample.names) and sample.path.is_dir()


def read(path: Path, told: Told) -> Video:
    """Read all people."""
    files = {int(found[1]): each for each in path.iterdir() if (found := NAME.fullmatch(each.name))}
    if not files:
        names = sorted(each.name for each in path.iterdir()) if path.is_dir() else [path.name]
        raise InputError(f"{path}: found {listed(names)}, expected {EXPECTED}")
    detections = Detections(path)

    def read_frame(frame: int, file: Path) -> None:
        detections.where = file
        found = json.loads(file.read_bytes())
        if not isinstance(found, Mapping) or "people" not in found:
            keys = listed(found) if isinstance(found, Mapping) else type(found).__name__
            raise InputError(f"{file}: found {keys}, expected people, as OpenPose writes")
        for person in found["people"]:
            if points := person.get("pose_keypoints_2d", person.get("pose_keypoints")):
                detections.add(frame, points, _id(person.get("person_id")))

    reading_each(files, "a frame of OpenPose, with people", read_frame)
    start = min(files)
    return detections.finish(told, LAYOUTS, first=start, frames=max(files) - start + 1)


def _id(ids: Any) -> int | None:
    """A person's id; OpenPose writes [-1] where it does not track."""
    first = ids[0] if isinstance(ids, list) and ids else ids
    return first if isinstance(first, int) and first >= 0 else None
