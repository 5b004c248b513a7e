"""A simulated 2D keypoint detector, for motion that was never filmed."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

OUTLIER_FRAMES = 3
"""Duration of an outlier, in frames."""


def detect(
    pixels: np.ndarray,
    *,
    std_pixels: float,
    correlation_frames: float,
    outlier_probability: float,
    outlier_pixels: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Detected keypoints, (frames, 17, 2) float32 pixels: the true ones plus correlated noise and rare outliers.

    pixels: (frames, 17, 2) true keypoints.
    std_pixels, correlation_frames: standard deviation of the noise in each coordinate, and the number of frames after
        which its autocorrelation has fallen to 1/e. (Even a single-frame detector makes similar errors in similar
        images.)
    outlier_probability, outlier_pixels: probability that an outlier of a keypoint starts in a frame, and the standard
        deviation of its offset, constant for `OUTLIER_FRAMES`.
    """
    memory = np.exp(-1 / correlation_frames) if correlation_frames > 0 else 0.0
    noise = rng.normal(0, std_pixels, pixels.shape)
    noise[1:] *= np.sqrt(1 - memory**2)
    error = lfilter([1.0], [1.0, -memory], noise, axis=0)
    outliers = rng.random(pixels.shape[:2]) < outlier_probability
    for frame, keypoint in np.argwhere(outliers):
        error[frame : frame + OUTLIER_FRAMES, keypoint] += rng.normal(0, outlier_pixels, 2)
    return np.asarray(pixels + error, np.float32)
