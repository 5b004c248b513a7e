"""The figures: what they show, and that the same data gives the same bytes."""

import json
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from jointaware.analysis.ablation import GROUPS
from jointaware.analysis.figures.body import draw_joints
from jointaware.analysis.figures.comparison import draw_ablation, draw_constraints, draw_differences
from jointaware.analysis.figures.data import Results, differences
from jointaware.analysis.figures.runs import draw_actions, draw_training_curves, spread
from jointaware.analysis.figures.skeleton import choose_frame, draw_skeleton, shown_experiments
from jointaware.analysis.figures.style import WIDTH, colours, drawing
from jointaware.analysis.figures.table import FIGURES
from jointaware.analysis.tables import PAPER, TRUTH, VIDEOPOSE3D
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.parameters import load
from jointaware.artifacts.predictions import RAW
from jointaware.artifacts.sequences import open_sequences
from jointaware.pose.skeleton import JOINTS
from tests.people import seen
from tests.small import write_sequences

ROOT = Path(__file__).parents[2]
RUNS = [("baseline", 0), ("baseline", 1), ("wide", 0), ("wide", 1)]
UPRIGHT = seen(1)[0]
"""A person in the camera frame, y down: the head (10) above the feet (3, 6)."""


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def write(folder: Path, rows: list[dict]) -> Path:
    path = folder / "figure.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def history(runs=RUNS, **changes) -> list[dict]:
    return [
        {"epoch": epoch, "experiment": name, "seed": seed, "loss": 0.1, "train_mpjpe_mm": 100 / epoch + seed,
         "held_out_mpjpe_mm": 120 / epoch + seed, "group": GROUPS[0], **changes}
        for name, seed in runs
        for epoch in (1, 2, 3)
    ]  # fmt: skip


def actions(*, published: bool = False) -> list[dict]:
    ours = [("ours", name, seed, name, 1.0) for name, seed in RUNS] + [("ours", "mine", 0, "ours", 0.9)]
    printed = [("published", VIDEOPOSE3D, None, "", 1.0), ("published", PAPER, None, "", 0.8)] * published
    return [
        {"action": action, "row": row, "origin": origin, "seed": seed, "role": role}
        | dict.fromkeys(METRICS, 50.0 * factor)
        for origin, row, seed, role, factor in ours + printed
        for action in ("Walking", "average")
    ]


def names_of(axis) -> list[str]:
    return [label.get_text() for label in axis.get_yticklabels()]


def panels_of(figure) -> list:
    return [axis for axis in figure.axes if axis.axison]


def test_names_that_look_like_something_else_are_names(tmp_path):
    names = {"baseline": "inf", "wide": "True"}
    curves = [row | {"experiment": names[row["experiment"]]} for row in history()]
    with drawing(tmp_path / "curves.svg"):
        [axis] = draw_training_curves(write(tmp_path, curves)).axes
    assert [text.get_text() for text in axis.texts] == ["inf", "True"]
    odd = {"Walking": "$x_ & 李雷$ 100%", "average": "average"}
    rows = [row | {"action": odd[row["action"]]} for row in actions()]
    with drawing(tmp_path / "actions.svg"):
        panels = panels_of(draw_actions(write(tmp_path, rows)))
    assert [axis.get_title(loc="left") for axis in panels] == ["average", "$x_ & 李雷$ 100%"]


def test_training_curves_have_a_panel_for_each_group_and_a_line_for_each_seed(tmp_path):
    rows = history() + history([("alone", 0)], group=GROUPS[1])
    axes = draw_training_curves(write(tmp_path, rows)).axes
    assert [axis.get_title(loc="left") for axis in axes] == list(GROUPS[:2])
    assert [len(axis.lines) for axis in axes] == [4, 1]
    assert [[text.get_text() for text in axis.texts] for axis in axes] == [["baseline", "wide"], ["alone"]]


def test_the_first_epoch_does_not_take_the_axis(tmp_path):
    [axis] = draw_training_curves(write(tmp_path, history())).axes
    low, high = axis.get_ylim()
    assert low < 40 < 61 < high < 120


def test_curves_of_training_are_drawn_where_nothing_was_held_out(tmp_path):
    figure = draw_training_curves(write(tmp_path, history(held_out_mpjpe_mm=None)))
    assert figure.get_supylabel() == "training MPJPE (mm), lower is better"


def test_labels_are_moved_apart_and_stay_in_their_panel():
    places = spread(np.array([0.5, 0.5, 0.95, 0.95]), 0.1)
    assert np.diff(places).min() >= 0.1 - 1e-9
    assert places.max() <= 1


