"""Human3.6M as a source: its licensed files stay where the user put them; published detections can be downloaded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from jointaware.download import check_digest, download
from jointaware.errors import InputError
from jointaware.foreign import check_kind
from jointaware.mocap.h36m import takes
from jointaware.mocap.h36m.folders import find_positions, keypoints_path
from jointaware.mocap.h36m.keypoints import Keypoints, read_keypoints
from jointaware.mocap.sources import H36mSettings
from jointaware.mocap.take import Take

PROJECTED = "gt"
"""Name of the keypoints that are projected from the true joints instead of detected."""


def missing(settings: H36mSettings, path: Path, subjects: Sequence[str]) -> str | None:
    """One line that says which files are missing, where to get them and where to put them; None if none is."""
    return takes.missing(path, settings.keypoints, subjects)


def fetch(settings: H36mSettings, path: Path, raw: Path, subjects: Sequence[str]) -> dict[Path, str]:
    """Locate the licensed files, and locate or download the file of detected keypoints."""
    origins = {file: str(file) for file in takes.files(path, PROJECTED, subjects)}
    for file in origins:
        check_kind(file, "3D positions")
    if settings.keypoints == PROJECTED:
        return origins
    file = keypoints_path(path, settings.keypoints)
    origin = str(file)
    if file.exists():
        check_kind(file, "keypoints")
    else:
        file, origin = raw / file.name, f"{takes.DETECTIONS_URL}/{file.name}"
        download(origin, file, hint=f"download it elsewhere and put it into {path}")
    if digest := settings.keypoints_sha256:
        check_digest(file, digest, origin=origin, expected=f"data.h36m.keypoints_sha256, {digest}")
    return origins | {file: origin}


def read(
    settings: H36mSettings, path: Path, raw: Path, subjects: Sequence[str], skipped: Collection[str]
) -> Iterator[Take]:
    """Yield the takes of the subjects, from whichever form the user has; skipped takes are not read."""
    positions = find_positions(path, subjects)
    if positions is None:
        raise InputError(f"{path}: found no 3D positions, expected the files that fetch listed; run fetch again")
    yield from takes.read_positions(positions, subjects, left_out=skipped)


def detections(settings: H36mSettings, path: Path, raw: Path, subjects: Sequence[str], fps: float) -> Keypoints | None:
    """Detected keypoints of the subjects; None if the true joints are to be projected instead."""
    detector = settings.keypoints
    if detector == PROJECTED:
        return None
    if fps != takes.FPS:
        raise InputError(f"preprocess.fps: found {fps}, expected {takes.FPS}, the frame rate of {detector}'s keypoints")
    is_users = keypoints_path(path, detector).exists()
    return read_keypoints(path if is_users else raw, detector, subjects)
