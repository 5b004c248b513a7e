"""Scoring: VideoPose3D's averages, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from jointaware.artifacts.files import sha256
from jointaware.artifacts.metrics import METRICS, Metric
from jointaware.artifacts.predictions import write_predictions
from jointaware.artifacts.sequences import open_sequences
from jointaware.errors import InputError
from jointaware.pose.network import from_videopose3d
from stages import evaluate, predict
from tests import small
from tests.house import ROOT
from tests.small import make_sequences, write_sequences
from tests.tiny import read_yaml, write_yaml

sequences = small.sequences
DEMO = ROOT / "profiles/demo.yaml"
SEEDS = (0, 1)
"""Those of the demo."""


def run(sequences, predictions, out, *more) -> None:
    arguments = ["--sequences", sequences, "--predictions", predictions, "--out", out, *more]
    evaluate.main([str(argument) for argument in arguments])


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


@pytest.fixture(params=["flip", "noflip", "causal_flip"])
def evaluated(request, published):
    """Which of VideoPose3D's evaluations, its numbers, and a file of our predictions with the same network."""
    arrays, folder = published
    network = from_videopose3d(arrays.state(), causal=request.param == "causal_flip").eval()
    sequences = open_sequences(folder / "sequences.safetensors")
    joints = predict.predict([network], sequences, use_flip=request.param != "noflip")
    write_predictions(folder / "predictions.safetensors", joints, {})
    return request.param, arrays, folder


def test_predictions_and_their_averages_equal_videopose3ds_evaluation(evaluated):
    case, arrays, folder = evaluated
    run(folder / "sequences.safetensors", folder / "predictions.safetensors", folder / "out")
    metrics = json.loads((folder / "out/metrics.json").read_text())
    by_action = pd.read_csv(folder / "out/by_action.csv", index_col="action")
    for column, found in metrics.items():
        name = column.partition("_mm")[0]
        assert found == pytest.approx(float(arrays[f"{case}/{name}_average"]), abs=1e-3)
        assert by_action.loc[arrays["actions"], column].tolist() == pytest.approx(arrays[f"{case}/{name}"], abs=1e-3)


def test_averages_equal_videopose3ds_evaluation(published):
    arrays, folder = published
    run(folder / "sequences.safetensors", folder / "predictions.safetensors", folder / "out")
    metrics = json.loads((folder / "out/metrics.json").read_text())
    by_action = pd.read_csv(folder / "out/by_action.csv", index_col="action")
    by_sequence = pd.read_csv(folder / "out/by_sequence.csv")
    for column, found in metrics.items():
        name = column.partition("_mm")[0]
        assert found == pytest.approx(float(arrays[f"flip/{name}_average"]), abs=1e-3)
        assert by_action.loc[arrays["actions"], column].tolist() == pytest.approx(arrays[f"flip/{name}"], abs=1e-3)
        assert by_sequence[column].tolist() == pytest.approx(arrays[f"flip/{name}_per_sequence"], abs=1e-3)


def test_frame_errors_belong_to_the_last_frame_and_never_cross_a_border(published):
    _, folder = published
    run(folder / "sequences.safetensors", folder / "predictions.safetensors", folder / "out")
    errors = load_file(folder / "out/frame_errors.safetensors")
    starts = pd.read_csv(folder / "sequences.csv")["start"]
    assert not np.isnan(errors["mpjpe_mm"]).any()
    assert np.flatnonzero(np.isnan(errors["mpjve_mm_per_frame"])).tolist() == starts.tolist()
    assert np.isnan(errors["mpjae_mm_per_frame2"]).sum() == 2 * len(starts)


def test_a_perfect_prediction_has_no_error(sequences):
    folder = sequences.path.parent
    write_predictions(folder / "predictions.safetensors", sequences.read("joints", "test"), {})
    run(sequences.path, folder / "predictions.safetensors", folder / "out")
    assert max(json.loads((folder / "out/metrics.json").read_text()).values()) < 1e-3


def predictions_elsewhere(sequences, form, joints):
    """A file of predictions as somebody else may have written it."""
    arrays = {"joints" if form.endswith("whole") else "S9/Walking/54138969": joints}
    path = sequences.path.parent / ("mine.npz" if form.startswith("npz") else "mine.safetensors")
    np.savez(path, **arrays) if form.startswith("npz") else save_file(arrays, path)
    return path


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", ["npz whole", "npz by sequence", "safetensors whole", "safetensors by sequence"])
def test_predictions_made_elsewhere_are_scored(sequences, form, dtype):
    path = predictions_elsewhere(sequences, form, sequences.read("joints", "test").astype(dtype))
    run(sequences.path, path, sequences.path.parent / "out")
    assert max(json.loads((sequences.path.parent / "out/metrics.json").read_text()).values()) < 1e-3


