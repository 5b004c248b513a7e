"""The stage that brings all runs together, and what it says of runs it cannot use."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from jointaware.artifacts.predictions import write_predictions
from jointaware.artifacts.records import write_record
from jointaware.artifacts.scores import CONSTRAINTS, METRICS, MOTION_METRICS, MOTIONS
from jointaware.artifacts.sequences import open_sequences
from jointaware.pose.skeleton import JOINTS
from stages import aggregate
from stages.command import run
from tests.small import write_sequences

ROOT = Path(__file__).parents[2]
ACTIONS = ("Walking", "Sitting")
OUTPUTS = ("tables/protocol1.md", "figures/actions.svg", "metrics.json", "claims.csv", "record.json")


def write_run(folder: Path, name: str, error_mm: float) -> None:
    scores, model = folder / "runs" / name, folder / "models" / name
    scores.mkdir(parents=True)
    model.mkdir(parents=True)
    values = dict.fromkeys(METRICS, error_mm)
    pd.DataFrame([{"action": action, **values} for action in ACTIONS]).to_csv(scores / "by_action.csv", index=False)
    keys = {"subject": "S9", "action": ACTIONS, "subaction": "", "camera": "c", "frames": 3}
    for variant in (scores, scores / "smoothed"):
        variant.mkdir(exist_ok=True)
        (variant / "metrics.json").write_text(json.dumps(values))
        pd.DataFrame(keys | values).to_csv(variant / "by_sequence.csv", index=False)
    measured = dict.fromkeys(CONSTRAINTS, 1.0)
    pd.DataFrame([{"motion": motion, **measured} for motion in MOTIONS]).to_csv(scores / "constraints.csv", index=False)
    per_joint = dict.fromkeys(MOTION_METRICS, error_mm)
    pd.DataFrame([{"joint": joint, **per_joint} for joint in JOINTS]).to_csv(scores / "by_joint.csv", index=False)
    epochs = {"epoch": [1, 2], "loss": [0.2, 0.1], "train_mpjpe_mm": [200, 100], "held_out_mpjpe_mm": ["", ""]}
    pd.DataFrame(epochs).to_csv(model / "history.csv", index=False)
    record = {"weights": 1000, "seconds": 4.0, "device": "cpu", "parameters": {"train": {"epochs": 2}}}
    (model / "run.json").write_text(json.dumps(record))
    write_record(scores / "record.json", made=scores.rglob("*.*"), made_from=[])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All that the stage reads, for the demo's experiments with two seeds, on two short sequences."""
    parameters = yaml.safe_load((ROOT / "profiles/demo.yaml").read_text()) | {"seeds": [0, 1]}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))
    same = {"subject": "S9", "subaction": "", "camera": "c", "frames": 3, "split": "test", "fps": 50.0}
    table = pd.DataFrame({**same, "action": ACTIONS, "start": [0, 3]})
    rng = np.random.default_rng(0)
    arrays = {"keypoints": (6, 17, 2), "joints": (6, 17, 3), "root": (6, 3)}
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in arrays.items()}
    write_sequences(tmp_path / "sequences.safetensors", table, arrays)
    write_record(tmp_path / "record.json", made=[], made_from=[])
    for place, experiment in enumerate(parameters["experiments"]):
        for seed in parameters["seeds"]:
            write_run(tmp_path, f"{experiment}-{seed}", 50.0 - place + 2 * seed)
            write_predictions(tmp_path / "predictions" / f"{experiment}-{seed}.safetensors", arrays["joints"], {})
    return tmp_path


def start(folder: Path, monkeypatch) -> None:
    """Call the stage as DVC does."""
    monkeypatch.chdir(folder)
    command = f"""aggregate --params params.yaml --sequences sequences.safetensors --models models
        --predictions predictions --runs runs --paper {ROOT / "paper"} --out results"""
    monkeypatch.setattr(sys, "argv", command.split())
    run(aggregate.main)


def refusal(folder: Path, monkeypatch, capsys) -> str:
    with pytest.raises(SystemExit) as ended:
        start(folder, monkeypatch)
    message = capsys.readouterr().err
    assert ended.value.code == 2
    assert message.count("\n") == 1
    return message


def test_it_writes_tables_figures_and_metrics(folder, monkeypatch):
    start(folder, monkeypatch)
    for output in OUTPUTS:
        assert (folder / "results" / output).stat().st_size > 0
    metrics = json.loads((folder / "results/metrics.json").read_text())
    assert metrics["wide"]["mpjpe_mm"] == 50.0
    assert list(metrics) == ["baseline", "wide", "wide_windows", "joint_aware", "motion_terms"]
    curves = pd.read_csv(folder / "results/figures/training_curves.csv")
    assert list(curves.columns) == ["epoch", "experiment", "seed", "loss", "train_mpjpe_mm", "held_out_mpjpe_mm"]


def test_a_second_time_every_byte_is_the_same(folder, monkeypatch):
    def contents() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (folder / "results").rglob("*") if path.is_file()}

    start(folder, monkeypatch)
    first = contents()
    start(folder, monkeypatch)
    assert contents() == first


