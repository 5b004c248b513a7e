"""The simulated keypoint detector."""

import numpy as np
import pytest

from jointaware.artifacts.parameters import load
from jointaware.mocap.detector import detect
from tests.house import ROOT

STILL = np.full((20_000, 17, 2), 500.0)


def see(pixels: np.ndarray = STILL, seed: int = 0, **changes: float) -> np.ndarray:
    settings = {"std_pixels": 3.0, "correlation_frames": 5.0, "outlier_probability": 0.0, "outlier_pixels": 30.0}
    return detect(pixels, **settings | changes, rng=np.random.default_rng(seed))


def test_without_errors_keypoints_are_exact():
    np.testing.assert_array_equal(see(std_pixels=0.0), STILL)


@pytest.mark.parametrize("frames", [0.0, 5.0])
def test_errors_have_the_given_standard_deviation_and_autocorrelation(frames):
    error = (see(correlation_frames=frames) - STILL)[..., 0]
    assert error.std() == pytest.approx(3.0, rel=0.03)
    assert error[:50].std() == pytest.approx(3.0, rel=0.2)
    next_frame = (error[1:] * error[:-1]).mean() / error.var()
    assert next_frame == pytest.approx(np.exp(-1 / frames) if frames else 0.0, abs=0.02)


def test_outliers_have_the_given_probability_and_duration():
    error = np.abs(see(std_pixels=0.0, outlier_probability=0.001, outlier_pixels=1000.0) - STILL).max(axis=-1) > 0
    assert error.mean() == pytest.approx(0.003, rel=0.1)
    assert error[1:][error[:-1]].mean() == pytest.approx(2 / 3, rel=0.1)


def test_equal_seeds_give_equal_keypoints():
    np.testing.assert_array_equal(see(seed=1), see(seed=1))
    assert (see(seed=1) != see(seed=2)).any()
    assert see().dtype == np.float32


CPN = 6.67, 2.91
"""Mean error, pixels, and acceleration error, pixels/frame^2, of CPN's keypoints on Human3.6M (SmoothNet's README)."""
DEFAULT = {"std_pixels": 5.28, "correlation_frames": 21.7}
EARLIER = {"std_pixels": 3.0, "correlation_frames": 5.0}


@pytest.mark.parametrize(("settings", "errors"), [(DEFAULT, CPN), (EARLIER, (3.81, 3.41))])
def test_the_default_errs_as_cpn_does_and_the_earlier_one_less_but_jerkier(settings, errors):
    error = see(np.full((60_000, 17, 2), 500.0), outlier_probability=0.0005, **settings).astype(np.float64) - 500
    mean, acceleration = (np.linalg.norm(np.diff(error, order, axis=0), axis=-1).mean() for order in (0, 2))
    assert (mean, acceleration) == pytest.approx(errors, rel=0.01)


@pytest.mark.parametrize("file", ["params.yaml", *(f"profiles/{name}.yaml" for name in ("cmu", "demo", "paper"))])
def test_every_profile_has_the_default_detector(file):
    detector = load(ROOT / file).preprocess.detector.model_dump()
    assert detector == DEFAULT | {"outlier_probability": 0.0005, "outlier_pixels": 30.0, "seed": 0}