def test_predictions_by_sequence_are_matched_by_name(tmp_path):
    sequences = make_sequences(tmp_path / "sequences.safetensors", frames=(9, 9, 9, 8, 7), cameras="aaaba")
    joints = sequences.read("joints", "test")
    np.savez(tmp_path / "mine.npz", **{"S9/Walking/a": joints[8:], "S9/Walking/b": joints[:8]})
    run(sequences.path, tmp_path / "mine.npz", tmp_path / "out")
    assert pd.read_csv(tmp_path / "out/by_sequence.csv")["mpjpe_mm"].max() < 1e-3
    np.savez(tmp_path / "mine.npz", **{"S9/Walking/a": joints[8:], "S9/Sitting/b": joints[:8]})
    with pytest.raises(InputError, match=r"mine\.npz: found .*; S9/Walking/b is not in both"):
        run(sequences.path, tmp_path / "mine.npz", tmp_path / "out")


@pytest.mark.parametrize("form", ["npz whole", "safetensors by sequence"])
def test_predictions_made_elsewhere_in_millimetres_are_refused_unless_allowed(sequences, form, tmp_path):
    path = predictions_elsewhere(sequences, form, 1000 * sequences.read("joints", "test"))
    with pytest.raises(InputError, match=r"mine\..*: the joints are .* m from the root .*: millimetres\?"):
        run(sequences.path, path, sequences.path.parent / "out")
    parameters = read_yaml(DEMO)
    parameters["preprocess"]["allow"] = ["bones"]
    write_yaml(tmp_path / "params.yaml", parameters)
    run(sequences.path, path, sequences.path.parent / "out", "--params", tmp_path / "params.yaml")


def test_predictions_in_a_pickle_are_refused(sequences):
    np.savez(sequences.path.parent / "mine.npz", joints=np.array([{}], object))
    with pytest.raises(InputError, match=r"mine\.npz: .*pickled objects"):
        run(sequences.path, sequences.path.parent / "mine.npz", sequences.path.parent / "out")


@pytest.mark.parametrize(
    "flaw", ["too few frames", "not finite", "other sequences", "no array", "no safetensors", "empty"]
)
def test_predictions_that_do_not_fit_are_refused_by_file(sequences, flaw):
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
    with pytest.raises(InputError, match=r"predictions\.safetensors"):
        run(sequences.path, path, folder / "out")
    assert not (folder / "out").exists()


def test_a_test_set_without_accelerations_is_refused(tmp_path):
    sequences = make_sequences(tmp_path / "sequences.safetensors", frames=(9, 9, 9, 2, 1))
    write_predictions(tmp_path / "predictions.safetensors", sequences.read("joints", "test"), {})
    with pytest.raises(InputError, match="no test sequence of 3 frames"):
        run(sequences.path, tmp_path / "predictions.safetensors", tmp_path / "out")


def test_a_sequence_too_short_for_a_metric_does_not_enter_it(tmp_path):
    sequences = make_sequences(tmp_path / "sequences.safetensors", frames=(9, 9, 9, 8, 1))
    write_predictions(tmp_path / "predictions.safetensors", 2 * sequences.read("joints", "test"), {})
    run(sequences.path, tmp_path / "predictions.safetensors", tmp_path / "out")
    by_sequence = pd.read_csv(tmp_path / "out/by_sequence.csv")
    assert by_sequence["mpjae_mm_per_frame2"].isna().tolist() == [False, True]
    metrics = json.loads((tmp_path / "out/metrics.json").read_text())
    assert metrics["mpjae_mm_per_frame2"] == pytest.approx(by_sequence["mpjae_mm_per_frame2"][0])


