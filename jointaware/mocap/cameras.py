"""The four calibrated cameras of Human3.6M, with one calibration per subject.

h36m_cameras.json holds facts from the metadata of the data set, as published with VideoPose3D: pixels, millimetres,
quaternions w x y z from camera to world.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CAMERAS = ("54138969", "55011271", "58860488", "60457274")
"""Camera ids, in the order of the detector files."""


@dataclass(frozen=True)
class Camera:
    """One camera as calibrated for one subject, in the conventions of `jointaware.pose.camera`; arrays are float32.

    width, height: pixels. intrinsics: (9,) fx fy cx cy k1 k2 k3 p1 p2, for normalised screen coordinates.
    orientation: (4,) quaternion, camera to world. translation: (3,) metres, the camera's position in the world.
    """

    id: str
    width: int
    height: int
    intrinsics: np.ndarray
    orientation: np.ndarray
    translation: np.ndarray


@functools.cache
def load_cameras() -> dict[str, dict[str, Camera]]:
    """Every subject's cameras by id."""
    text = Path(__file__).with_name("h36m_cameras.json").read_text(encoding="utf-8")
    lenses, poses = json.loads(text).values()
    return {subject: {id: _camera(id, lenses[id], pose) for id, pose in row.items()} for subject, row in poses.items()}


def _camera(id: str, lens: dict[str, Any], pose: dict[str, Any]) -> Camera:
    size = np.array([lens["width"], lens["height"]])
    focal = np.array(lens["focal_length"]) / size[0] * 2
    centre = np.array(lens["centre"]) / size[0] * 2 - size / size[0]
    return Camera(
        id,
        lens["width"],
        lens["height"],
        np.array([*focal, *centre, *lens["radial_distortion"], *lens["tangential_distortion"]], np.float32),
        np.array(pose["orientation"], np.float32),
        np.array(pose["translation"], np.float32) / np.float32(1000),
    )
