"""Scoring: VideoPose3D's averages, and what is refused."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from stages import evaluate
from stages._command import UserError
from stages._sequences import write_predictions, write_sequences
from tests.stages.conftest import make_sequences


def run(monkeypatch, sequences, predictions, out) -> None:
    arguments = ["--sequences", sequences, "--predictions", predictions, "--out", out]
    monkeypatch.setattr(sys, "argv", ["evaluate", *map(str, arguments)])
    evaluate.main()


@pytest.fixture
def published(tmp_path, reference):
    """VideoPose3D's toy test set and the predictions of its own evaluation."""
    arrays = reference("evaluate")
    frames = arrays["frames"]
    joints = np.concatenate([arrays[f"seq{number:02d}/positions_3d"] for number in range(len(frames))])
    root, joints = joints[:, 0].copy(), joints.copy()
    joints[:, 0] = 0
    take = [str(name).partition(" ") for name in arrays["action"]]
    table = pd.DataFrame(
        {
            "subject": arrays["subject"].astype(str),
            "action": [action for action, _, _ in take],
            "subaction": [number for _, _, number in take],
            "camera": arrays["camera"].astype(str),
            "start": np.cumsum(frames) - frames,
            "frames": frames,
            "split": "test",
            "fps": 50.0,
        }
    )
    keypoints = np.concatenate([arrays[f"seq{number:02d}/input_2d"] for number in range(len(frames))])
    write_sequences(tmp_path / "sequences.safetensors", table, {"keypoints": keypoints, "joints": joints, "root": root})
    predicted = np.concatenate([arrays[f"seq{number:02d}/prediction_flip"] for number in range(len(frames))])
    write_predictions(tmp_path / "predictions.safetensors", predicted, {})
    return arrays, tmp_path


def test_averages_equal_videopose3ds_evaluation(published, monkeypatch):
    arrays, folder = published
    run(monkeypatch, folder / "sequences.safetensors", folder / "predictions.safetensors", folder / "out")
    metrics = json.loads((folder / "out/metrics.json").read_text())
    by_action = pd.read_csv(folder / "out/by_action.csv", index_col="action")
    by_sequence = pd.read_csv(folder / "out/by_sequence.csv")
    for column, found in metrics.items():
        name = column.partition("_mm")[0]
        assert found == pytest.approx(float(arrays[f"flip/{name}_average"]), abs=1e-3)
        assert by_action.loc[arrays["actions"], column].tolist() == pytest.approx(arrays[f"flip/{name}"], abs=1e-3)
        assert by_sequence[column].tolist() == pytest.approx(arrays[f"flip/{name}_per_sequence"], abs=1e-3)


def test_frame_errors_stand_at_their_frame_and_never_cross_a_border(published, monkeypatch):
    _, folder = published
    run(monkeypatch, folder / "sequences.safetensors", folder / "predictions.safetensors", folder / "out")
    errors = load_file(folder / "out/frame_errors.safetensors")
    starts = pd.read_csv(folder / "sequences.csv")["start"]
    assert not np.isnan(errors["mpjpe_mm"]).any()
    assert np.flatnonzero(np.isnan(errors["mpjve_mm_per_frame"])).tolist() == starts.tolist()
    assert np.isnan(errors["mpjae_mm_per_frame2"]).sum() == 2 * len(starts)


def test_a_perfect_prediction_has_no_error(sequences, monkeypatch):
    folder = sequences.path.parent
    write_predictions(folder / "predictions.safetensors", sequences.read("joints", "test"), {})
    run(monkeypatch, sequences.path, folder / "predictions.safetensors", folder / "out")
    assert max(json.loads((folder / "out/metrics.json").read_text()).values()) < 1e-3


@pytest.mark.parametrize(
    "flaw", ["too few frames", "not finite", "other sequences", "no array", "no safetensors", "empty"]
)
def test_predictions_that_do_not_fit_are_refused_by_file(sequences, monkeypatch, flaw):
    folder, joints = sequences.path.parent, sequences.read("joints", "test")
    path = folder / "predictions.safetensors"
    if flaw == "too few frames":
        write_predictions(path, joints[1:], {})
    elif flaw == "not finite":
        write_predictions(path, np.where(np.arange(len(joints))[:, None, None] == 3, np.float32("nan"), joints), {})
    elif flaw == "other sequences":
        write_predictions(path, joints, {"sequences_sha256": "0" * 64})
    elif flaw == "no array":
        save_file({"poses": joints}, path)
    else:
        path.write_bytes(b"" if flaw == "empty" else b"PK\x03\x04" * 20)
    with pytest.raises(UserError, match=r"predictions\.safetensors"):
        run(monkeypatch, sequences.path, path, folder / "out")
    assert not (folder / "out").exists()


def test_a_test_set_without_accelerations_is_refused(tmp_path, monkeypatch):
    sequences = make_sequences(tmp_path / "sequences.safetensors", frames=(9, 9, 9, 2, 1))
    write_predictions(tmp_path / "predictions.safetensors", sequences.read("joints", "test"), {})
    with pytest.raises(UserError, match="no test sequence of 3 frames"):
        run(monkeypatch, sequences.path, tmp_path / "predictions.safetensors", tmp_path / "out")


def test_a_sequence_too_short_for_a_metric_does_not_enter_it(tmp_path, monkeypatch):
    sequences = make_sequences(tmp_path / "sequences.safetensors", frames=(9, 9, 9, 8, 1))
    write_predictions(tmp_path / "predictions.safetensors", 2 * sequences.read("joints", "test"), {})
    run(monkeypatch, sequences.path, tmp_path / "predictions.safetensors", tmp_path / "out")
    by_sequence = pd.read_csv(tmp_path / "out/by_sequence.csv")
    assert by_sequence["mpjae_mm_per_frame2"].isna().tolist() == [False, True]
    metrics = json.loads((tmp_path / "out/metrics.json").read_text())
    assert metrics["mpjae_mm_per_frame2"] == pytest.approx(by_sequence["mpjae_mm_per_frame2"][0])
