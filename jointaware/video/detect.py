"""Find the keypoints of the one person in a video, with MediaPipe, for `jointaware lift`.

Writes an .npz with landmarks (frames, 33, 3), x and y in pixels and visibility, 0 where nobody is found; size and fps.
MediaPipe's weights are in its package, so that nothing is downloaded: pip install .[detector]. It needs an older NumPy,
and may be installed in an environment of its own: detecting needs no PyTorch, lifting no MediaPipe.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.progress import follow

LANDMARKS = 33
COMPLEXITY = 1
"""Of MediaPipe's models the middle one, whose weights come with the package."""


def main(argv: Sequence[str]) -> None:
    """Run `jointaware detect`."""
    command = argparse.ArgumentParser(
        prog="jointaware detect", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("video", type=Path, metavar="VIDEO", help="any video that ffmpeg reads")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .npz file to write")
    arguments = command.parse_args(argv)
    if not arguments.video.is_file():
        raise InputError(f"{arguments.video}: missing, expected a video")
    landmarks, size, fps = detect(arguments.video)
    if not landmarks[..., 2].any():
        raise InputError(f"{arguments.video}: found no person in any frame, expected one")
    with writing(arguments.out) as temporary, temporary.open("wb") as file:
        np.savez(file, landmarks=landmarks, size=np.array(size), fps=np.float64(fps))
    print(arguments.out)


def detect(path: Path) -> tuple[np.ndarray, tuple[int, int], float]:
    """Landmarks of every frame, (frames, 33, 3) float32, width and height in pixels, and frames per second."""
    try:
        from mediapipe.python.solutions.pose import Pose
    except ImportError as error:
        raise InputError("jointaware detect: found no MediaPipe, expected it: pip install .[detector]") from error
    frames = _frames(path)
    about = next(frames)
    width, height = about["size"]
    landmarks = []
    with Pose(model_complexity=COMPLEXITY) as pose:
        for picture in follow(frames, f"detecting {path.name}", total=None, unit="frames"):
            found = pose.process(np.frombuffer(picture, np.uint8).reshape(height, width, 3)).pose_landmarks
            points = [(each.x * width, each.y * height, each.visibility) for each in found.landmark] if found else []
            landmarks.append(points or [(0.0, 0.0, 0.0)] * LANDMARKS)
    return np.array(landmarks, np.float32).reshape(-1, LANDMARKS, 3), (width, height), float(about["fps"])


def _frames(path: Path) -> Iterator[Any]:
    """What ffmpeg says of a video, then its pictures, as bytes of height x width x red, green, blue."""
    import imageio_ffmpeg

    try:
        yield from imageio_ffmpeg.read_frames(str(path))
    except (OSError, RuntimeError, KeyError) as error:
        (found, *_) = f"{error}".strip().splitlines()[-1:] or ["nothing"]
        raise InputError(f"{path}: expected a video that ffmpeg reads; found {found[:200]}") from error
