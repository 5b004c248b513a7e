"""Made-up cameras around a person, who is some 500 pixels tall at any distance: a near camera has a wide angle."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from jointaware.mocap.cameras import Camera

PIXELS = 1000
"""Width and height of an image."""
FOCAL = 0.6
"""Focal length per metre of distance, half the image's width: 1.7 m become about 500 pixels."""
WIDEST = 35.0
"""Farthest from the optical axis that the root comes, degrees: else the camera stands back."""
NEAREST = 1.0
"""Least depth of the root, metres."""


def camera_around(
    root: np.ndarray,
    *,
    distance: tuple[float, float],
    height: tuple[float, float],
    roll: float,
    rng: np.random.Generator,
) -> Camera:
    """A camera that looks at the middle of a path.

    root: (frames, 3) metres, world frame, z up. distance: from the middle, horizontally, least and most, metres.
    height: of the camera, least and most, metres. roll: standard deviation, degrees.
    """
    middle, azimuth = root.mean(axis=0), rng.uniform(0, 2 * np.pi)
    away, up, rolled = rng.uniform(*distance), rng.uniform(*height), np.radians(rng.normal(0, roll))
    while True:
        place = np.array([*(middle[:2] + away * np.array([np.cos(azimuth), np.sin(azimuth)])), up])
        axes = _looking(middle - place, rolled)
        seen = (root - place) @ axes
        angle = np.degrees(np.arctan2(np.linalg.norm(seen[:, :2], axis=1), seen[:, 2]))
        if angle.max() <= WIDEST and seen[:, 2].min() >= NEAREST:
            break
        away *= 1.1
    x, y, z, w = Rotation.from_matrix(axes).as_quat()
    focal = FOCAL * float(np.linalg.norm(middle - place))
    intrinsics = np.array([focal, focal, 0, 0, 0, 0, 0, 0, 0], np.float32)
    return Camera("", PIXELS, PIXELS, intrinsics, np.array([w, x, y, z], np.float32), place.astype(np.float32))


def _looking(direction: np.ndarray, roll: float) -> np.ndarray:
    """Rotation from camera to world, columns right, down and forward, of a camera that looks along a direction."""
    forward = direction / np.linalg.norm(direction)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right = right / np.linalg.norm(right)
    level = np.stack([right, np.cross(forward, right), forward], axis=1)
    return np.asarray(level @ Rotation.from_rotvec([0, 0, roll]).as_matrix())