def test_the_average_is_the_first_of_the_actions_and_changes_are_against_the_baseline(tmp_path):
    panels = panels_of(draw_actions(write(tmp_path, actions())))
    assert [axis.get_title(loc="left") for axis in panels] == ["average", "Walking"]
    assert names_of(panels[0]) == [metric.name for metric in METRICS.values()]
    drawn = {line.get_marker(): line.get_xdata() for line in panels[0].lines}
    assert drawn["|"] == pytest.approx([0] * len(METRICS))
    assert drawn["o"] == pytest.approx([-10] * len(METRICS))


def test_without_a_baseline_or_ours_the_second_experiment_is_shown_against_the_first(tmp_path):
    rows = [
        {"action": action, "row": name, "origin": "ours", "seed": 0, "role": "ablation"}
        | dict.fromkeys(METRICS, 50.0 * factor)
        for name, factor in (("control_small", 1.0), ("losses_small", 0.9), ("losses_large", 0.5))
        for action in ("Walking", "average")
    ]
    figure = draw_actions(write(tmp_path, rows))
    [mark] = [line for line in panels_of(figure)[0].lines if line.get_marker() == "o"]
    assert mark.get_xdata() == pytest.approx([-10] * len(METRICS))
    assert figure.legends[0].get_title().get_text() == "change in % against control_small, left is better"


def test_without_a_wide_network_differences_are_against_the_first_experiment():
    experiments = load(ROOT / "profiles/size.yaml").experiments
    small, other = "more_frames_96x27", "more_frames_192x27"
    pairs = [(small, other), ("joint_aware_96x27", small), (other, small)]
    table = pd.DataFrame(pairs, columns=["row", "against"]).assign(against_variant=RAW)
    empty = dict.fromkeys(("scores", "comparison", "ablation", "skeleton"), pd.DataFrame())
    results = Results(**empty, differences=table, published={}, is_comparable=False, experiments=experiments)
    assert differences(results)["row"].tolist() == ["joint_aware_96x27", other]


def test_published_values_are_hollow_and_only_there_if_they_are_comparable(tmp_path):
    for published in (False, True):
        panel = draw_actions(write(tmp_path, actions(published=published))).axes[0]
        hollow = [line for line in panel.lines if line.get_markerfacecolor() == "white"]
        assert [line.get_xdata() == pytest.approx([-20] * len(METRICS)) for line in hollow] == [True] * published


def test_joints_are_a_body_for_each_metric_without_the_root(tmp_path):
    rows = [
        {"experiment": name, "seed": seed, "joint": joint, "mpjpe_mm": 40.0 if name == "baseline" else 30.0}
        for name, seed in RUNS
        for joint in JOINTS[1:]
    ]
    error, change = draw_joints(write(tmp_path, rows)).axes
    assert len(error.collections) == len(error.texts) == len(JOINTS) - 1
    assert {text.get_text() for text in error.texts} == {"40"}
    assert {text.get_text() for text in change.texts} == {"-25"}
    places = {text.get_position() for text in error.texts}
    assert len(places) == len(JOINTS) - 1


def changes(measures, variants=("raw", "smoothed"), **odd) -> list[dict]:
    return [
        {"row": row, "variant": variant, "against": "wide", "metric": metric, "group": group,
         "percent": -5.0, "low": -6.0, "high": -4.0} | odd.get(metric, {})
        for row, group in (("one", GROUPS[1]), ("many", GROUPS[2]))
        for variant in variants
        for metric in measures
    ]  # fmt: skip


def test_differences_are_rows_by_group_filled_raw_and_hollow_filtered(tmp_path):
    figure = draw_differences(write(tmp_path, changes(METRICS)))
    axis = figure.axes[0]
    assert names_of(axis) == [f"{GROUPS[1]}:", "one", f"{GROUPS[2]}:", "many"]
    faces = [line.get_markerfacecolor() for line in axis.lines if line.get_marker() == "o"]
    assert sorted(faces) == sorted([colours()[GROUPS[1]], colours()[GROUPS[2]], "white", "white"])
    explained = [text.get_text() for text in figure.axes[len(METRICS)].get_legend().get_texts()]
    assert explained == ["raw", "smoothed", "learned"]


def test_no_panel_is_empty(tmp_path):
    nothing = dict.fromkeys(("percent", "low", "high"))
    last = [*CONSTRAINTS][-1]
    figure = draw_ablation(write(tmp_path, changes([*METRICS, *CONSTRAINTS], ["raw"], **{last: nothing})))
    assert len(panels_of(figure)) == len(METRICS) + len(CONSTRAINTS) - 1
    rows = [
        {"row": row, "variant": "raw", "statistic": statistic, "group": group}
        | dict.fromkeys(CONSTRAINTS, 2.0)
        | {last: 0}
        for row, group in ((TRUTH, ""), ("one", GROUPS[1]))
        for statistic in ("mean", "std")
    ]
    figure = draw_constraints(write(tmp_path, rows))
    assert len(panels_of(figure)) == len(CONSTRAINTS) - 1
    assert "2.00" in figure.axes[0].texts[0].get_text()


