"""Learned smoothing of predictions: what is written, from what, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from jointaware.artifacts.files import sha256
from jointaware.artifacts.network_files import ARCHITECTURE, write_networks
from jointaware.artifacts.predictions import read_origin, read_predictions, write_predictions
from jointaware.errors import InputError
from jointaware.pose.network import TemporalNetwork
from jointaware.pose.smoothing.network import Smoother
from jointaware.pose.smoothing.windows import slide
from stages import predict, smooth
from tests import small
from tests.training.small import small_parameters, write_yaml

sequences = small.sequences
SEEDS = (0, 1)
"""Those of the demo."""
MADE = ["history.csv", "predictions.safetensors", "smoother.safetensors"]


@pytest.fixture
def start(sequences, tmp_path):
    """Networks and predictions of an experiment; returns a function that runs the stage and gives its folder."""
    parameters = small_parameters()
    parameters["smooth"] |= {"window": 16, "width": 8, "epochs": 2}
    write_yaml(tmp_path / "params.yaml", parameters)
    given = ["--params", str(tmp_path / "params.yaml"), "--sequences", str(sequences.path), "--device", "cpu"]
    for seed in SEEDS:
        torch.manual_seed(seed)
        network = TemporalNetwork((3, 3), 8).eval()
        write_networks(tmp_path / f"models/wide/{seed}/network.safetensors", [network])
    folders = {"--network": tmp_path / "models/wide", "--out": tmp_path / "predictions/wide"}
    predict.main([*given, *(str(part) for pair in folders.items() for part in pair)])

    def start(**changes):
        if changes:
            parameters["smooth"] |= changes
            write_yaml(tmp_path / "params.yaml", parameters)
        folders = [f"--{name}={tmp_path / name / 'wide'}" for name in ("models", "predictions")]
        smooth.main([*given, *folders, f"--out={tmp_path / 'smoothers/wide'}"])
        return tmp_path / "smoothers/wide"

    return start


def test_every_test_sequence_is_smoothed_on_its_own_by_the_smoother_that_is_written(start, sequences, tmp_path):
    folder = start()
    lengths = sequences.of("test")["frames"].tolist()
    for seed in SEEDS:
        assert sorted(path.name for path in (folder / str(seed)).iterdir()) == MADE
        with safe_open(folder / f"{seed}/smoother.safetensors", framework="pt") as file:
            smoother = Smoother(**json.loads(file.metadata()[ARCHITECTURE]))
        smoother.load_state_dict(load_file(folder / f"{seed}/smoother.safetensors"))
        raw = torch.from_numpy(read_predictions(tmp_path / f"predictions/wide/{seed}.safetensors", sequences))
        with torch.no_grad():
            expected = torch.cat([slide(smoother, joints) for joints in raw.split(lengths)])
        found = read_predictions(folder / f"{seed}/predictions.safetensors", sequences)
        torch.testing.assert_close(torch.from_numpy(found), expected)
        assert not np.allclose(found, raw)


def test_the_same_files_give_the_same_bytes(start):
    folder = start()
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    assert len(before) == len(MADE) * len(SEEDS)
    start()
    assert all(path.read_bytes() == content for path, content in before.items())


def test_smoothed_predictions_know_their_origin(start, sequences, tmp_path):
    folder = start() / "1"
    origin = read_origin(folder / "predictions.safetensors")
    assert origin["sequences_sha256"] == sha256(sequences.path)
    assert origin["network_sha256"] == sha256(tmp_path / "models/wide/1/network.safetensors")
    assert origin["predictions_sha256"] == sha256(tmp_path / "predictions/wide/1.safetensors")
    assert origin["smoother_sha256"] == sha256(folder / "smoother.safetensors")
    assert origin["parameters"]["smooth"]["window"] == 16


def test_no_frame_of_the_test_is_learnt_from(start, sequences, tmp_path):
    """True joints of the test sequences may be anything."""
    before = load_file(start() / "0/smoother.safetensors")
    test = sequences.of("test")
    shifted = {name: sequences.read(name) for name in ("keypoints", "joints", "root")}
    for row in test.itertuples():
        shifted["joints"][row.start : row.start + row.frames] *= 0.5
    small.write_sequences(sequences.path, sequences.table, shifted)
    given = {"params": "params.yaml", "network": "models/wide", "out": "predictions/wide"}
    arguments = [part for name, path in given.items() for part in (f"--{name}", str(tmp_path / path))]
    predict.main([*arguments, "--sequences", str(sequences.path), "--device", "cpu"])
    after = load_file(start() / "0/smoother.safetensors")
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())


@pytest.mark.parametrize(
    ("path", "stage"),
    [("models/wide/1/network.safetensors", "train@wide"), ("predictions/wide/1.safetensors", "predict@wide")],
)
def test_a_missing_file_is_named_with_the_stage_that_makes_it(start, tmp_path, path, stage):
    (tmp_path / path).unlink()
    with pytest.raises(InputError, match=rf"{path}: missing; run `dvc repro {stage}`"):
        start()
    assert not (tmp_path / "smoothers").exists()


@pytest.mark.parametrize("origin", [{}, {"network_sha256": "of another"}])
def test_predictions_of_another_network_are_refused(start, sequences, tmp_path, origin):
    path = tmp_path / "predictions/wide/1.safetensors"
    write_predictions(path, sequences.read("joints", "test"), origin)
    with pytest.raises(InputError, match=r"wide/1\.safetensors: not made by the network .*; run `dvc repro predict@w"):
        start()
    assert not [path for path in (tmp_path / "smoothers").rglob("*") if path.is_file()]


def test_the_history_has_a_row_per_epoch(start):
    history = pd.read_csv(start(epochs=4) / "0/history.csv", keep_default_na=False)
    assert list(history) == ["epoch", "learning_rate", "loss", "held_out_loss"]
    assert history["epoch"].tolist() == [0, 1, 2, 3, 4]
