"""The paired bootstrap: the published average, its relative change, and the interval."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap

from jointaware.analysis.statistics import RESAMPLES, paired_change


def rows(errors, frames=None, actions=None, camera="c") -> pd.DataFrame:
    """A table with a take for each error."""
    count = len(errors)
    return pd.DataFrame(
        {
            "subject": "S9",
            "action": actions or ["Walking"] * count,
            "subaction": [str(number) for number in range(count)],
            "camera": camera,
            "frames": frames or [10] * count,
            "mpjpe_mm": errors,
        }
    )


def test_the_change_is_that_of_the_average_over_actions_weighted_by_frames_within_one():
    actions, frames = ["Walking", "Walking", "Sitting"], [10, 30, 5]
    run, against = (rows(errors, frames, actions) for errors in ([1.0, 2.0, 4.0], [2.0, 2.0, 4.0]))
    # Walking: (10 + 60) / 40 = 1.75 against 2; Sitting 4 against 4.
    assert paired_change(run, against, "mpjpe_mm").percent == pytest.approx(100 * (5.75 / 6 - 1))


def test_pairing_removes_the_spread_between_takes():
    against = np.random.default_rng(0).uniform(20, 200, 30)
    percent, low, high = paired_change(rows(0.95 * against), rows(against), "mpjpe_mm")
    assert (percent, low, high) == (pytest.approx(-5), pytest.approx(-5), pytest.approx(-5))


def test_the_interval_has_the_width_of_its_normal_approximation():
    rng = np.random.default_rng(0)
    against = np.full(100, 50.0)
    _, low, high = paired_change(rows(against + rng.normal(0, 5, 100)), rows(against), "mpjpe_mm")
    # The standard error of the mean of 100 errors with a spread of 10 % is 1 %; 95 % lie within 1.96 of them.
    assert high - low == pytest.approx(2 * 1.96, rel=0.2)
    assert low < 0 < high


def test_more_cameras_of_the_same_takes_do_not_narrow_the_interval():
    rng = np.random.default_rng(0)
    errors, against = rng.uniform(40, 60, 12), np.full(12, 50.0)
    one = paired_change(rows(errors), rows(against), "mpjpe_mm")
    four = paired_change(
        *(pd.concat([rows(each, camera=camera) for camera in "abcd"]) for each in (errors, against)), "mpjpe_mm"
    )
    assert four == pytest.approx(one)


def test_one_take_has_a_change_but_no_interval():
    percent, low, high = paired_change(rows([45.0]), rows([50.0]), "mpjpe_mm")
    assert percent == pytest.approx(-10)
    assert np.isnan([low, high]).all()


def test_the_interval_is_that_of_a_bootstrap_written_out():
    rng = np.random.default_rng(1)
    actions, frames = ["Eating"] * 3 + ["Sitting"] * 2 + ["Walking"] * 4, rng.integers(50, 500, 9).tolist()
    run, against = (rows(errors, frames, actions) for errors in rng.uniform(20, 90, (2, 9)))

    def percent(drawn: np.ndarray) -> float:
        averages = []
        for table in (run.iloc[drawn], against.iloc[drawn]):
            weighted = (table["mpjpe_mm"] * table["frames"]).groupby(table["action"]).sum()
            averages.append((weighted / table["frames"].groupby(table["action"]).sum()).mean())
        return 100 * (averages[0] / averages[1] - 1)

    reference = bootstrap(
        (np.arange(9),), percent, n_resamples=RESAMPLES, vectorized=False, method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    assert paired_change(run, against, "mpjpe_mm")[1:] == pytest.approx(tuple(reference))
