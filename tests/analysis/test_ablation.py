"""The ablation: which experiments are part of it, and what they are compared with."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from jointaware.analysis.ablation import ablate, ablation_markdown, group_of, kept_terms, without_ablation
from jointaware.analysis.figures.comparison import draw_ablation
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.scores import MOTIONS
from tests.analysis.experiments import make_experiment
from tests.small import make_scores

LOSSES = {"angle": 0.1, "velocity": 1.0}
FULL = {"channels": 8, "clips": 4, "losses": LOSSES}
EXPERIMENTS = {
    "narrow": make_experiment(channels=4),
    "published": make_experiment(checkpoint="elsewhere.bin"),
    "plain": make_experiment(channels=8),
    "without_angle": make_experiment(**FULL | {"losses": {"velocity": 1.0}}, role="ablation"),
    "all_terms": make_experiment(**FULL, role="ours"),
    "only_angle": make_experiment(**FULL | {"losses": {"angle": 0.1}}, role="ablation"),
    "other_weight": make_experiment(**FULL | {"losses": {"angle": 0.2}}),
    "other_clips": make_experiment(**FULL | {"clips": 5}),
    "nothing": make_experiment(**FULL | {"losses": {}}, role="clips"),
}
ERRORS = dict(zip(EXPERIMENTS, (80.0, 60.0, 70.0, 45.0, 40.0, 55.0, 1.0, 1.0, 50.0), strict=True))


@pytest.fixture
def scores():
    takes = pd.DataFrame(
        {"subject": "S9", "action": ["Walking", "Sitting"], "subaction": "", "camera": "c", "frames": 9}
    )
    runs = [{"experiment": name, "seed": seed} for name in EXPERIMENTS for seed in (0, 1)]
    return make_scores(
        sequences=pd.concat([takes.assign(**run, **dict.fromkeys(METRICS, ERRORS[run["experiment"]])) for run in runs]),
        constraints=pd.DataFrame(
            [
                run | {"motion": motion} | dict.fromkeys(CONSTRAINTS, ERRORS[run["experiment"]] * (motion != "true"))
                for run in runs
                for motion in MOTIONS
            ]
        ),
    )


def test_the_ablation_is_what_differs_from_ours_only_in_its_losses():
    kept = {"all_terms": ["angle", "velocity"], "without_angle": ["velocity"], "only_angle": ["angle"]}
    kept |= {"other_weight": ["angle"]}
    assert kept_terms(EXPERIMENTS) == kept
    assert next(iter(kept_terms(EXPERIMENTS))) == "all_terms"
    assert kept_terms({"plain": EXPERIMENTS["plain"]}) == {}
    left = [name for name in EXPERIMENTS if name not in kept or name == "all_terms"]
    assert list(without_ablation(EXPERIMENTS)) == left


def test_each_of_its_experiments_is_compared_with_the_one_without_losses(scores):
    table = ablate(scores, EXPERIMENTS)
    assert set(table["against"]) == {"nothing"}
    percent = table.set_index(["row", "metric"])["percent"]
    for row, change in {"all_terms": -20, "without_angle": -10, "only_angle": 10}.items():
        for measure in (*METRICS, *CONSTRAINTS):
            assert percent[row, measure] == pytest.approx(change)
    assert percent["other_weight", next(iter(METRICS))] == pytest.approx(-98)
    assert "| without_angle | velocity | -10.0 % [-10.0, -10.0] |" in ablation_markdown(table)


@pytest.mark.parametrize("missing", ["all_terms", "nothing"])
def test_there_is_none_without_the_full_loss_or_without_a_reference(scores, missing):
    experiments = {name: each for name, each in EXPERIMENTS.items() if name != missing}
    assert ablate(scores, experiments).empty


def test_the_figure_has_a_row_for_each_experiment_and_a_panel_for_each_measure(scores, tmp_path):
    table = ablate(scores, EXPERIMENTS)
    groups = {name: group_of(each) for name, each in EXPERIMENTS.items()}
    table.assign(group=table["row"].map(groups)).to_csv(tmp_path / "ablation.csv", index=False)
    figure = draw_ablation(tmp_path / "ablation.csv")
    assert len([axis for axis in figure.axes if axis.axison]) == len(METRICS) + len(CONSTRAINTS)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["one loss:", "without_angle", "only_angle", "other_weight", "some losses:", "all_terms"]
    plt.close(figure)


def test_relative_change_from_zero_is_nan(scores):
    scores.constraints[list(CONSTRAINTS)] *= scores.constraints[["experiment"]].ne("nothing").to_numpy()
    table = ablate(scores, EXPERIMENTS).set_index(["row", "metric"])
    assert pd.isna(table.at[("only_angle", next(iter(CONSTRAINTS))), "percent"])
    row = next(line for line in ablation_markdown(table.reset_index()).splitlines() if line.startswith("| only_angle"))
    assert row.endswith("|  |  |  |")
