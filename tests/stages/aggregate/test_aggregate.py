"""The stage that combines all runs, and how it refuses files that it cannot read."""

import contextlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from jointaware.analysis.figures.data import Results
from jointaware.analysis.figures.data import actions as actions_data
from jointaware.analysis.tables import LAYOUTS, in_paper_order, read_published
from jointaware.artifacts.scores import Run, read_scores
from jointaware.artifacts.sequences import open_sequences
from tests.stages.aggregate.folder import (
    EXPERIMENTS,
    OUTPUTS,
    ROLES,
    ROOT,
    describe,
    record,
    refusal,
    start,
    write_run,
)


def test_it_writes_tables_figures_and_metrics(outputs):
    for output in OUTPUTS:
        assert (outputs / "results" / output).stat().st_size > 0
    metrics = json.loads((outputs / "results/metrics.json").read_text())
    assert metrics["baseline"]["mpjpe_mm"] == 51.0
    assert list(metrics) == list(EXPERIMENTS)
    headline = json.loads((outputs / "results/headline.json").read_text())
    assert list(headline) == list(EXPERIMENTS)
    assert headline["baseline"] == {
        name: round(metrics["baseline"][key], 2)
        for name, key in (("MPJPE", "mpjpe_mm"), ("MPJVE", "mpjve_mm_per_frame"), ("MPJAE", "mpjae_mm_per_frame2"))
    }
    curves = pd.read_csv(outputs / "results/figures/training_curves.csv")
    assert list(curves.columns) == [
        "epoch",
        "experiment",
        "seed",
        "loss",
        "train_mpjpe_mm",
        "held_out_mpjpe_mm",
        "group",
    ]


def test_its_record_names_all_that_it_wrote_and_the_role_of_each_experiment(outputs):
    record = json.loads((outputs / "results/record.json").read_text())
    written = {path.relative_to(outputs).as_posix() for path in (outputs / "results").rglob("*.*")}
    assert set(record["made"]) == written - {"results/record.json"}
    assert record["experiments"] == list(EXPERIMENTS)
    assert record["roles"] == dict(zip(EXPERIMENTS, ROLES, strict=True))
    assert record["seeds"] == [0, 1]
    assert "runs/wide/0/record.json" in record["made_from"]


def test_measurements_have_six_significant_digits(outputs):
    for path in (outputs / "results").rglob("*.csv"):
        for cell in pd.read_csv(path, dtype=str, keep_default_na=False).to_numpy().ravel():
            with contextlib.suppress(ValueError):
                assert float(cell) == float(f"{float(cell):.6g}"), f"{path}: {cell}"


def test_a_second_time_every_byte_is_the_same_whatever_else_is_in_the_folders(finished, capsys):
    def contents() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (finished / "results").rglob("*") if path.is_file()}

    first = contents()
    write_run(finished, "forgotten", 0, 10.0)
    start(finished)
    assert contents() == first
    assert "ignored: runs/forgotten" in capsys.readouterr().out
    for path in (finished / "results").rglob("*.csv"):
        assert "forgotten" not in path.read_text()


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("runs/wide/1/metrics.json", "evaluate@wide"),
        ("runs/wide/1/by_action.csv", "evaluate@wide"),
        ("runs/wide/1/by_joint.csv", "evaluate@wide"),
        ("models/wide/1/history.csv", "train@wide"),
    ],
)
@pytest.mark.parametrize("content", [None, b"", b"\x89PNG\xff\x00", b"a,b\n1,2\n", b"{}"])
def test_a_file_that_is_missing_empty_or_foreign_is_named_with_its_stage(folder, capsys, file, stage, content):
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)
    message = refusal(folder, capsys)
    assert file in message
    assert f"`dvc repro {stage}`" in message


@pytest.mark.parametrize(
    ("file", "stage"), [("record.json", "preprocess"), ("runs/wide/1/record.json", "evaluate@wide")]
)
def test_scores_that_nobody_recorded_are_refused_before_anything_is_written(folder, capsys, file, stage):
    (folder / file).unlink()
    assert f"{file}: missing; run `dvc repro {stage}`" in refusal(folder, capsys)
    assert not (folder / "results").exists()


def test_a_word_in_place_of_a_number_is_named_with_its_column(folder, capsys):
    path = folder / "runs/baseline/0/by_joint.csv"
    path.write_text(path.read_text().replace("50.0", "fifty", 1))
    record(folder, "baseline", 0)
    message = refusal(folder, capsys)
    assert "column mpjpe_mm" in message
    assert "fifty" in message


def test_scores_of_other_test_data_are_refused(folder, capsys):
    path = folder / "runs/baseline/0/by_action.csv"
    path.write_text(path.read_text().replace("Sitting", "Running"))
    record(folder, "baseline", 0)
    assert "action Running" in refusal(folder, capsys)


