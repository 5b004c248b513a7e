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
from matplotlib.colors import to_hex

from jointaware.analysis.figures.runs import draw_actions, draw_joints, draw_training_curves
from jointaware.analysis.figures.skeleton import choose_frame, draw_skeleton, shown_experiments
from jointaware.analysis.figures.style import MANY, colours, drawing
from jointaware.analysis.figures.table import FIGURES
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


def history(**changes) -> list[dict]:
    return [
        {"epoch": epoch, "experiment": name, "seed": seed, "loss": 0.1, "train_mpjpe_mm": 100 / epoch + seed,
         "held_out_mpjpe_mm": 120 / epoch + seed, **changes}
        for name, seed in RUNS
        for epoch in (1, 2, 3)
    ]  # fmt: skip


def actions(*, published: bool) -> list[dict]:
    ours = [("ours", name, seed) for name, seed in RUNS]
    values = {"mpjpe_mm": 50.0, "mpjve_mm_per_frame": 3.0, "mpjae_mm_per_frame2": 2.0}
    return [
        {"action": action, "row": row, "origin": origin, "seed": seed, **values}
        for origin, row, seed in ours + [("published", "Gupta 2020", None)] * published
        for action in ("Walking", "average")
    ]


def test_names_that_look_like_something_else_are_names(tmp_path):
    names = {"baseline": "inf", "wide": "True"}
    curves = [row | {"experiment": names[row["experiment"]]} for row in history()]
    with drawing(tmp_path / "curves.svg"):
        legend = draw_training_curves(write(tmp_path, curves)).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["inf", "True"]
    odd = {"Walking": "$x_ & 李雷$ 100%", "average": "average"}
    rows = [row | {"row": names[row["row"]], "action": odd[row["action"]]} for row in actions(published=False)]
    with drawing(tmp_path / "actions.svg"):
        labels = draw_actions(write(tmp_path, rows)).axes[-1].get_xticklabels()
    assert [label.get_text() for label in labels] == list(odd.values())


def test_training_curves_have_a_line_for_every_seed_in_each_panel(tmp_path):
    axes = draw_training_curves(write(tmp_path, history())).axes
    assert [len([line for line in axis.lines if len(line.get_xdata())]) for axis in axes] == [4, 4]
    assert axes[0].get_ylabel() == "MPJPE (mm), lower is better"


def test_training_without_validation_has_one_panel(tmp_path):
    assert len(draw_training_curves(write(tmp_path, history(held_out_mpjpe_mm=None))).axes) == 1


def test_bars_have_a_dot_for_every_seed_and_hollow_markers_for_published_values(tmp_path):
    axes = draw_actions(write(tmp_path, actions(published=True))).axes
    for axis in axes:
        assert len(axis.patches) >= 4
        assert sum(len(dots.get_offsets()) for dots in axis.collections) == 8
        hollow = [line for line in axis.lines if line.get_label() == "Gupta 2020"]
        assert [line.get_markerfacecolor() for line in hollow] == ["white"]
    assert not [
        line
        for line in draw_actions(write(tmp_path, actions(published=False))).axes[0].lines
        if line.get_marker() == "o"
    ]


def test_the_heat_map_has_a_row_for_every_run_in_their_order(tmp_path):
    rows = [
        {"experiment": name, "seed": seed, "joint": joint, "mpjpe_mm": 40.0}
        for name, seed in reversed(RUNS)
        for joint in JOINTS[1:]
    ]
    axis = draw_joints(write(tmp_path, rows)).axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["wide-1", "wide-0", "baseline-1", "baseline-0"]
    assert axis.get_xticklabels()[-1].get_text() == "right hand"


ABLATION = ["baseline", "joint_aware", *(f"without_angular_acceleration_{number}" for number in range(15))]


def test_curves_of_an_ablation_have_a_panel_each_over_the_range_of_all(tmp_path):
    rows = [row | {"experiment": name} for name in ABLATION for row in history()[:3]]
    figure = draw_training_curves(write(tmp_path, rows))
    panels = [axis for axis in figure.axes if axis.axison]
    assert [axis.texts[0].get_text() for axis in panels] == ABLATION
    assert {(len(axis.lines), len(axis.collections)) for axis in panels} == {(2, 2)}


def test_actions_of_an_ablation_are_numbers_with_published_rows_on_top(tmp_path):
    one = actions(published=True)
    rows = [row | {"row": name} for name in ABLATION for row in one[:4]] + one[-2:]
    axes = draw_actions(write(tmp_path, rows)).axes
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["Gupta 2020", *ABLATION]
    assert [axis.texts[0].get_text() for axis in axes[:3]] == ["50.0", "3.00", "2.00"]


@pytest.mark.parametrize("draw", [draw_actions, draw_training_curves])
def test_long_names_are_whole_in_the_legend(tmp_path, draw):
    names = [f"without_angular_acceleration_{number}" for number in range(MANY)]
    key, one = ("row", actions(published=False)[:2]) if draw is draw_actions else ("experiment", history()[:3])
    figure = draw(write(tmp_path, [row | {key: name} for name in names for row in one]))
    figure.canvas.draw()
    legend = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= legend.x0 < legend.x1 <= figure.bbox.x1
    assert [text.get_text() for text in figure.legends[0].texts] == names


def test_an_experiment_keeps_its_colour_when_others_are_added():
    assert colours(["baseline", "wide"])["wide"] == colours(["baseline", "wide", "joint_aware"])["wide"]


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
    ours = [to_hex(colour) for colour in colours([*"abcdefghij"]).values()]
    assert template["encoding"]["color"]["scale"]["range"] == ours
    assert (fields["x"], fields["y"], fields["detail"]) == ("<DVC_METRIC_X>", "<DVC_METRIC_Y>", "seed")
