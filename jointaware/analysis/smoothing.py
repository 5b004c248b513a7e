"""The filter that a user would try before any loss on motion: Savitzky and Golay's, along frames."""

from __future__ import annotations

import numpy as np


def smooth(joints: np.ndarray, *, window: int, order: int) -> np.ndarray:
    """One sequence with every coordinate filtered along frames, the shape and type of the input.

    joints: (frames, 17, 3). window: frames, odd, that a polynomial of that order is fitted to. A sequence with fewer
    frames takes the largest window that it has, and stays as it is if the polynomial would go through every frame.
    """
    from scipy.signal import savgol_filter

    window = min(window, len(joints) - 1 + len(joints) % 2)
    if window <= order + 1:
        return joints
    return savgol_filter(joints, window, order, axis=0).astype(joints.dtype)
