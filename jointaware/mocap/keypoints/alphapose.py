"""AlphaPose's JSON: one flat list of detections, each with the name of its image.

Keypoints are x, y and confidence of COCO's 17, Halpe's 26 or Halpe's 136; `idx` is a person's id where AlphaPose
tracked. A frame without a person has no entry. Images cut from a video are named 0.jpg, 1.jpg, ...; of images with
other names the smallest number is the first frame.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jointaware.errors import InputError
from jointaware.foreign import listed, reading
from jointaware.mocap.json_stream import stream
from jointaware.mocap.keypoints.forms import Sample
from jointaware.mocap.keypoints.video import Detections, Told, Video

LAYOUTS = {17: "coco", 26: "halpe26", 136: "halpe136"}
EXPECTED = "AlphaPose's JSON, a list of image_id, keypoints and score"


def fits(sample: Sample) -> bool:
    """Whether it is a list of detections that name their image."""
    first = sample.first[1]
    return sample.first_has("image_id", "keypoints") and (isinstance(first["image_id"], str) or "idx" in first)


def read(path: Path, told: Told) -> Video:
    """Read all people."""
    detections, plain = Detections(path), True
    with reading(path, EXPECTED):
        for number, (key, entry) in enumerate(stream(path)):
            where = f"{path}: entry {number}"
            frame, is_plain = frame_of(_get(entry if key is None else None, "image_id", where), where)
            plain &= is_plain
            detections.add(frame, _get(entry, "keypoints", where), _person(entry.get("idx")))
        return detections.finish(told, LAYOUTS, first=0 if plain else None)


def frame_of(image: Any, where: object) -> tuple[int, bool]:
    """Number of the frame in the name of an image, and whether the name is nothing but this number."""
    stem = Path(str(image)).name.partition(".")[0]
    numbers = re.findall(r"\d{1,15}", stem)
    if not numbers:
        raise InputError(f"{where}: found the image_id {str(image)[:40]!r}, expected one with the number of the frame")
    return int(numbers[-1]), numbers[-1] == stem


def _get(entry: Any, key: str, where: object) -> Any:
    if not isinstance(entry, Mapping) or key not in entry:
        found = listed(entry) if isinstance(entry, Mapping) else type(entry).__name__
        raise InputError(f"{where}: found {found}, expected {EXPECTED}")
    return entry[key]


def _person(idx: Any) -> str | None:
    """A person's id; AlphaPose writes it as a number, as a list of one number, or, untracked, as an empty list."""
    while isinstance(idx, list):
        idx = idx[0] if idx else None
    return None if idx is None else str(int(idx)) if isinstance(idx, int | float) else str(idx)
