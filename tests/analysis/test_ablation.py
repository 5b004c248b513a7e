"""The ablation: which runs are in it, and what it holds against what."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from jointaware.analysis.ablation import ablate, ablation_markdown, kept_terms, without_ablation
from jointaware.analysis.figures.comparison import draw_ablation
from jointaware.artifacts.scores import CONSTRAINTS, METRICS, MOTIONS
from tests.small import make_scores

FULL = {"channels": 8, "window": 4, "weights": {"angle": 0.1, "velocity": 1.0}}
EXPERIMENTS = {
    "narrow": {"channels": 4, "window": 1, "weights": {"angle": 0.0, "velocity": 0.0}},
    "published": {"checkpoint": "elsewhere.bin"},
    "plain": {"channels": 8, "window": 1, "weights": {"angle": 0.0, "velocity": 0.0}},
    "without_angle": FULL | {"weights": {"angle": 0.0, "velocity": 1.0}},
    "joint_aware": FULL,
    "only_angle": FULL | {"weights": {"angle": 0.1, "velocity": 0.0}},
    "other_weight": FULL | {"weights": {"angle": 0.2, "velocity": 0.0}},
    "other_window": FULL | {"window": 5},
    "nothing": FULL | {"weights": {"angle": 0.0, "velocity": 0.0}},
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


def test_the_ablation_is_what_differs_from_joint_aware_by_weights_of_zero_alone():
    kept = {"joint_aware": ["angle", "velocity"], "without_angle": ["velocity"], "only_angle": ["angle"]}
    assert kept_terms(EXPERIMENTS) == kept
    assert next(iter(kept_terms(EXPERIMENTS))) == "joint_aware"
    assert kept_terms({"plain": EXPERIMENTS["plain"]}) == {}
    left = [name for name in EXPERIMENTS if name not in ("without_angle", "only_angle")]
    assert list(without_ablation(EXPERIMENTS)) == left


def test_each_of_its_runs_is_held_against_the_one_without_terms(scores):
    table = ablate(scores, EXPERIMENTS)
    assert set(table["against"]) == {"nothing"}
    percent = table.set_index(["row", "metric"])["percent"]
    for row, change in {"joint_aware": -20, "without_angle": -10, "only_angle": 10}.items():
        for measure in ("mpjpe_mm", "mpjae_mm_per_frame2", *CONSTRAINTS):
            assert percent[row, measure] == pytest.approx(change)
    assert "| without_angle | velocity | -10.0 % [-10.0, -10.0] |" in ablation_markdown(table)


@pytest.mark.parametrize("missing", ["joint_aware", "nothing"])
def test_there_is_none_without_the_whole_or_without_anything_to_hold_it_against(scores, missing):
    experiments = {name: settings for name, settings in EXPERIMENTS.items() if name != missing}
    assert ablate(scores, experiments).empty


def test_the_figure_has_a_row_for_each_run_and_a_panel_for_each_measure(scores, tmp_path):
    ablate(scores, EXPERIMENTS).to_csv(tmp_path / "ablation.csv", index=False)
    figure = draw_ablation(tmp_path / "ablation.csv")
    assert len(figure.axes) == 6
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "joint_aware",
        "without_angle",
        "only_angle",
    ]
    plt.close(figure)


def test_a_change_from_nothing_is_no_number(scores):
    scores.constraints[list(CONSTRAINTS)] *= scores.constraints[["experiment"]].ne("nothing").to_numpy()
    table = ablate(scores, EXPERIMENTS).set_index(["row", "metric"])
    assert pd.isna(table.at[("only_angle", CONSTRAINTS[0]), "percent"])
    row = next(line for line in ablation_markdown(table.reset_index()).splitlines() if line.startswith("| only_angle"))
    assert row.endswith("|  |  |  |")
