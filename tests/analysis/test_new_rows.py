"""A new row in a table of metrics, constraints or loss terms appears everywhere without another edit."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from jointaware.analysis.ablation import ablate, ablation_markdown
from jointaware.analysis.comparison import compare, comparison_markdown, differences, differences_markdown
from jointaware.analysis.figures.comparison import draw_ablation, draw_constraints, draw_differences
from jointaware.analysis.figures.data import Results
from jointaware.analysis.figures.draw import figure_data
from jointaware.analysis.figures.runs import draw_actions
from jointaware.analysis.typesetting import overview
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS, Constraint, Metric
from jointaware.artifacts.scores import CURVES, MOTIONS
from jointaware.pose.skeleton import JOINTS
from tests.analysis.experiments import after_filters, make_experiment
from tests.small import make_scores

JERK = Metric("MPJJE", "mean per-joint jerk error", "mm/frame³", 3, "somewhere:mpjje", order=3, is_headline=True)
CONTACT = Constraint("foot skating", "speed of feet on the floor", "mm/frame", 1, "somewhere:skating", 1000.0)
EXPERIMENTS = {
    "plain": make_experiment(role="clips", clips=4),
    "all_terms": make_experiment(role="ours", clips=4, losses={"velocity": 1.0, "jerk": 1.0}),
    "only_jerk": make_experiment(role="ablation", clips=4, losses={"jerk": 1.0}),
}


@pytest.fixture
def results(monkeypatch) -> Results:
    """The results of two seeds of each experiment after both tables of measures have a row more."""
    monkeypatch.setitem(METRICS, "mpjje_mm_per_frame3", JERK)
    monkeypatch.setitem(CONSTRAINTS, "skating_mm_per_frame", CONTACT)
    runs = [{"experiment": name, "seed": seed} for name in EXPERIMENTS for seed in (0, 1)]
    errors = {run["experiment"]: dict.fromkeys(METRICS, 50.0 - place) for place, run in enumerate(runs)}
    actions = pd.DataFrame(
        [run | errors[run["experiment"]] | {"action": action} for run in runs for action in ("Sitting", "Walking")]
    )
    averages = pd.DataFrame([run | errors[run["experiment"]] for run in runs])
    constraints = [run | {"motion": motion} | dict.fromkeys(CONSTRAINTS, 1.0) for run in runs for motion in MOTIONS]
    sequences = actions.assign(subject="S9", subaction="", camera="c", frames=9)
    scores = make_scores(
        averages=averages,
        filtered_averages=after_filters(averages, METRICS, smoothed=1.0, learned=1.0),
        actions=actions,
        sequences=sequences,
        filtered_sequences=after_filters(sequences, METRICS, smoothed=1.0, learned=1.0),
        constraints=pd.DataFrame(constraints),
        history=pd.DataFrame([run | {"epoch": 1} | dict.fromkeys(CURVES, 1.0) for run in runs]),
        joints=pd.DataFrame([run | {"joint": joint, "mpjpe_mm": 1.0} for run in runs for joint in JOINTS]),
    )
    return Results(
        scores=scores,
        comparison=compare(scores),
        differences=differences(scores, EXPERIMENTS),
        ablation=ablate(scores, EXPERIMENTS),
        skeleton=pd.DataFrame(),
        published={},
        is_comparable=False,
        experiments=EXPERIMENTS,
    )


def test_a_new_metric_is_in_every_table(results):
    assert "mpjje_mm_per_frame3" in results.comparison
    for changes in (results.differences, results.ablation):
        assert set(changes["metric"]) >= set(METRICS)
    assert "| MPJJE, mm/frame³ |" in comparison_markdown(results.comparison)
    assert "| MPJJE |" in differences_markdown(results.differences)
    assert "| MPJJE |" in ablation_markdown(results.ablation)
    assert "MPJJE, mm/frame³" in overview(results.comparison)
    assert "45.000 ± 0.000" in overview(results.comparison)


def test_a_new_measure_of_plausibility_is_in_every_table(results):
    assert "skating_mm_per_frame" in results.comparison
    assert "skating_mm_per_frame" in set(results.ablation["metric"])
    assert "| foot skating, mm/frame |" in comparison_markdown(results.comparison)
    assert "| foot skating |" in ablation_markdown(results.ablation)


def test_a_new_loss_term_is_in_the_ablation(results):
    terms = results.ablation.set_index("row")["terms"]
    assert set(terms["all_terms"]) == {"velocity jerk"}
    assert set(terms["only_jerk"]) == {"jerk"}


@pytest.mark.parametrize(
    ("figure", "draw", "label"),
    [
        ("actions", draw_actions, "MPJJE"),
        ("differences", draw_differences, "MPJJE, %"),
        ("ablation", draw_ablation, "MPJJE, %"),
        ("comparison", draw_constraints, "foot skating (mm/frame)"),
    ],
)
def test_a_new_measure_has_a_panel_in_every_figure(results, tmp_path, figure, draw, label):
    data = figure_data(results)
    assert list(data) == ["training_curves", "actions", "joints", "differences", "ablation", "comparison"]
    data[figure].to_csv(tmp_path / "figure.csv", index=False)
    axes = draw(tmp_path / "figure.csv").axes
    labels = [label.get_text() for axis in axes for label in axis.get_yticklabels()]
    assert label in [*labels, *(axis.get_title().replace("\n", " ") for axis in axes)]
    plt.close("all")
