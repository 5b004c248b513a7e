"""COCO's results format: a list of image_id, a number, with keypoints x, y, v of COCO's 17 points, and score.

The image_id of a video's frames counts them; the smallest is the first frame. An id of the person, if the tool that
wrote it has one, is `track_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jointaware.errors import InputError
from jointaware.foreign import reading
from jointaware.mocap.json_stream import stream
from jointaware.mocap.keypoints.forms import Sample
from jointaware.mocap.keypoints.video import Detections, Told, Video

LAYOUTS = {17: "coco", 133: "wholebody133"}
EXPECTED = "COCO results, a list of image_id, keypoints and score"


def fits(sample: Sample) -> bool:
    """Whether it is a list of detections whose image has a number."""
    return sample.first_has("image_id", "keypoints") and isinstance(sample.first[1]["image_id"], int)


def read(path: Path, told: Told) -> Video:
    """Read all people."""
    detections = Detections(path)
    with reading(path, EXPECTED):
        for number, (key, entry) in enumerate(stream(path)):
            is_entry = key is None and isinstance(entry, Mapping) and {"image_id", "keypoints"} <= entry.keys()
            if not is_entry or not isinstance(entry["image_id"], int):
                raise InputError(f"{path}: entry {number}: expected {EXPECTED}")
            detections.add(entry["image_id"], entry["keypoints"], entry.get("track_id"))
        return detections.finish(told, LAYOUTS, first=None)
