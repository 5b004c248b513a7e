"""Smooth curves of time, from which synthetic motion is made.

Times are in seconds along the first axis; a curve has continuous acceleration, as muscles give it.
"""

from __future__ import annotations

import numpy as np


def ease(progress: np.ndarray) -> np.ndarray:
    """Minimum-jerk course of a reach (Flash & Hogan 1985): 0 up to 0, 1 from 1 on, at rest at both ends."""
    x = np.clip(progress, 0.0, 1.0)
    return x**3 * (10 - 15 * x + 6 * x**2)


def glide(times: np.ndarray, starts: np.ndarray, durations: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values held one after another, (times, ...): move i goes from value i to value i + 1.

    starts, durations: (moves,) seconds; moves may overlap, they add up.
    values: (moves + 1, ...).
    """
    progress = ease((times[:, None] - starts) / durations)
    return values[0] + np.tensordot(progress, np.diff(values, axis=0), axes=1)


def drift(times: np.ndarray, channels: int, *, corner: float, rng: np.random.Generator) -> np.ndarray:
    """Aimless motion of unit variance, (times, channels): power flat up to the corner (Hz), then falling as f^-4."""
    frequency = np.geomspace(0.05, 6.0, 24)[:, None] * rng.uniform(0.93, 1.07, (24, channels))
    amplitude = np.sqrt(frequency) / (1 + (frequency / corner) ** 2)
    amplitude *= np.sqrt(2 / np.sum(amplitude**2, axis=0))
    phase = rng.uniform(0, 2 * np.pi, (24, channels))
    return np.sum(amplitude * np.cos(2 * np.pi * frequency * times[:, None, None] + phase), axis=1)


def blur(curve: np.ndarray, width: float, times: np.ndarray) -> np.ndarray:
    """The curve under a moving Gaussian of standard deviation `width` seconds; its ends are held."""
    step = times[1] - times[0]
    reach = int(np.ceil(4 * width / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width) ** 2)
    padded = np.pad(curve, [(reach, reach)] + [(0, 0)] * (curve.ndim - 1), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
    return windows @ (kernel / kernel.sum())
