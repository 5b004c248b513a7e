"""Resample motion to another frame rate."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy.signal import resample_poly

LARGEST_RATIO = 1000
"""Largest denominator of the ratio of two frame rates."""

WINDOW = ("kaiser", 10.0)
"""Window of the anti-aliasing filter. SciPy's default beta of 5.0 leaves a ripple that grows with the distance from the
origin and looks like acceleration: 3 m from the origin it is 0.5 mm/frame² when resampling from 120 to 50 fps and
3 mm/frame² from 30 to 50 fps. With a beta of 10.0 it is 0.004 and 0.02 mm/frame²."""


def resample(motion: np.ndarray, fps: float, to_fps: float) -> np.ndarray:
    """Resample motion with an anti-aliasing filter, (frames, ...) float32; frame 0 stays at time 0.

    Returns ceil(frames * to_fps / fps) frames: all whose time lies before the end of the last input frame. Beyond its
    ends the motion is extended by odd reflection.
    """
    ratio = Fraction(to_fps / fps).limit_denominator(LARGEST_RATIO)
    if ratio == 1:
        return np.asarray(motion, np.float32)
    ends = "antireflect" if len(motion) > 1 else "edge"  # SciPy cannot reflect a single frame
    resampled = resample_poly(motion, ratio.numerator, ratio.denominator, axis=0, window=WINDOW, padtype=ends)
    return np.asarray(resampled, np.float32)