def test_with_parameters_predictions_are_scored_again_after_the_filter(sequences):
    folder, joints = sequences.path.parent, sequences.read("joints", "test")
    noise = np.random.default_rng(0).normal(0, 0.05, joints.shape).astype(np.float32)
    write_predictions(folder / "predictions.safetensors", joints + noise, {})
    run(sequences.path, folder / "predictions.safetensors", folder / "out", "--params", DEMO)
    raw, smoothed = (json.loads((folder / f"out/{part}metrics.json").read_text()) for part in ("", "smoothed/"))
    assert smoothed.keys() == raw.keys()
    assert smoothed["mpjae_mm_per_frame2"] < 0.6 * raw["mpjae_mm_per_frame2"]
    assert len(pd.read_csv(folder / "out/smoothed/by_sequence.csv")) == len(sequences.of("test"))
    assert list(pd.read_csv(folder / "out/constraints.csv")["motion"]) == ["predicted", "true", "smoothed"]
    errors = load_file(folder / "out/frame_errors.safetensors")
    assert errors.keys() == {f"{prefix}{metric}" for prefix in ("", "smoothed/") for metric in raw}
    assert errors["smoothed/mpjae_mm_per_frame2"].shape == errors["mpjae_mm_per_frame2"].shape


def test_smoothed_predictions_are_scored_beside_the_others(sequences):
    folder, joints = sequences.path.parent, sequences.read("joints", "test")
    write_predictions(folder / "predictions.safetensors", 1.2 * joints, {})
    origin = {"predictions_sha256": sha256(folder / "predictions.safetensors")}
    write_predictions(folder / "learned.safetensors", 1.1 * joints, origin)
    more = ("--params", DEMO, "--smoothers", folder / "learned.safetensors")
    run(sequences.path, folder / "predictions.safetensors", folder / "out", *more)
    raw, learned = (json.loads((folder / f"out/{part}metrics.json").read_text()) for part in ("", "learned/"))
    assert learned["mpjpe_mm"] == pytest.approx(raw["mpjpe_mm"] / 2, rel=1e-4)
    assert list(pd.read_csv(folder / "out/constraints.csv", keep_default_na=False)["motion"]) == [
        "predicted", "true", "smoothed", "learned",
    ]  # fmt: skip
    assert "learned/mpjve_mm_per_frame" in load_file(folder / "out/frame_errors.safetensors")
    record = json.loads((folder / "out/record.json").read_text())
    assert str(folder / "learned.safetensors") in record["made_from"]
    assert str(folder / "out/learned/by_sequence.csv") in record["made"]


def test_smoothed_predictions_of_other_ones_are_refused(sequences):
    folder, joints = sequences.path.parent, sequences.read("joints", "test")
    write_predictions(folder / "wide/0.safetensors", 1.2 * joints, {})
    write_predictions(folder / "learned.safetensors", joints, {"predictions_sha256": "of others"})
    with pytest.raises(
        InputError, match=r"learned\.safetensors: made of other predictions .*; run `dvc repro smooth@w"
    ):
        more = ("--smoothers", folder / "learned.safetensors")
        run(sequences.path, folder / "wide/0.safetensors", folder / "out", *more)
    assert not (folder / "out").exists()


def test_a_missing_smoother_is_named_with_the_stage_that_makes_it(sequences):
    folder = sequences.path.parent
    for seed in SEEDS:
        write_predictions(folder / f"predictions/wide/{seed}.safetensors", sequences.read("joints", "test"), {})
    with pytest.raises(InputError, match=r"wide/0/predictions\.safetensors: missing; run `dvc repro smooth@wide`"):
        more = ("--params", DEMO, "--smoothers", folder / "smoothers/wide")
        run(sequences.path, folder / "predictions/wide", folder / "runs/wide", *more)


def test_a_folder_of_predictions_is_scored_seed_by_seed(sequences):
    folder, joints = sequences.path.parent, sequences.read("joints", "test")
    for seed in SEEDS:
        write_predictions(folder / f"predictions/wide/{seed}.safetensors", (1.1 + 0.1 * seed) * joints, {})
    errors = folder / "frame_errors/wide"
    run(sequences.path, folder / "predictions/wide", folder / "runs/wide", "--params", DEMO, "--frame-errors", errors)
    first, second = (json.loads((folder / f"runs/wide/{seed}/metrics.json").read_text()) for seed in SEEDS)
    assert second["mpjpe_mm"] == pytest.approx(2 * first["mpjpe_mm"], rel=1e-4)
    assert sorted(path.name for path in errors.iterdir()) == ["0.safetensors", "1.safetensors"]
    record = json.loads((folder / "runs/wide/1/record.json").read_text())
    assert str(errors / "1.safetensors") in record["made"]
    assert str(folder / "predictions/wide/1.safetensors") in record["made_from"]
    on_disk = {str(path) for path in (folder / "runs/wide/1").rglob("*.*") if path.name != "record.json"}
    assert set(record["made"]) == on_disk | {str(errors / "1.safetensors")}


