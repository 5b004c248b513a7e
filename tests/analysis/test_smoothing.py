"""The Savitzky-Golay filter: what it keeps, what it takes away, and sequences that are too short for it."""

import numpy as np
import pytest

from jointaware.analysis.smoothing import smooth


def test_a_parabola_passes_and_noise_becomes_less():
    rng = np.random.default_rng(0)
    time = np.arange(40.0)[:, None, None]
    motion = np.broadcast_to(0.01 * time**2 - time, (40, 17, 3))
    np.testing.assert_allclose(smooth(motion, window=9, order=2), motion, atol=1e-9)
    noise = rng.normal(size=motion.shape)
    assert (
        np.abs(np.diff(smooth(noise, window=9, order=2), n=2, axis=0)).mean()
        < 0.2 * np.abs(np.diff(noise, n=2, axis=0)).mean()
    )


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 8])
def test_a_short_sequence_takes_the_window_that_it_has(frames):
    motion = np.random.default_rng(0).normal(size=(frames, 17, 3)).astype(np.float32)
    smoothed = smooth(motion, window=9, order=2)
    assert (smoothed.shape, smoothed.dtype) == (motion.shape, motion.dtype)
    assert np.array_equal(smoothed, motion) == (frames < 5)  # through 3 frames every parabola passes
