"""Savitzky-Golay filter along frames: the baseline that a user would try before any motion loss."""

from __future__ import annotations

import numpy as np

WINDOW, ORDER = 9, 2
"""Frames and order of the filter for `jointaware lift --smooth`, which reads no parameters: those of the profiles."""

DECIMALS = 7
"""Digits of a metre that are kept: 0.1 micrometres, so that rounding errors of the filter do not change files."""


def smooth(joints: np.ndarray, *, window: int, order: int) -> np.ndarray:
    """Filter every coordinate of one sequence along frames, in float64; shape and type of the input.

    joints: (frames, 17, 3) metres. window: odd number of frames to which a polynomial of this order is fitted. A
    sequence with fewer frames is filtered with the largest odd window that fits; it is returned unfiltered if the
    polynomial would pass through every frame.
    """
    from scipy.signal import savgol_filter

    window = min(window, len(joints) - 1 + len(joints) % 2)
    if window <= order + 1:
        return joints
    filtered = savgol_filter(joints.astype(np.float64), window, order, axis=0)
    return filtered.round(DECIMALS).astype(joints.dtype)
