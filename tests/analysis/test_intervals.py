"""Intervals: the published average, its relative change, and what varies between resamples."""

import numpy as np
import pandas as pd
import pytest

from jointaware.analysis.intervals import Bootstrap, Motion, interval_over_seeds
from jointaware.errors import InputError
from tests.analysis.takes import WALKING_02, make_table

RUN, AGAINST = Motion("run"), Motion("against")


def change(table: pd.DataFrame, metric: str = "mpjpe_mm", **options: object):
    return Bootstrap.of(table).change(RUN, AGAINST, metric, **options)


def sample(table: pd.DataFrame, **options: object) -> str:
    return str(Bootstrap.of(table).sample("mpjpe_mm", RUN, AGAINST, **options))


def noisy(seeds: int, takes: int, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Errors of 50 mm, each training some millimetres better or worse on all takes."""
    return np.full((seeds, takes), 50.0) + rng.normal(0, spread, (seeds, 1))


def test_the_change_is_that_of_the_average_over_actions_weighted_by_frames_within_one():
    takes = [("S9", "Walking"), ("S9", "Walking"), ("S9", "Sitting")]
    table = make_table({"run": [1.0, 2.0, 4.0], "against": [2.0, 2.0, 4.0]}, takes, frames=[10, 30, 5])
    # Walking: (10 + 60) / 40 = 1.75 against 2; Sitting 4 against 4.
    assert change(table).percent == pytest.approx(100 * (5.75 / 6 - 1))


def test_a_take_makes_no_difference_where_both_err_alike():
    against = np.random.default_rng(0).uniform(20, 200, 30)
    table = make_table({"run": 0.95 * against, "against": against}, [("S9", "Walking")] * 30)
    assert change(table) == pytest.approx((-5, -5, -5))


def test_the_interval_has_the_width_of_its_normal_approximation():
    rng = np.random.default_rng(0)
    run = 50 + rng.normal(0, 5, 100)
    _, low, high = change(make_table({"run": run, "against": np.full(100, 50.0)}, [("S9", "Walking")] * 100))
    # The standard error of the mean of 100 errors with a spread of 10 % is 1 %; 95 % lie within 1.96 of them.
    assert high - low == pytest.approx(2 * 1.96 * 2 * run.std(ddof=1) / 10, rel=0.05)
    assert low < 0 < high


def test_two_takes_of_each_action_make_the_interval_of_their_true_spread():
    """Drawing two of two takes of an action, rather than one, halves the variance."""
    rng, actions = np.random.default_rng(1), 200
    takes = [("S9", f"action {number:03}") for number in range(actions) for _ in range(2)]
    run = 50 + rng.normal(0, 5, 2 * actions)
    _, low, high = change(make_table({"run": run, "against": np.full(2 * actions, 50.0)}, takes))
    assert high - low == pytest.approx(2 * 1.96 * 10 / (2 * actions) ** 0.5, rel=0.1)


def test_more_cameras_of_the_same_takes_do_not_narrow_the_interval():
    rng = np.random.default_rng(0)
    errors = {"run": rng.uniform(40, 60, 10), "against": np.full(10, 50.0)}
    assert change(make_table(errors, cameras="abcd")) == pytest.approx(change(make_table(errors)))


def test_noisy_seeds_widen_the_interval():
    rng = np.random.default_rng(0)
    quiet = change(make_table({name: noisy(5, 10, 0.1, rng) for name in ("run", "against")}))
    loud = change(make_table({name: noisy(5, 10, 5.0, rng) for name in ("run", "against")}))
    assert loud.high - loud.low > 10 * (quiet.high - quiet.low)


def test_seeds_of_two_experiments_are_not_paired_but_the_variants_of_one_are_the_same_networks():
    errors = noisy(4, 10, 5.0, np.random.default_rng(0))
    table = pd.concat(
        [make_table({"run": errors, "against": errors}), make_table({"run": 0.9 * errors}, variant="smoothed")]
    )
    _, low, high = change(table)
    assert low < -2 < 2 < high
    filtered = Bootstrap.of(table).change(Motion("run", "smoothed"), RUN, "mpjpe_mm")
    assert filtered == pytest.approx((-10, -10, -10))


def test_one_seed_leaves_the_takes_and_is_told():
    rng = np.random.default_rng(0)
    table = make_table({"run": rng.uniform(40, 60, 10), "against": np.full(10, 50.0)})
    percent, low, high = change(table)
    assert low < percent < high
    assert sample(table) == "10 takes of subject 02, one seed"


def test_one_take_has_a_change_but_no_interval_whatever_its_seeds():
    table = make_table({"run": [[45.0], [46.0]], "against": [[50.0], [51.0]]}, WALKING_02[:1])
    percent, low, high = change(table)
    assert percent == pytest.approx(100 * (45.5 / 50.5 - 1))
    assert np.isnan([low, high]).all()
    assert sample(table) == "one take of subject 02, 2 seeds"


def test_an_action_with_one_take_varies_with_the_others_of_its_kind():
    takes = [("02", action) for action in ("Bending", "Jumping", "Running", "Walking", "Walking")]
    against = np.full(5, 50.0)
    table = make_table({"run": [30.0, 50.0, 70.0, 50.0, 50.0], "against": against}, takes)
    assert change(table).low < -5 < 5 < change(table).high
    assert np.isnan(change(table, action="Bending").low)
    assert not np.isnan(change(table, action="Walking").low)


def test_the_only_action_with_one_take_varies_with_the_one_that_has_the_next_fewest():
    takes = [("02", action) for action in ("Bending", "Walking", "Walking", *["Boxing"] * 3)]
    table = make_table({"run": [30.0, *[50.0] * 5], "against": [50.0] * 6}, takes)
    # Boxing counts once; of Bending and Walking one counts twice and the other not at all.
    assert change(table) == pytest.approx((-40 / 3, -80 / 3, 0))


def test_two_subjects_who_differ_make_an_interval_from_one_to_the_other():
    takes = [*WALKING_02, *(("03", "Walking") for _ in range(10))]
    against = np.full(20, 50.0)
    table = make_table({"run": np.repeat([40.0, 55.0], 10), "against": against}, takes)
    assert change(table) == pytest.approx((-5, -20, 10))
    assert sample(table) == "20 takes of 2 subjects (02, 03), one seed"


def test_an_action_of_a_subject_that_was_not_drawn_is_left_out_of_the_mean():
    takes = [*WALKING_02, *(("03", "Running") for _ in range(10))]
    table = make_table({"run": np.repeat([40.0, 55.0], 10), "against": np.full(20, 50.0)}, takes)
    assert change(table) == pytest.approx((-5, -20, 10))


def test_many_subjects_are_counted_and_not_named():
    takes = [(f"{number:02}", "Walking") for number in range(20)]
    table = make_table({"run": [np.arange(20.0)] * 3, "against": np.full((3, 20), 50.0)}, takes)
    assert sample(table) == "20 takes of 20 subjects, one seed"  # whose errors are the same: one network
    table = make_table({"run": np.random.default_rng(0).uniform(size=(3, 20)), "against": np.full(20, 50.0)}, takes)
    assert sample(table) == "20 takes of 20 subjects, 3 against one seeds"


def test_a_sequence_too_short_for_a_metric_is_left_out_and_nan_elsewhere_is_not_hidden():
    table = make_table({"run": np.full(10, 45.0), "against": np.full(10, 50.0)})
    short = table["subaction"] == "0"
    assert change(table.assign(mpjve_mm_per_frame=table["mpjve_mm_per_frame"].mask(short)), "mpjve_mm_per_frame") == (
        pytest.approx((-10, -10, -10))
    )
    failed = short & (table["experiment"] == "run")
    assert np.isnan(change(table.assign(mpjpe_mm=table["mpjpe_mm"].mask(failed)))).all()
    assert np.isnan(change(table.assign(mpjpe_mm=np.nan))).all()


def test_one_seed_that_failed_on_a_take_is_not_hidden():
    table = make_table({"run": noisy(3, 10, 1, np.random.default_rng(0)), "against": np.full(10, 50.0)})
    failed = (table["subaction"] == "0") & (table["seed"] == 1)
    assert np.isnan(change(table.assign(mpjpe_mm=table["mpjpe_mm"].mask(failed)))).all()


def test_a_change_from_zero_is_nan():
    assert np.isnan(change(make_table({"run": np.full(10, 45.0), "against": np.zeros(10)}))).all()


def test_experiments_that_were_scored_on_other_takes_are_refused():
    table = make_table({"run": np.full(10, 45.0), "against": np.full(10, 50.0)})
    table = table[(table["experiment"] == "run") | (table["subaction"] != "3")]
    with pytest.raises(InputError, match="run, against: only one was scored on 02 Walking 3"):
        change(table)


def test_the_same_scores_have_the_same_interval():
    table = make_table({name: noisy(3, 10, 2, np.random.default_rng(7)) for name in ("run", "against")})
    assert change(table) == change(table.sample(frac=1, random_state=0))


def test_a_mean_over_seeds_has_the_wider_an_interval_the_noisier_they_are():
    assert interval_over_seeds([50.0, 50.0, 50.0]) == pytest.approx((50, 50, 50))
    mean, low, high = interval_over_seeds([40.0, 50.0, 60.0])
    assert (mean, low, high) == pytest.approx((50, 40, 60))
    assert np.isnan(interval_over_seeds([50.0])[1:]).all()
