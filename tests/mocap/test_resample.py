"""Resampling to another frame rate."""

import numpy as np
import pytest

from jointaware.mocap.resample import resample


def wave(fps: float, seconds: float, hertz: float) -> np.ndarray:
    times = np.arange(round(seconds * fps)) / fps
    return np.sin(2 * np.pi * hertz * times)[:, None, None] * np.ones((1, 17, 3))


def test_slow_motion_is_preserved_at_another_rate():
    found = resample(wave(120, 4, 1.5), 120, 50)
    expected = wave(50, 4, 1.5)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[3:-3], expected[3:-3], atol=1e-4)


def test_frequencies_above_nyquist_are_filtered_out_not_aliased():
    assert np.abs(resample(wave(120, 4, 40), 120, 50)[10:-10]).max() < 0.03


@pytest.mark.parametrize("fps", [29.97, 30, 60, 120])
def test_uniform_motion_stays_uniform_up_to_both_ends(fps):
    """The ripple of a poor filter grows with the distance from the origin and looks like acceleration."""
    walk = 3.0 + np.arange(120)[:, None, None] * (1.3 / fps) * np.ones((1, 17, 3))
    found = resample(walk, fps, 50)
    expected = 3.0 + np.arange(len(found)) * (1.3 / 50)
    np.testing.assert_allclose(found[:, 0, 0], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
@pytest.mark.parametrize(("fps", "to_fps"), [(120, 50), (50, 120)])
def test_short_takes_keep_their_position_and_at_least_one_frame(frames, fps, to_fps):
    found = resample(np.full((frames, 17, 3), 1.7), fps, to_fps)
    assert len(found) == -(-frames * to_fps // fps)
    np.testing.assert_allclose(found, 1.7, atol=1e-4)


def test_the_same_rate_changes_nothing():
    motion = np.random.default_rng(0).normal(size=(7, 17, 3)).astype(np.float32)
    np.testing.assert_array_equal(resample(motion, 50, 50.0), motion)
