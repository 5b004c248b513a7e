"""Our number and the verdict for each claim: each verdict is possible, and gives its reason."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jointaware.analysis.claims import read_claims
from jointaware.analysis.findings import COLUMNS, judge
from jointaware.analysis.verdicts import VERDICTS
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.scores import Scores
from tests.analysis.experiments import after_filters
from tests.analysis.takes import make_table
from tests.house import ROOT
from tests.small import make_scores

CLAIMS = ROOT / "paper/claims.yaml"
ROLES = {"wide_clips": "clips", "joint_aware": "ours"}
TAKES = [(subject, action) for subject in ("S9", "S11") for action in ("Eating", "Walking") for _ in range(2)]
MOTION = ["mpjve_mm_per_frame", "mpjae_mm_per_frame2"]


def scores_of(takes=TAKES, seeds: int = 3, noise: float = 0.001, **factors: float) -> Scores:
    """Each experiment with its factor times the errors of the baseline, up to the noise of takes.

    noise: relative step of the errors from one seed to the next. The filter lowers velocity and acceleration errors by
    30 %, the learned smoother by half.
    """
    rng = np.random.default_rng(0)
    errors = rng.uniform(40, 60, len(takes))
    quality = 1 + noise * (np.arange(seeds)[:, None] - (seeds - 1) / 2)
    table = make_table(
        {name: factor * errors * (quality + rng.uniform(-1e-3, 1e-3, len(takes))) for name, factor in factors.items()},
        takes,
    )
    averages = table.groupby(["experiment", "seed"], sort=False)[list(METRICS)].mean().reset_index()
    records = averages[["experiment", "seed"]].assign(seconds=7200 + 10.0 * averages["seed"], epochs=2, device="cpu")
    records["weights"] = records["experiment"].map(lambda name: 1000 if name == "baseline" else 4000)
    return make_scores(
        averages=averages,
        sequences=table.drop(columns="variant"),
        filtered_averages=after_filters(averages, MOTION, smoothed=0.7, learned=0.5),
        filtered_sequences=after_filters(table, MOTION, smoothed=0.7, learned=0.5),
        records=records,
    )


def verdicts(scores: Scores, source: str = "h36m", **options: bool) -> pd.DataFrame:
    names = scores.averages["experiment"].unique()
    return judge(CLAIMS, scores, source, {name: ROLES.get(name, name) for name in names}, **options).set_index("claim")


def test_every_claim_has_a_verdict_and_a_reason_on_every_source():
    for source in ("h36m", "cmu", "arrays", "synthetic"):
        table = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9), source).reset_index()
        assert list(table) == list(COLUMNS)
        assert list(table["claim"]) == list(read_claims(CLAIMS).claims)
        assert set(table["verdict"]) <= set(VERDICTS)
        assert table["why"].str.len().min() > 20


def test_a_reduction_holds_if_all_of_its_interval_is_at_least_that_large():
    table = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9))
    row = table.loc["velocity"]
    assert (row["verdict"], row["ours"]) == ("holds", pytest.approx(-10, abs=0.3))
    assert row["low"] < row["ours"] < row["high"] < -7
    assert row["why"].startswith("joint_aware against baseline: -10")
    assert row["why"].endswith(f"95 % interval {row['low']:+.1f} to {row['high']:+.1f} % over {row['sample']}")
    assert row["sample"] == "8 takes of 2 subjects (S11, S9), 3 seeds"
    assert table.loc["acceleration", "verdict"] == "in direction"


def test_noise_opens_a_claim_and_an_increase_contradicts_it():
    assert verdicts(scores_of(noise=0.2, baseline=1.0, joint_aware=0.9)).loc["velocity", "verdict"] == "open"
    assert verdicts(scores_of(baseline=1.0, joint_aware=1.1)).loc["velocity", "verdict"] == "contradicted"


def test_no_worse_means_that_all_of_the_interval_is_within_the_margin():
    claims = ["position_at_equal_width", "position_2_at_equal_width", "velocity_at_equal_width"]
    same = verdicts(scores_of(wide=1.0, joint_aware=1.0)).loc[claims, "verdict"].tolist()
    worse = verdicts(scores_of(wide=1.0, joint_aware=1.05)).loc[claims, "verdict"].tolist()
    noisy = verdicts(scores_of(noise=0.1, wide=1.0, joint_aware=1.0)).loc[claims, "verdict"].tolist()
    assert same == ["holds", "holds", "open"]
    assert worse == ["contradicted"] * 3
    assert noisy == ["open"] * 3


def test_width_alone_changes_nothing_if_it_changes_neither_way():
    claims = ["position_by_width", "position_3_by_width", "acceleration_by_width"]
    for factor, verdict in {1.0: "holds", 0.95: "contradicted", 1.05: "contradicted"}.items():
        assert verdicts(scores_of(baseline=1.0, wide=factor)).loc[claims, "verdict"].tolist() == [verdict] * 3


def test_the_losses_are_compared_with_the_same_clips_and_with_as_many_frames_without_them():
    table = verdicts(scores_of(wide_clips=0.9, more_frames=0.8, joint_aware=0.81, as_printed=0.9))
    assert table.loc["velocity_by_losses_alone", "ours"] == pytest.approx(-10, abs=0.3)
    assert "joint_aware against wide_clips: -" in table.loc["velocity_by_losses_alone", "why"]
    assert table.loc["position_against_more_frames", "verdict"] == "contradicted"
    assert table.loc["position_2_as_printed_against_more_frames", "verdict"] == "contradicted"


def test_better_than_a_filter_means_better_than_the_filtered_reference():
    claims = [f"{name}_against_filter_and_more_frames" for name in ("position", "velocity", "acceleration")]
    better = verdicts(scores_of(more_frames=1.0, joint_aware=0.6)).loc[claims]
    assert better["verdict"].tolist() == ["holds"] * 3
    assert better["ours"].tolist() == pytest.approx([-40, 100 * (0.6 / 0.7 - 1), 100 * (0.6 / 0.7 - 1)], abs=0.3)
    assert "joint_aware against more_frames after a Savitzky-Golay filter: -14" in better.loc[claims[1], "why"]
    worse = verdicts(scores_of(more_frames=1.0, joint_aware=0.8)).loc[claims, "verdict"]
    assert worse.tolist() == ["holds", "contradicted", "contradicted"]


def test_losses_may_add_to_a_learned_smoother_that_they_do_not_beat():
    beats = [f"{name}_against_smoother_at_equal_width" for name in ("position", "velocity", "acceleration")]
    adds = [f"{name}_beside_smoother_at_equal_width" for name in ("position", "velocity", "acceleration")]
    table = verdicts(scores_of(wide=1.0, joint_aware=0.8))
    assert table.loc[beats, "verdict"].tolist() == ["holds", "contradicted", "contradicted"]
    assert table.loc[beats, "ours"].tolist() == pytest.approx([-20, 60, 60], abs=0.3)
    assert "joint_aware against wide after a learned smoother: +6" in table.at[beats[1], "why"]
    assert table.loc[adds, "verdict"].tolist() == ["holds"] * 3
    assert table.loc[adds, "ours"].tolist() == pytest.approx([-20, -20, -20], abs=0.3)
    assert "joint_aware against wide, both after a learned smoother: -" in table.at[adds[1], "why"]
    assert verdicts(scores_of(wide=1.0, joint_aware=0.4)).loc[beats, "verdict"].tolist() == ["holds"] * 3


def test_every_action_is_counted_and_one_that_is_worse_contradicts():
    scores = scores_of(baseline=1.0, joint_aware=0.9)
    row = verdicts(scores).loc["velocity_in_every_action"]
    assert (row["verdict"], row["ours"], row["unit"]) == ("holds", 2, "of 2 actions")
    assert "surely lower in 2 of 2 actions, surely higher in none" in row["why"]
    worse = (scores.sequences["experiment"] == "joint_aware") & (scores.sequences["action"] == "Eating")
    errors = scores.sequences["mpjve_mm_per_frame"]
    sequences = scores.sequences.assign(mpjve_mm_per_frame=errors.where(~worse, 1.2 * errors))
    row = verdicts(replace(scores, sequences=sequences)).loc["velocity_in_every_action"]
    assert (row["verdict"], row["ours"]) == ("contradicted", 1)
    assert "surely higher in Eating" in row["why"]


def test_an_action_with_one_take_leaves_every_action_open():
    takes = [("02", action) for action in ("Walking", "Walking", "Boxing", "Boxing", "Bending")]
    row = verdicts(scores_of(takes, baseline=1.0, joint_aware=0.9)).loc["velocity_in_every_action"]
    assert (row["verdict"], row["ours"]) == ("open", 2)
    assert "no interval for Bending" in row["why"]


def test_one_take_is_not_testable_and_no_number_is_nan_in_words():
    table = verdicts(scores_of(TAKES[:1], baseline=1.0, wide=1.0, joint_aware=0.9))
    compared = table[table["kind"].isin(["change", "change_from_filtered", "change_when_filtered", "every_action"])]
    assert set(compared["verdict"]) == {"not testable"}
    assert table.at["velocity", "why"].endswith("%, no interval: one take of subject S9, 3 seeds")
    assert not table["why"].str.contains("nan").any()


def test_one_seed_is_told_and_leaves_values_without_an_interval():
    table = verdicts(scores_of(seeds=1, baseline=1.0, joint_aware=0.9))
    assert table.at["velocity", "verdict"] == "holds"
    assert table.at["velocity", "why"].endswith("8 takes of 2 subjects (S11, S9), one seed")
    assert table.at["protocol_1", "verdict"] == "not testable"
    assert table.at["protocol_1", "why"].endswith("mm, no interval, one seed")
    assert not table["why"].str.contains("nan").any()


def test_a_metric_that_was_not_measured_is_not_testable():
    scores = scores_of(baseline=1.0, joint_aware=0.9)
    unmeasured = scores.sequences.assign(mpjae_mm_per_frame2=np.nan)
    row = verdicts(replace(scores, sequences=unmeasured)).loc["acceleration"]
    assert row["verdict"] == "not testable"
    assert row["why"].startswith("joint_aware against baseline: not measured")
    assert pd.isna(row["ours"])


def test_a_value_holds_no_more_easily_the_noisier_its_seeds():
    for noise in (0.0001, 0.5):
        row = verdicts(scores_of(noise=noise, joint_aware=0.8)).loc["protocol_1"]
        assert row["low"] < row["ours"] < row["high"]
        assert (row["verdict"] == "holds") == (row["high"] <= 45.95)
    assert row["verdict"] == "open"


def test_the_same_network_for_every_seed_is_one():
    scores = scores_of(noise=0, joint_aware=0.93)
    averages = scores.averages.assign(mpjpe_mm=40.0)
    row = verdicts(replace(scores, averages=averages)).loc["protocol_1"]
    assert (row["verdict"], row["sample"]) == ("not testable", "one seed")


def test_the_word_reproduced_is_kept_for_the_papers_claims_at_its_size():
    scores = scores_of(baseline=1.0, wide=1.0, joint_aware=0.9)
    assert "reproduced" not in set(verdicts(scores)["verdict"])
    table = verdicts(scores, is_paper_size=True)
    assert table.at["velocity", "verdict"] == "reproduced"
    assert table.at["velocity_at_equal_width", "verdict"] == "holds"


def test_on_synthetic_motion_effects_are_reported_but_not_judged():
    table = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9), "synthetic")
    assert set(table["verdict"].drop("complexity")) == {"not testable"}
    assert table.loc["velocity", "why"].startswith("synthetic motion is generated by this repository")
    assert table.loc["velocity", "ours"] == pytest.approx(-10, abs=0.3)


def test_more_weights_are_more_complexity_on_any_source():
    row = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9), "synthetic").loc["complexity"]
    assert (row["verdict"], row["ours"]) == ("contradicted", 4.0)
    assert "4,000 weights, baseline 1,000" in row["why"]


def test_time_per_epoch_needs_a_training_and_its_record():
    scores = scores_of(joint_aware=0.9)
    row = verdicts(scores).loc["hour_an_epoch"]
    assert (row["verdict"], row["ours"]) == ("holds", pytest.approx(1, abs=0.01))
    untrained = replace(scores, records=scores.records.assign(epochs=0, seconds=0))
    row = verdicts(untrained).loc["hour_an_epoch"]
    assert (row["verdict"], row["why"]) == ("not testable", "joint_aware was not trained here")
    unrecorded = replace(scores, records=scores.records.assign(seconds=np.nan, device=""))
    row = verdicts(unrecorded).loc["hour_an_epoch"]
    assert (row["verdict"], row["why"]) == ("not testable", "the training time of joint_aware is not recorded")
    assert pd.isna(row["ours"])


@pytest.mark.parametrize("source", ["synthetic", "cmu", "arrays"])
def test_where_time_is_not_testable_no_wall_clock_is_written(source):
    scores = scores_of(baseline=1.0, wide=1.0, joint_aware=0.9)
    slower = replace(scores, records=scores.records.assign(seconds=9000, device="another"))
    row = verdicts(scores, source).loc["hour_an_epoch"]
    assert row["verdict"] == "not testable"
    assert pd.isna(row["ours"])
    pd.testing.assert_frame_equal(verdicts(scores, source), verdicts(slower, source))


def test_claims_find_experiments_by_role_and_name_them_as_the_parameters_do():
    scores = scores_of(baseline=1.0, joint_aware=0.9)
    table = judge(CLAIMS, scores, "h36m", {"baseline": "ours", "joint_aware": "baseline"}).set_index("claim")
    assert table.at["velocity", "ours"] == pytest.approx(11, abs=0.4)
    assert "baseline against joint_aware: +11" in table.at["velocity", "why"]


def test_a_source_that_claims_say_nothing_of_cannot_test_them():
    row = verdicts(scores_of(baseline=1.0, joint_aware=0.9), "another").loc["protocol_1"]
    assert (row["verdict"], row["why"][:36]) == ("not testable", "motion from another cannot test it; ")


def test_a_claim_about_a_missing_experiment_is_not_testable():
    row = verdicts(scores_of(baseline=1.0, joint_aware=0.9)).loc["position_against_more_frames"]
    assert (row["verdict"], row["why"]) == ("not testable", "no experiment in params.yaml has the role more_frames")
