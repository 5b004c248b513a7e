"""The table of forms: one row for each kind of file that 2D keypoints come in. Light: imports neither NumPy nor SciPy.

A new form is one module with the functions `fits` and `read` below, and one row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from jointaware.mocap.keypoints.video import Told, Video


@dataclass(frozen=True)
class Form:
    """A form of keypoints. words: what it is. module: where its functions `fits` and `read` are.

    says: what of layout, size and fps the file itself says.
    """

    words: str
    module: str
    says: str


FORMS = {
    "videopose3d": Form(
        "VideoPose3D: data_2d_custom_*.npz, or the .npz of a video that its detector writes",
        "jointaware.mocap.keypoints.videopose3d",
        "layout and size",
    ),
    "alphapose": Form("AlphaPose: JSON", "jointaware.mocap.keypoints.alphapose", "layout"),
    "openpose": Form("OpenPose: folder of *_keypoints.json", "jointaware.mocap.keypoints.openpose", "layout"),
    "mmpose": Form("MMPose: predictions JSON", "jointaware.mocap.keypoints.mmpose", "layout, from its demos"),
    "coco": Form("COCO results: JSON", "jointaware.mocap.keypoints.coco_results", "layout"),
    "mediapipe": Form(
        "MediaPipe: landmarks of every frame as JSON, or .npz with landmarks, size and fps",
        "jointaware.mocap.keypoints.mediapipe",
        "layout; .npz: size and fps",
    ),
    "yolo": Form("YOLO-pose: folder of text files", "jointaware.mocap.keypoints.yolo", "layout"),
    "movement": Form(
        "DeepLabCut (.h5, .csv), SLEAP (.slp, .h5) and movement (.nc), by the package movement",
        "jointaware.mocap.keypoints.tracked",
        "layout; .nc: fps",
    ),
}
"""Forms by the name that `--form` takes, in the order in which a file is tried."""


@dataclass(frozen=True)
class Sample:
    """What tells forms apart. head: names in a folder, names in an .npz, or the first of a JSON file.

    The first of a JSON file is a pair as `jointaware.mocap.json_stream.stream` yields it.
    """

    path: Path
    names: tuple[str, ...] = ()
    first: tuple[str | None, Any] = (None, None)
    keys: tuple[str, ...] = ()

    def first_has(self, *keys: str) -> bool:
        """Whether the first element is an object with these keys."""
        return isinstance(self.first[1], Mapping) and all(key in self.first[1] for key in keys)


class Fits(Protocol):
    """Whether a file is of a form."""

    def __call__(self, sample: Sample) -> bool:
        """Judge by names and the first element; reads no file."""
        ...


class Read(Protocol):
    """Read a file or folder of a form."""

    def __call__(self, path: Path, told: Told) -> Video:
        """All people in it; InputError in one line for whatever is wrong."""
        ...