def test_a_folder_without_parameters_or_without_a_seed_is_refused(sequences):
    folder = sequences.path.parent
    write_predictions(folder / "wide/0.safetensors", sequences.read("joints", "test"), {})
    with pytest.raises(InputError, match=r"wide: found a folder, expected a file, or --params"):
        run(sequences.path, folder / "wide", folder / "out")
    with pytest.raises(InputError, match=r"wide/1\.safetensors: missing; run `dvc repro predict@wide`"):
        run(sequences.path, folder / "wide", folder / "out", "--params", DEMO)
    assert not (folder / "out").exists()


def test_numbers_have_six_significant_digits(sequences):
    folder = sequences.path.parent
    write_predictions(folder / "predictions.safetensors", 1.3 * sequences.read("joints", "test"), {})
    run(sequences.path, folder / "predictions.safetensors", folder / "out")
    value = pd.read_csv(folder / "out/by_joint.csv", dtype=str)["mpjpe_mm"].iloc[-1]
    assert len(value.replace(".", "").lstrip("0")) <= 6
    metrics = json.loads((folder / "out/metrics.json").read_text())
    assert all(value == float(f"{value:.6g}") for value in metrics.values())


def test_a_metric_is_a_function_and_a_row(sequences, monkeypatch):
    row = Metric("PCK error", "share of joints off by more than 150 mm", "%", 1, f"{__name__}:misses", scale=100.0)
    monkeypatch.setitem(METRICS, "misses_percent", row)
    folder, joints = sequences.path.parent, sequences.read("joints", "test").copy()
    joints[:, 1] += 1
    write_predictions(folder / "predictions.safetensors", joints, {})
    run(sequences.path, folder / "predictions.safetensors", folder / "out")
    assert json.loads((folder / "out/metrics.json").read_text())["misses_percent"] == pytest.approx(100 / 17, rel=1e-5)
    for table in ("by_action", "by_subject", "by_sequence"):
        assert "misses_percent" in pd.read_csv(folder / f"out/{table}.csv")
    assert "misses_percent" not in pd.read_csv(folder / "out/by_joint.csv")
    assert load_file(folder / "out/frame_errors.safetensors")["misses_percent"].shape == (33,)


def misses(predicted, target):
    return ((predicted - target).norm(dim=-1) > 0.15).double().mean(dim=-1)


def test_physical_plausibility_of_true_and_predicted_motion(sequences):
    folder, joints = sequences.path.parent, sequences.read("joints", "test")
    write_predictions(folder / "predictions.safetensors", 2 * joints, {})
    run(sequences.path, folder / "predictions.safetensors", folder / "out")
    measured = pd.read_csv(folder / "out/constraints.csv", index_col="motion")
    assert list(measured.index) == ["predicted", "true"]
    for measure in ("bone_length_deviation_mm", "left_right_difference_mm"):
        assert measured.at["predicted", measure] == pytest.approx(2 * measured.at["true", measure], rel=1e-5)
    assert 0 <= measured.at["true", "limit_violation_percent"] == measured.at["predicted", "limit_violation_percent"]


@pytest.mark.parametrize("failing", ["by_joint.csv", "record.json"])
def test_scores_of_which_one_cannot_be_written_all_stay_as_they_were(sequences, failing):
    """Of all seeds together: evaluate has replaced four tables of the first before the fifth failed."""
    folder = sequences.path.parent
    joints = sequences.read("joints", "test")
    for seed in SEEDS:
        write_predictions(folder / f"wide/{seed}.safetensors", joints, {})
    given = (sequences.path, folder / "wide", folder / "out", "--params", DEMO)
    run(*given)
    (folder / "out/1" / failing).unlink()
    (folder / "out/1" / failing).mkdir()

    def contents() -> dict:
        return {path: path.read_bytes() for path in (folder / "out").rglob("*") if path.is_file()}

    before = contents()
    for seed in SEEDS:
        write_predictions(folder / f"wide/{seed}.safetensors", joints + np.float32(0.1), {})
    with pytest.raises(InputError, match=rf"out/1/{failing}: cannot be written"):
        run(*given)
    assert contents() == before