def test_a_run_that_left_the_parameters_leaves_no_row_and_is_named(folder, monkeypatch, capsys):
    write_run(folder, "forgotten-0", 10.0)
    start(folder, monkeypatch)
    assert "ignored: runs/forgotten-0" in capsys.readouterr().out
    for path in (folder / "results").rglob("*.csv"):
        assert "forgotten" not in path.read_text()


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("runs/wide-1/metrics.json", "evaluate@wide-1"),
        ("runs/wide-1/by_action.csv", "evaluate@wide-1"),
        ("runs/wide-1/by_joint.csv", "evaluate@wide-1"),
        ("models/wide-1/history.csv", "train@wide-1"),
    ],
)
@pytest.mark.parametrize("content", [None, b"", b"\x89PNG\xff\x00", b"a,b\n1,2\n", b"{}"])
def test_a_file_that_is_missing_empty_or_foreign_is_named_with_its_stage(
    folder, monkeypatch, capsys, file, stage, content
):
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)
    message = refusal(folder, monkeypatch, capsys)
    assert file in message
    assert f"`dvc repro {stage}`" in message


@pytest.mark.parametrize(
    ("file", "stage"), [("record.json", "preprocess"), ("runs/wide-1/record.json", "evaluate@wide-1")]
)
def test_scores_that_nobody_recorded_are_refused_before_anything_is_written(folder, monkeypatch, capsys, file, stage):
    (folder / file).unlink()
    assert f"{file}: not there; `dvc repro {stage}` makes it" in refusal(folder, monkeypatch, capsys)
    assert not (folder / "results").exists()


def test_a_word_in_place_of_a_number_is_named_with_its_column(folder, monkeypatch, capsys):
    path = folder / "runs/baseline-0/by_joint.csv"
    path.write_text(path.read_text().replace("50.0", "fifty", 1))
    message = refusal(folder, monkeypatch, capsys)
    assert "column mpjpe_mm" in message
    assert "fifty" in message


def test_scores_of_other_test_data_are_refused(folder, monkeypatch, capsys):
    path = folder / "runs/baseline-0/by_action.csv"
    path.write_text(path.read_text().replace("Sitting", "Running"))
    assert "action Running" in refusal(folder, monkeypatch, capsys)


def test_missing_predictions_are_named_with_their_stage_before_anything_is_written(folder, monkeypatch, capsys):
    (folder / "predictions/joint_aware-0.safetensors").unlink()
    assert "`dvc repro predict@joint_aware-0`" in refusal(folder, monkeypatch, capsys)
    assert not (folder / "results").exists()


def test_a_missing_run_leaves_earlier_results_alone(folder, monkeypatch, capsys):
    start(folder, monkeypatch)
    before = (folder / "results/metrics.json").read_bytes()
    shutil.rmtree(folder / "runs/wide-0")
    assert "`dvc repro evaluate@wide-0`" in refusal(folder, monkeypatch, capsys)
    assert (folder / "results/metrics.json").read_bytes() == before


def test_published_rows_enter_the_figure_only_for_human36m_actions(folder):
    sequences = open_sequences(folder / "sequences.safetensors")
    assert aggregate.in_paper_order(set(sequences.table["action"])) == ["Sitting", "Walking"]
    published = {name: aggregate.read_published(ROOT / "paper", layout) for name, layout in aggregate.LAYOUTS.items()}
    runs = aggregate.runs_of({"experiments": ["wide"], "seeds": [0]})
    scores = aggregate.read_scores(runs, folder / "runs", folder / "models", ["Sitting", "Walking"])
    assert set(aggregate.by_action(scores, {})["origin"]) == {"ours"}
    both = aggregate.by_action(scores, published).set_index(["row", "action"])
    assert both.at[("Pavllo et al. 2019", "average"), "mpjpe_mm"] == "46.8"
    assert both.at[("Gupta 2020", "Walking"), "mpjve_mm_per_frame"] == "3.0"
    assert both.at[("wide", "average"), "mpjpe_mm"] == 49.0


def test_a_history_without_an_epoch_is_refused(folder, monkeypatch, capsys):
    (folder / "models/wide-0/history.csv").write_text("epoch,loss,train_mpjpe_mm,held_out_mpjpe_mm\n")
    assert "no rows; `dvc repro train@wide-0` makes it" in refusal(folder, monkeypatch, capsys)


def test_runs_that_were_trained_elsewhere_have_scores_but_no_curves(folder, monkeypatch):
    for model in (folder / "models").iterdir():
        header = (model / "history.csv").read_text().splitlines()[0]
        (model / "history.csv").write_text(f"{header}\n")
        (model / "run.json").write_text(json.dumps({"checkpoint": {}, "weights": 1000, "seconds": 0, "device": "cpu"}))
    start(folder, monkeypatch)
    assert all((folder / "results" / output).is_file() for output in OUTPUTS)


def test_a_run_without_epochs_that_was_trained_here_is_refused(folder, monkeypatch, capsys):
    history = folder / "models/wide-1/history.csv"
    history.write_text(history.read_text().splitlines()[0] + "\n")
    assert "wide-1/history.csv: no rows; `dvc repro train@wide-1` makes it" in refusal(folder, monkeypatch, capsys)
