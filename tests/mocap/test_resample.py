"""Motion at another frame rate."""

import numpy as np
import pytest

from mocap.resample import resample


def wave(fps: float, seconds: float, hertz: float) -> np.ndarray:
    times = np.arange(round(seconds * fps)) / fps
    return np.sin(2 * np.pi * hertz * times)[:, None, None] * np.ones((1, 17, 3))


def test_slow_motion_is_the_same_at_another_rate():
    found = resample(wave(120, 4, 1.5), 120, 50)
    expected = wave(50, 4, 1.5)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[10:-10], expected[10:-10], atol=2e-3)


def test_what_the_new_rate_cannot_carry_is_filtered_out_and_not_folded():
    assert np.abs(resample(wave(120, 4, 40), 120, 50)[10:-10]).max() < 0.03


def test_a_standing_person_stays_where_he_is_to_the_ends():
    np.testing.assert_allclose(resample(np.full((33, 17, 3), 1.7), 120, 50), 1.7, atol=5e-3)


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_short_takes_keep_at_least_a_frame(frames):
    found = resample(np.ones((frames, 17, 3)), 120, 50)
    assert len(found) == -(-frames * 50 // 120)
    assert np.isfinite(found).all()


def test_the_same_rate_changes_nothing():
    motion = np.random.default_rng(0).normal(size=(7, 17, 3)).astype(np.float32)
    np.testing.assert_array_equal(resample(motion, 50, 50.0), motion)