@pytest.mark.parametrize("draw", [draw_actions, draw_training_curves, draw_differences])
def test_figures_are_as_wide_as_a_phone(tmp_path, draw):
    rows = {draw_actions: actions(), draw_training_curves: history(), draw_differences: changes(METRICS)}
    assert draw(write(tmp_path, rows[draw])).get_figwidth() == WIDTH


def test_every_group_has_a_colour_of_its_own():
    assert len(set(colours().values())) == len(GROUPS)


def test_the_same_data_gives_the_same_bytes(tmp_path):
    csv = write(tmp_path, history())
    for name in ("first.svg", "second.svg"):
        with drawing(tmp_path / name):
            draw_training_curves(csv)
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
    assert "<dc:date>" not in (tmp_path / "first.svg").read_text()


@pytest.fixture
def three_frames(tmp_path):
    """Sitting, then three frames of Walking, in a camera that looks at a body upside up."""
    same = {"subject": "S9", "subaction": "", "camera": "c", "split": "test", "fps": 50.0}
    table = pd.DataFrame({**same, "action": ["Sitting", "Walking"], "start": [0, 2], "frames": [2, 3]})
    joints = np.tile(UPRIGHT, (5, 1, 1))
    arrays = {"keypoints": joints[..., :2].copy(), "joints": joints, "root": joints[:, 0] + np.float32([0, 0, 5])}
    write_sequences(tmp_path / "sequences.safetensors", table, arrays)
    return open_sequences(tmp_path / "sequences.safetensors")


def test_the_skeleton_is_the_frame_of_median_error_in_walking(three_frames):
    off = np.array([0, 0, 0.05, 0.02, 0.03], np.float32)[:, None, None]
    predicted = {"baseline": three_frames.read("joints") + off}
    chosen = choose_frame(three_frames, predicted)
    assert set(chosen["action"]) == {"Walking"}
    assert set(chosen["frame"]) == {2}
    assert list(chosen["skeleton"].unique()) == ["keypoints", "true", "baseline"]
    assert chosen["mpjpe_mm"].max() == pytest.approx(1000 * 0.03 * 3**0.5, rel=1e-4)


def test_the_skeleton_stands_with_its_head_up(three_frames):
    chosen = choose_frame(three_frames, {"baseline": three_frames.read("joints")})
    height = chosen[chosen["skeleton"] == "true"].set_index("joint")["z"]
    assert height["head"] > height["pelvis"] > -1
    assert height["head"] - height["left_foot"] > 1.4


def test_the_skeleton_figure_has_a_panel_for_keypoints_truth_and_each_experiment(three_frames, tmp_path):
    joints = three_frames.read("joints")
    chosen = choose_frame(three_frames, {"baseline": joints, "joint_aware": joints + np.float32(0.01)})
    chosen.to_csv(tmp_path / "skeleton.csv", index=False)
    figure = draw_skeleton(tmp_path / "skeleton.csv")
    assert len(figure.axes) == 4
    assert {text.get_text() for text in figure.texts} >= {"2D keypoints", "true pose", "joint_aware\nMPJPE 17 mm"}


def test_the_skeleton_figure_shows_baseline_and_ours_or_else_two_experiments():
    assert shown_experiments({"broad": "wide", "mine": "ours", "videopose3d": "baseline"}) == ["videopose3d", "mine"]
    assert shown_experiments({"one": "other", "two": "wide", "three": "other"}) == ["one", "two"]


def test_captions_cost_no_import_of_matplotlib():
    script = "import sys; from jointaware.analysis.figures.table import FIGURES; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_data_a_drawing_and_a_caption(name):
    figure = FIGURES[name]
    assert callable(resolve_name(figure.data))
    assert callable(resolve_name(figure.draw))
    assert figure.caption.endswith(".")


def test_the_template_for_dvc_draws_a_line_for_each_experiment_seed_and_revision():
    template = json.loads((ROOT / ".dvc/plots/by_experiment.json").read_text())
    fields = {channel: encoding["field"] for channel, encoding in template["encoding"].items() if channel != "tooltip"}
    assert (fields["color"], fields["strokeDash"]) == ("experiment", "rev")
    assert (fields["x"], fields["y"], fields["detail"]) == ("<DVC_METRIC_X>", "<DVC_METRIC_Y>", "seed")
