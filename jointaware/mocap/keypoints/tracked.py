"""DeepLabCut's, SLEAP's and movement's own files, read by the optional package `movement`.

The names of the keypoints are in the files, and so are the people. movement's netCDF may hold the frame rate too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from jointaware.errors import InputError
from jointaware.foreign import reading
from jointaware.mocap.keypoints.forms import Sample
from jointaware.mocap.keypoints.layouts import named_layout
from jointaware.mocap.keypoints.video import Detections, Told, Video

SOFTWARE = {".h5": "DeepLabCut", ".csv": "DeepLabCut", ".slp": "SLEAP", ".nc": "movement"}
"""Which software writes files of a suffix."""
EXPECTED = "a file of DeepLabCut (.h5, .csv), SLEAP (.slp, .h5) or movement (.nc)"


def fits(sample: Sample) -> bool:
    """Whether its suffix is one of theirs."""
    return sample.path.suffix in SOFTWARE and sample.path.is_file()


def read(path: Path, told: Told) -> Video:
    """Read all people."""
    try:
        from movement.io import load_poses
    except ImportError as error:
        raise InputError(f"{path}: needs the package movement: pip install movement") from error
    with reading(path, EXPECTED):
        found = _open(path, load_poses)
        position = found["position"].transpose("time", "individuals", "keypoints", "space").to_numpy()[..., :2]
        trust = found["confidence"].transpose("time", "individuals", "keypoints").to_numpy()
        trust = np.where(np.isnan(trust), 1.0, trust)
        names = [str(name) for name in found["keypoints"].to_numpy()]
        people = [str(name) for name in found["individuals"].to_numpy()]
        fps = _fps(found)
    triples = np.concatenate([position, trust[..., None]], axis=-1)
    seen = ~np.isnan(position).any(axis=-1).all(axis=-1)
    detections = Detections(path)
    for frame, person in np.argwhere(seen).tolist():
        detections.add(frame, triples[frame, person].ravel(), people[person])
    return detections.finish(told.unless(fps, None), named_layout(names), first=0, frames=len(position))


def _open(path: Path, load_poses: Any) -> Any:
    """The data set of a file."""
    if path.suffix != ".nc":
        return load_poses.from_file(path, source_software=_software(path))
    import xarray

    with xarray.open_dataset(path) as file:
        return file.load()


def _software(path: Path) -> str:
    """Which software wrote a file; SLEAP's analysis files have the suffix of DeepLabCut's."""
    if path.suffix == ".h5":
        import h5py

        with h5py.File(path) as file:
            return "SLEAP" if "tracks" in file else SOFTWARE[path.suffix]
    return SOFTWARE[path.suffix]


def _fps(found: Any) -> float | None:
    """The frame rate that a data set says, if its time is in seconds."""
    fps = found.attrs.get("fps")
    return float(fps) if fps is not None and found.attrs.get("time_unit") == "seconds" else None
