"""A simulated keypoint detector, for motion that no camera has filmed."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

OUTLIER_FRAMES = 3
"""Frames for which a lost keypoint stays lost."""


def detect(
    pixels: np.ndarray,
    *,
    std_pixels: float,
    correlation_frames: float,
    outlier_probability: float,
    outlier_pixels: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Where the detector sees keypoints, (frames, 17, 2) float32 pixels.

    pixels: (frames, 17, 2), where they are.
    std_pixels, correlation_frames: spread of the error of each coordinate, and the frames in which its correlation
        falls to 1/e; the error of a detector that looks at each frame alone still lasts, because its image does.
    outlier_probability, outlier_pixels: the chance that a keypoint is lost from a frame on, and the spread of where it
        is seen until `OUTLIER_FRAMES` later.
    """
    memory = np.exp(-1 / correlation_frames) if correlation_frames > 0 else 0.0
    noise = rng.normal(0, std_pixels, pixels.shape)
    noise[1:] *= np.sqrt(1 - memory**2)
    error = lfilter([1.0], [1.0, -memory], noise, axis=0)
    lost = rng.random(pixels.shape[:2]) < outlier_probability
    for frame, keypoint in np.argwhere(lost):
        error[frame : frame + OUTLIER_FRAMES, keypoint] += rng.normal(0, outlier_pixels, 2)
    return (pixels + error).astype(np.float32)
