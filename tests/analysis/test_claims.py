"""Verdicts on the paper's claims: each verdict is possible, and gives its reason."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from jointaware.analysis.claims import judge, read_claims
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.scores import Scores
from jointaware.errors import InputError
from tests.house import ROOT
from tests.small import make_scores

CLAIMS = ROOT / "paper/claims.yaml"
ACTIONS = ("Walking", "Sitting", "Eating", "Posing")
ROLES = {"baseline": "baseline", "wide": "wide", "wide_clips": "clips", "joint_aware": "ours"}


def scores_of(**factors: float) -> Scores:
    """Two seeds of each experiment: its factor times the errors of the baseline, with some noise.

    The filter lowers velocity and acceleration errors by 30 %.
    """
    rng = np.random.default_rng(0)
    takes = pd.DataFrame({"subject": "S9", "action": ACTIONS, "subaction": "", "camera": "c", "frames": 100})
    errors = rng.uniform(40, 60, (len(ACTIONS), len(METRICS)))
    sequences, records = [], []
    for experiment, factor in factors.items():
        for seed in (0, 1):
            noise = rng.uniform(0.999, 1.001, errors.shape)
            values = pd.DataFrame(factor * noise * errors, columns=list(METRICS))
            sequences.append(pd.concat([takes, values], axis=1).assign(experiment=experiment, seed=seed))
            weights = 1000 if experiment == "baseline" else 4000
            records.append(
                {"experiment": experiment, "weights": weights, "seconds": 7200, "epochs": 2, "device": "cpu"}
            )
    table = pd.concat(sequences, ignore_index=True)
    averages = table.groupby(["experiment", "seed"], sort=False)[list(METRICS)].mean().reset_index()
    filtered = {metric: 0.7 * table[metric] for metric in ("mpjve_mm_per_frame", "mpjae_mm_per_frame2")}
    smoothed = {metric: 0.7 * averages[metric] for metric in ("mpjve_mm_per_frame", "mpjae_mm_per_frame2")}
    return make_scores(
        averages=averages,
        sequences=table,
        smoothed_averages=averages.assign(**smoothed),
        smoothed_sequences=table.assign(**filtered),
        records=pd.DataFrame(records),
    )


def verdicts(scores: Scores, source: str = "h36m") -> pd.DataFrame:
    return judge(CLAIMS, scores, source, roles_of(scores)).set_index("claim")


def roles_of(scores: Scores) -> dict[str, str]:
    return {name: ROLES[name] for name in scores.averages["experiment"].unique()}


def test_every_claim_has_a_verdict_and_a_reason_on_every_source():
    for source in ("h36m", "cmu", "arrays", "synthetic"):
        table = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9), source).reset_index()
        assert list(table["claim"]) == list(read_claims(CLAIMS).claims)
        assert set(table["verdict"]) <= {"reproduced", "not reproduced", "not testable"}
        assert table["why"].str.len().min() > 20


def test_a_reduction_that_is_large_and_significant_is_reproduced():
    table = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9))
    row = table.loc["velocity"]
    assert (row["verdict"], row["ours"]) == ("reproduced", pytest.approx(-10, abs=0.2))
    assert row["low"] < row["ours"] < row["high"] < 0
    assert "joint_aware against baseline: -10" in row["why"]
    assert table.loc["acceleration", "verdict"] == "not reproduced"


def test_no_worse_means_that_the_interval_reaches_zero():
    claims = ["position_at_equal_width", "velocity_at_equal_width"]
    same = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=1.0)).loc[claims, "verdict"].tolist()
    worse = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=1.05)).loc[claims, "verdict"].tolist()
    assert same == ["reproduced", "not reproduced"]
    assert worse == ["not reproduced", "not reproduced"]


def test_the_losses_alone_are_compared_with_the_same_clips_without_them():
    claims = [f"{name}_by_losses_alone" for name in ("position", "velocity", "acceleration")]
    table = verdicts(scores_of(baseline=1.0, wide=1.0, wide_clips=0.9, joint_aware=0.81)).loc[claims]
    assert table["verdict"].tolist() == ["reproduced", "reproduced", "not reproduced"]
    assert table["ours"].tolist() == pytest.approx([-10] * 3, abs=0.2)
    assert "joint_aware against wide_clips: -" in table.loc["velocity_by_losses_alone", "why"]
    without = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.81)).loc[claims, "verdict"]
    assert without.tolist() == ["not testable"] * 3


def test_better_than_a_filter_means_better_than_the_filtered_reference():
    claims = [f"{name}_against_filter" for name in ("position", "velocity", "acceleration")]
    better = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.6)).loc[claims]
    assert better["verdict"].tolist() == ["reproduced"] * 3
    assert better["ours"].tolist() == pytest.approx([-40, 100 * (0.6 / 0.7 - 1), 100 * (0.6 / 0.7 - 1)], abs=0.2)
    assert "joint_aware against baseline after the filter: -14" in better.loc["velocity_against_filter", "why"]
    worse = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.8)).loc[claims, "verdict"]
    assert worse.tolist() == ["reproduced", "not reproduced", "not reproduced"]


def test_on_synthetic_motion_effects_are_reported_but_not_judged():
    table = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9), "synthetic")
    assert set(table["verdict"].drop("complexity")) == {"not testable"}
    assert table.loc["velocity", "why"].startswith("synthetic motion is generated by this repository")
    assert table.loc["velocity", "ours"] == pytest.approx(-10, abs=0.2)


def test_more_weights_are_more_complexity_on_any_source():
    row = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9), "synthetic").loc["complexity"]
    assert (row["verdict"], row["ours"]) == ("not reproduced", 4.0)
    assert "4,000 weights, baseline 1,000" in row["why"]


def test_time_per_epoch_needs_a_training_and_its_record():
    scores = scores_of(baseline=1.0, wide=1.0, joint_aware=0.9)
    assert verdicts(scores).loc["hour_an_epoch", ["verdict", "ours"]].tolist() == ["reproduced", 1.0]
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
    assert table.at["velocity", "ours"] == pytest.approx(11, abs=0.3)
    assert "baseline against joint_aware: +11" in table.at["velocity", "why"]


def test_a_source_that_claims_say_nothing_of_cannot_test_them():
    row = verdicts(scores_of(baseline=1.0, joint_aware=0.9), "another").loc["protocol_1"]
    assert (row["verdict"], row["why"][:36]) == ("not testable", "motion from another cannot test it; ")


def test_a_claim_about_a_missing_experiment_is_not_testable():
    row = verdicts(scores_of(baseline=1.0, joint_aware=0.9)).loc["velocity_at_equal_width"]
    assert (row["verdict"], row["why"]) == ("not testable", "no experiment in params.yaml has the role wide")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "guess"}, "expected claims of the kinds"),
        ({"metric": "speed"}, "velocity.metric: found speed"),
        ({"run": "joint_aware"}, "velocity.run: found joint_aware, expected one of baseline"),
        ({"extra": 1}, "velocity: extra is missing or unknown"),
    ],
)
def test_an_invalid_claim_is_named(tmp_path: Path, change, words):
    content = YAML(typ="safe", pure=True).load(CLAIMS.read_text())
    content["claims"]["velocity"] |= change
    (tmp_path / "claims.yaml").write_text(json.dumps(content))
    with pytest.raises(InputError, match=words):
        judge(tmp_path / "claims.yaml", scores_of(baseline=1.0), "h36m", ROLES)
