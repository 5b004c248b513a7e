"""The effect of the losses: tables that the paper does not have."""

import pandas as pd
import pytest

from jointaware.analysis.comparison import compare, comparison_markdown, differences, differences_markdown
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.scores import MOTIONS, Scores
from tests.analysis.experiments import after_filters, make_experiment
from tests.small import make_scores

EXPERIMENTS = {
    "wide": make_experiment(),
    "published": make_experiment(checkpoint="elsewhere.bin"),
    "joint_aware": make_experiment(losses={"velocity": 0.5}),
}
ERRORS = {"wide": 50.0, "published": 40.0, "joint_aware": 45.0}


@pytest.fixture
def scores() -> Scores:
    """Two seeds, one above and one below the error of the experiment; filters halve or quarter all."""
    takes = pd.DataFrame(
        {"subject": "S9", "action": ["Walking", "Sitting"], "subaction": "", "camera": "c", "frames": 9}
    )
    averages, sequences, constraints = [], [], []
    for experiment, error in ERRORS.items():
        for seed in (0, 1):
            run, values = {"experiment": experiment, "seed": seed}, dict.fromkeys(METRICS, error - 1 + 2 * seed)
            averages.append(run | values)
            sequences.append(takes.assign(**run, **values))
            measured = dict(zip(MOTIONS, (1.0, 3.0, 2.0, 1.5), strict=True))
            constraints += [
                run | {"motion": motion} | dict.fromkeys(CONSTRAINTS, measured[motion]) for motion in MOTIONS
            ]
    averages, sequences = pd.DataFrame(averages), pd.concat(sequences, ignore_index=True)
    return make_scores(
        averages=averages,
        sequences=sequences,
        filtered_averages=after_filters(averages, METRICS, smoothed=0.5, learned=0.25),
        filtered_sequences=after_filters(sequences, METRICS, smoothed=0.5, learned=0.25),
        constraints=pd.DataFrame(constraints),
    )


def test_every_experiment_is_there_raw_and_after_each_filter_below_the_truth(scores):
    table = compare(scores)
    assert [*dict.fromkeys(table["row"])] == ["truth", *ERRORS]
    means, spreads = (
        table[table["statistic"] == statistic].set_index(["row", "variant"]) for statistic in ("mean", "std")
    )
    assert means.at[("wide", "raw"), "mpjpe_mm"] == 50
    assert spreads.at[("wide", "raw"), "mpjpe_mm"] == pytest.approx(2**0.5)
    assert means.at[("wide", "smoothed"), "mpjpe_mm"] == 25
    assert means.at[("wide", "learned"), "mpjpe_mm"] == 12.5
    runs = (("truth", "raw"), ("wide", "raw"), ("wide", "smoothed"), ("wide", "learned"))
    assert [means.at[run, next(iter(CONSTRAINTS))] for run in runs] == [1, 3, 2, 1.5]
    text = comparison_markdown(compare(scores))
    assert "| wide, smoothed | 25.0 ± 0.7 |" in text
    assert "| truth |  |  |" in text


def test_every_experiment_is_compared_with_those_without_losses_and_never_with_itself(scores):
    table = differences(scores, EXPERIMENTS)
    pairs = set(zip(table["row"], table["variant"], table["against"], table["against_variant"], strict=True))
    # Against raw references all others; against filtered ones raw motion, the same filter, and another on the same.
    assert len(pairs) == 2 * (9 - 1) + 2 * 2 * (3 + 2 + 1)
    assert ("joint_aware", "learned", "wide", "learned") in pairs
    assert ("wide", "learned", "wide", "smoothed") in pairs
    assert ("joint_aware", "learned", "wide", "smoothed") not in pairs
    assert {against for _, _, against, _ in pairs} == {"wide", "published"}
    keys = ["row", "variant", "against", "against_variant", "metric"]
    percent = table.set_index(keys)["percent"]
    assert percent["joint_aware", "raw", "wide", "raw", "mpjpe_mm"] == pytest.approx(-10)
    assert percent["joint_aware", "raw", "wide", "smoothed", "mpjae_mm_per_frame2"] == pytest.approx(80)
    assert set(table["metric"]) == set(METRICS)
    assert "| joint_aware | wide, smoothed | +80.0 % [+72.5, +87.8] |" in differences_markdown(table)
