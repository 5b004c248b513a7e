"""Verdicts on the paper's claims: each verdict can be had, and says why."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from jointaware.analysis.claims import judge
from jointaware.artifacts.scores import METRICS, Scores
from jointaware.errors import InputError
from tests.house import ROOT
from tests.small import make_scores

CLAIMS = ROOT / "paper/claims.yaml"
ACTIONS = ("Walking", "Sitting", "Eating", "Posing")


def scores_of(**factors: float) -> Scores:
    """Two seeds of each experiment, whose errors are so many times those of the baseline, give or take a little.

    The filter takes 30 % off the errors of motion.
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
    filtered = {metric: 0.7 * table[metric] for metric in METRICS[3:]}
    smoothed = {metric: 0.7 * averages[metric] for metric in METRICS[3:]}
    return make_scores(
        averages=averages,
        sequences=table,
        smoothed_averages=averages.assign(**smoothed),
        smoothed_sequences=table.assign(**filtered),
        records=pd.DataFrame(records),
    )


def verdicts(scores: Scores, source: str = "h36m") -> pd.DataFrame:
    return judge(CLAIMS, scores, source).set_index("claim")


def test_every_claim_has_a_verdict_and_a_reason_on_every_source():
    for source in ("h36m", "cmu", "arrays", "synthetic"):
        table = judge(CLAIMS, scores_of(baseline=1.0, wide=1.0, joint_aware=0.9), source)
        assert list(table["claim"]) == list(yaml.safe_load(CLAIMS.read_text())["claims"])
        assert set(table["verdict"]) <= {"reproduced", "not reproduced", "not testable"}
        assert table["why"].str.len().min() > 20


def test_a_reduction_that_is_large_and_sure_is_reproduced():
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


def test_the_losses_alone_are_held_against_the_same_windows_without_them():
    claims = [f"{name}_by_losses_alone" for name in ("position", "velocity", "acceleration")]
    table = verdicts(scores_of(baseline=1.0, wide=1.0, wide_windows=0.9, joint_aware=0.81)).loc[claims]
    assert table["verdict"].tolist() == ["reproduced", "reproduced", "not reproduced"]
    assert table["ours"].tolist() == pytest.approx([-10] * 3, abs=0.2)
    assert "joint_aware against wide_windows: -" in table.loc["velocity_by_losses_alone", "why"]
    without = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.81)).loc[claims, "verdict"]
    assert without.tolist() == ["not testable"] * 3


def test_better_than_a_filter_is_to_be_better_than_the_other_run_filtered():
    claims = [f"{name}_against_filter" for name in ("position", "velocity", "acceleration")]
    better = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.6)).loc[claims]
    assert better["verdict"].tolist() == ["reproduced"] * 3
    assert better["ours"].tolist() == pytest.approx([-40, 100 * (0.6 / 0.7 - 1), 100 * (0.6 / 0.7 - 1)], abs=0.2)
    assert "joint_aware against baseline after the filter: -14" in better.loc["velocity_against_filter", "why"]
    worse = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.8)).loc[claims, "verdict"]
    assert worse.tolist() == ["reproduced", "not reproduced", "not reproduced"]


def test_on_synthetic_motion_effects_are_told_but_not_judged():
    table = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9), "synthetic")
    assert set(table["verdict"].drop("complexity")) == {"not testable"}
    assert table.loc["velocity", "why"].startswith("synthetic motion is made by this repository")
    assert table.loc["velocity", "ours"] == pytest.approx(-10, abs=0.2)


def test_more_weights_are_more_complexity_on_any_source():
    row = verdicts(scores_of(baseline=1.0, wide=1.0, joint_aware=0.9), "synthetic").loc["complexity"]
    assert (row["verdict"], row["ours"]) == ("not reproduced", 4.0)
    assert "4,000 weights, baseline 1,000" in row["why"]


def test_the_hour_is_an_hour_and_asks_for_a_training():
    scores = scores_of(baseline=1.0, wide=1.0, joint_aware=0.9)
    assert verdicts(scores).loc["hour_an_epoch", ["verdict", "ours"]].tolist() == ["reproduced", 1.0]
    untrained = replace(scores, records=scores.records.assign(epochs=0, seconds=0))
    row = verdicts(untrained).loc["hour_an_epoch"]
    assert (row["verdict"], row["why"]) == ("not testable", "joint_aware was not trained here")


def test_a_claim_about_a_run_that_nobody_made_is_not_testable():
    row = verdicts(scores_of(baseline=1.0, joint_aware=0.9)).loc["velocity_at_equal_width"]
    assert (row["verdict"], row["why"]) == ("not testable", "the experiment wide is not in params.yaml")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "guess"}, "expected claims of the kinds"),
        ({"metric": "speed"}, "velocity.metric: found speed"),
        ({"extra": 1}, "velocity: extra is missing or unknown"),
    ],
)
def test_a_claim_that_cannot_be_read_is_named(tmp_path: Path, change, words):
    content = yaml.safe_load(CLAIMS.read_text())
    content["claims"]["velocity"] |= change
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=words):
        judge(tmp_path / "claims.yaml", scores_of(baseline=1.0), "h36m")
