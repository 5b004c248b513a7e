"""The Savitzky-Golay filter: what it keeps, what it removes, and sequences that are too short for it."""

import numpy as np
import pytest

from jointaware.analysis.smoothing import smooth


def test_a_parabola_passes_and_noise_is_reduced():
    rng = np.random.default_rng(0)
    time = np.arange(40.0)[:, None, None]
    motion = np.broadcast_to(0.01 * time**2 - time, (40, 17, 3))
    np.testing.assert_allclose(smooth(motion, window=9, order=2), motion, atol=1e-7)
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


def test_filtered_coordinates_are_rounded_to_a_tenth_of_a_micrometre():
    smoothed = smooth(np.random.default_rng(0).normal(size=(20, 17, 3)), window=9, order=2)
    np.testing.assert_allclose(1e7 * smoothed, np.rint(1e7 * smoothed), rtol=0, atol=1e-6)


def test_the_filter_computes_in_double_precision():
    motion = np.random.default_rng(0).normal(size=(20, 17, 3)).astype(np.float32)
    reference = smooth(motion.astype(np.float64), window=9, order=2).astype(np.float32)
    assert np.array_equal(smooth(motion, window=9, order=2), reference)