def test_missing_predictions_are_named_with_their_stage_before_anything_is_written(folder, capsys):
    (folder / "predictions/joint_aware/0.safetensors").unlink()
    assert "`dvc repro predict@joint_aware`" in refusal(folder, capsys)
    assert not (folder / "results").exists()


def test_a_missing_run_leaves_earlier_results_alone(finished, capsys):
    before = (finished / "results/metrics.json").read_bytes()
    shutil.rmtree(finished / "runs/wide/0")
    assert "`dvc repro evaluate@wide`" in refusal(finished, capsys)
    assert (finished / "results/metrics.json").read_bytes() == before


@pytest.mark.parametrize("is_comparable", [False, True])
def test_published_rows_enter_the_figure_only_where_they_are_comparable(inputs, is_comparable):
    sequences = open_sequences(inputs / "sequences.safetensors")
    assert in_paper_order(set(sequences.table["action"])) == ["Sitting", "Walking"]
    scores = read_scores([Run("wide", 0)], inputs / "runs", inputs / "models", inputs, ["Sitting", "Walking"])
    empty = dict.fromkeys(("comparison", "differences", "ablation", "skeleton"), pd.DataFrame())
    published = {name: read_published(ROOT / "paper", layout) for name, layout in LAYOUTS.items()}
    experiments = {"wide": SimpleNamespace(role="wide")}
    results = Results(scores, **empty, published=published, is_comparable=is_comparable, experiments=experiments)
    table = actions_data(results)
    assert set(table["origin"]) == ({"ours", "published"} if is_comparable else {"ours"})
    cells = table.set_index(["row", "action"])
    assert cells.at[("wide", "average"), "mpjpe_mm"] == pytest.approx(50 - 1 / 3)
    if is_comparable:
        assert cells.at[("Pavllo et al. 2019", "average"), "mpjpe_mm"] == "46.8"
        assert cells.at[("Gupta 2020", "Walking"), "mpjve_mm_per_frame"] == "3.0"


def test_a_history_without_an_epoch_is_refused(folder, capsys):
    (folder / "models/wide/0/history.csv").write_text("epoch,loss,train_mpjpe_mm,held_out_mpjpe_mm\n")
    describe(folder / "models/wide/0", experiment="wide", seed=0)
    assert "no rows; run `dvc repro train@wide`" in refusal(folder, capsys)


def test_networks_that_were_trained_elsewhere_have_scores_but_no_curves(folder, capsys):
    parameters = json.loads((folder / "params.yaml").read_text())
    parameters["experiments"] = {name: parameters["experiments"][name] for name in ("wide", "joint_aware")}
    (folder / "params.yaml").write_text(json.dumps(parameters))
    for model in (folder / "models").glob("*/*"):
        header = (model / "history.csv").read_text().splitlines()[0]
        (model / "history.csv").write_text(f"{header}\n")
        elsewhere = {"path": "published.bin", "sha256": ""}
        describe(model, experiment=model.parent.name, seed=int(model.name), checkpoint=elsewhere)
    start(folder)
    assert all((folder / "results" / output).is_file() for output in OUTPUTS)
    header, wide, ours, _ = capsys.readouterr().out.splitlines()[-4:]
    assert header.split("  ")[-1] == "MPJAE, mm/frame²"
    assert (wide.split()[0], ours.split()[0]) == ("wide", "joint_aware")
    assert wide.endswith("50.67 ± 1.41")


def test_a_run_without_epochs_that_was_trained_here_is_refused(folder, capsys):
    history = folder / "models/wide/1/history.csv"
    history.write_text(history.read_text().splitlines()[0] + "\n")
    describe(history.parent, experiment="wide", seed=1)
    assert "wide/1/history.csv: no rows; run `dvc repro train@wide`" in refusal(folder, capsys)


def test_a_history_that_training_did_not_write_is_refused(folder, capsys):
    history = folder / "models/wide/1/history.csv"
    history.write_text(history.read_text().replace("0.2", "0.3"))
    assert "wide/1/history.csv: differs from the file that" in refusal(folder, capsys)


def test_results_of_which_one_cannot_be_written_all_stay_as_they_were(finished, capsys):
    """Aggregate has replaced claims.csv before a later file failed."""
    results = finished / "results"
    (results / "metrics.json").unlink()
    (results / "metrics.json").mkdir()
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    write_run(finished, "wide", 0, 60.0)
    with pytest.raises(SystemExit):
        start(finished)
    last = capsys.readouterr().err.splitlines()[-1]  # after progress, on a slow machine
    assert last == "error: results/metrics.json: cannot be written (Is a directory)"
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before
