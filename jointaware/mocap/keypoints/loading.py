"""Read keypoints in any form: find out which it is, and call the reader that its row in `FORMS` names."""

from __future__ import annotations

import zipfile
from itertools import islice
from pathlib import Path
from pkgutil import resolve_name

from jointaware.errors import InputError
from jointaware.foreign import check_kind, listed, reading
from jointaware.mocap.json_stream import stream
from jointaware.mocap.keypoints.forms import FORMS, Fits, Read, Sample
from jointaware.mocap.keypoints.video import Told, Video

EXPECTED = "keypoints of a video in one of the forms that `jointaware lift --help` lists"


def read_video(path: Path, told: Told, form: str | None = None) -> Video:
    """Read the keypoints of a video. form: a key of `FORMS`; None to find out."""
    read: Read = resolve_name(f"{FORMS[form or recognise(path)].module}:read")
    return read(path, told)


def recognise(path: Path) -> str:
    """The form of a file or folder, a key of `FORMS`."""
    sample = _sample(path)
    for name, form in FORMS.items():
        fits: Fits = resolve_name(f"{form.module}:fits")
        if fits(sample):
            return name
    found = listed(sample.names) if sample.names else path.suffix or "a file without suffix"
    if isinstance(sample.first[1], dict):
        found = f"JSON with {listed(sample.first[1])}"
    elif sample.first != (None, None):
        found = f"JSON that begins with {str(sample.first[0] or type(sample.first[1]).__name__)[:40]!r}"
    raise InputError(f"{path}: found {found}, expected {EXPECTED}")


def _sample(path: Path) -> Sample:
    if path.is_dir():
        return Sample(path, names=tuple(sorted(each.name for each in islice(path.iterdir(), 1000))))
    check_kind(path, EXPECTED)
    if path.suffix == ".json":
        with reading(path, "JSON"):
            return Sample(path, first=next(stream(path), (None, None)))
    if path.suffix == ".npz":
        with reading(path, "an .npz file"), zipfile.ZipFile(path) as archive:
            return Sample(path, names=tuple(name.removesuffix(".npy") for name in archive.namelist()))
    return Sample(path)
