"""Aggregate refuses scores, predictions and networks that do not belong together."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from jointaware.artifacts.predictions import write_predictions
from jointaware.artifacts.sequences import open_sequences
from tests.stages.aggregate.folder import describe, record, refusal, start


def flip(path: Path, what: str, other: str) -> None:
    text = path.read_text()
    assert what in text
    path.write_text(text.replace(what, other, 1))


def test_a_changed_score_is_refused_with_its_stage(folder, capsys):
    flip(folder / "runs/wide/1/smoothed/by_sequence.csv", "51.", "41.")
    message = refusal(folder, capsys)
    assert "by_sequence.csv: differs from the file that runs/wide/1/record.json lists" in message
    assert "`dvc repro evaluate@wide`" in message
    assert not (folder / "results").exists()


def test_scores_of_other_predictions_or_sequences_are_refused(folder, capsys):
    path = folder / "predictions/wide/1.safetensors"
    joints = open_sequences(folder / "sequences.safetensors").read("joints")
    write_predictions(path, joints + np.float32(1), {})
    assert "runs/wide/1/record.json: these scores are of other predictions than" in refusal(folder, capsys)
    path.unlink()
    with (folder / "sequences.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    assert "record.json: these scores are of other sequences than" in refusal(folder, capsys)


def test_scores_of_other_smoothed_predictions_are_refused(folder, capsys):
    path = folder / "smoothers/wide/1/predictions.safetensors"
    write_predictions(path, 2 * open_sequences(folder / "sequences.safetensors").read("joints"), {})
    assert f"these scores are of other predictions than {path.relative_to(folder)}" in refusal(folder, capsys)


@pytest.mark.parametrize(("other", "described"), [("wide/0", "wide-0"), ("baseline/1", "baseline-1")])
def test_a_run_copied_over_another_one_is_refused(folder, capsys, other, described):
    """A seed counted twice narrows the interval."""
    for place in ("models", "runs"):
        shutil.rmtree(folder / place / "wide/1")
        shutil.copytree(folder / place / other, folder / place / "wide/1")
    shutil.copy(folder / f"predictions/{other}.safetensors", folder / "predictions/wide/1.safetensors")
    assert f"models/wide/1/run.json: describes {described}, expected wide-1" in refusal(folder, capsys)


def test_a_run_trained_with_other_parameters_is_refused(folder, capsys):
    """They were changed in params.yaml since, and a stage was started by hand."""
    rate = json.loads((folder / "params.yaml").read_text())["train"]["learning_rate"]
    describe(folder / "models/wide/1", experiment="wide", seed=1, parameters={"role": "old", "learning_rate": rate})
    start(folder)
    capsys.readouterr()
    describe(folder / "models/wide/1", experiment="wide", seed=1, parameters={"learning_rate": 0.5})
    assert f"models/wide/1/run.json: trained with learning_rate 0.5, expected {rate}; run `dvc repro train@wide`" in (
        refusal(folder, capsys)
    )


def test_predictions_of_another_network_are_refused(folder, capsys):
    joints = open_sequences(folder / "sequences.safetensors").read("joints")
    write_predictions(folder / "predictions/wide/1.safetensors", joints, {"network_sha256": "of another"})
    record(folder, "wide", 1)
    message = refusal(folder, capsys)
    assert "predictions/wide/1.safetensors: made by another network than that of models/wide/1/run.json" in message
    assert "`dvc repro predict@wide`" in message


@pytest.mark.parametrize(("name", "stage"), [("models/wide/1/run.json", "train"), ("runs/wide/1/record.json", "eval")])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"[" * 50_000, b'{"made": 3, "weights": "many"}'])
def test_a_damaged_record_is_named_with_its_stage(folder, capsys, name, stage, content):
    (folder / name).write_bytes(content)
    message = refusal(folder, capsys)
    assert name in message
    assert f"run `dvc repro {stage}" in message
