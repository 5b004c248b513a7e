"""Motion at another frame rate."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy.signal import resample_poly

LARGEST_RATIO = 1000
"""Rates are taken as a fraction of whole numbers up to this."""


def resample(motion: np.ndarray, fps: float, to_fps: float) -> np.ndarray:
    """The motion at another rate, (frames, ...) float32; frame 0 stays at its time.

    There are ceil(frames * to_fps / fps) frames: all whose time lies before the end of the last one. What the new rate
    cannot carry is filtered out; beyond the ends the first and the last frame are held.
    """
    ratio = Fraction(to_fps / fps).limit_denominator(LARGEST_RATIO)
    if ratio == 1:
        return np.asarray(motion, np.float32)
    resampled = resample_poly(motion, ratio.numerator, ratio.denominator, axis=0, padtype="edge")
    return resampled.astype(np.float32)
