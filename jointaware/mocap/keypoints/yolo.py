"""YOLO-pose's folder of text files, one for each frame with a person, counted from 1: `<video>_<frame>.txt`.

A line is a person: class, box (x y w h), then x y v of every keypoint, all relative to the image, and with tracking
the person's id. COCO's 17 keypoints, unless --layout names others.
"""

from __future__ import annotations

import re
from pathlib import Path

from jointaware.errors import InputError
from jointaware.foreign import listed, reading_each
from jointaware.mocap.keypoints.forms import Sample
from jointaware.mocap.keypoints.video import Detections, Told, Video

LAYOUTS = {17: "coco"}
NAME = re.compile(r"(?:.*[_-])?(\d{1,15})\.txt")
BOX = 5
"""Numbers before the keypoints: class and box."""
EXPECTED = "YOLO-pose's folder of <video>_<frame>.txt"


def fits(sample: Sample) -> bool:
    """Whether it is a folder of text files with numbers."""
    return any(NAME.fullmatch(name) for name in sample.names) and sample.path.is_dir()


def read(path: Path, told: Told) -> Video:
    """Read all people."""
    files = {int(found[1]): each for each in path.iterdir() if (found := NAME.fullmatch(each.name))}
    if not files:
        raise InputError(f"{path}: found {listed(sorted(each.name for each in path.iterdir()))}, expected {EXPECTED}")
    width, height = told.sized(path)
    detections = Detections(path)

    def read_frame(frame: int, file: Path) -> None:
        detections.where = file
        for line in file.read_text(encoding="utf-8").splitlines():
            numbers = [float(word) for word in line.split()]
            if not numbers:
                continue
            points = numbers[BOX:]
            person = str(int(points.pop())) if len(points) % 3 == 1 else None
            points[0::3] = [x * width for x in points[0::3]]
            points[1::3] = [y * height for y in points[1::3]]
            detections.add(frame, points, person)

    reading_each(files, "lines of class, box, and x y v of each keypoint", read_frame)
    return detections.finish(told, LAYOUTS, first=min(1, min(files)))
