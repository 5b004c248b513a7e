"""A checkpoint as an experiment: its weights are used as they are, whoever wrote them, and recorded by digest."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from jointaware.artifacts.files import sha256
from jointaware.artifacts.network_files import write_networks
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.provenance import read_provenance
from jointaware.errors import InputError
from jointaware.pose.lifting import lift
from jointaware.pose.network import from_videopose3d
from stages import evaluate, predict, train
from tests.training.pretrained.reading import assert_equal, read
from tests.training.small import small_parameters, write_yaml


@pytest.fixture(params=["zip", "legacy"])
def published(request, state, tmp_path):
    """A checkpoint as VideoPose3D's script saves it, random numbers of numpy included."""
    content = {"epoch": 80, "lr": 1e-5, "random_state": np.random.RandomState(1234), "optimizer": None}
    path = tmp_path / "pretrained_h36m_cpn.bin"
    torch.save(content | {"model_pos": state}, path, _use_new_zipfile_serialization=request.param == "zip")
    return path


@pytest.fixture
def start(sequences, tmp_path, monkeypatch):
    """Run a stage on parameters with an experiment `published` that names the given checkpoint."""
    monkeypatch.chdir(tmp_path)

    def start(checkpoint, stage, *arguments, digest=None):
        parameters = small_parameters()
        parameters["experiments"]["published"] = {"checkpoint": str(checkpoint)}
        if digest:
            parameters["experiments"]["published"]["checkpoint_sha256"] = digest
        write_yaml(tmp_path / "params.yaml", parameters)
        stage.main(["--params", "params.yaml", "--sequences", str(sequences.path), *arguments])

    return start


def test_a_published_checkpoint_is_an_experiment(published, state, sequences, start, tmp_path):
    start(published, train, "--experiment", "published", "--out", "model", "--device", "cpu")
    start(published, predict, "--network", "model/0/network.safetensors", "--out", "mine.safetensors")
    start(published, evaluate, "--predictions", "mine.safetensors", "--out", "scores")
    network = from_videopose3d(state).eval()
    keypoints = torch.from_numpy(sequences.read("keypoints", "test"))
    with torch.no_grad():
        expected = lift(network, keypoints, use_flip=True)
    found = torch.from_numpy(read_predictions(tmp_path / "mine.safetensors", sequences))
    torch.testing.assert_close(found, expected)
    record = json.loads((tmp_path / "model/0/run.json").read_text())
    assert record["checkpoint"] == {"path": str(published), "sha256": sha256(published)}
    assert record["weights"] == 4707
    made = read_provenance(tmp_path / "results/provenance/published-0.json", record["network_sha256"])
    assert (made.seconds, made.epoch_seconds) == (0, ())
    history = pd.read_csv(tmp_path / "model/0/history.csv")
    assert history.empty
    assert list(history.columns[:1]) == ["epoch"]
    assert not (tmp_path / ".checkpoints").exists()


def test_a_missing_checkpoint_is_named_with_its_key(start):
    with pytest.raises(InputError, match=r"experiments\.published\.checkpoint: found no file nowhere\.bin"):
        start("nowhere.bin", train, "--experiment", "published", "--seed", "0", "--out", "out", "--device", "cpu")


def test_our_own_network_is_a_checkpoint_too(state, tmp_path):
    network = from_videopose3d(state, causal=True).eval()
    write_networks(tmp_path / "network.safetensors", [network])
    again = read(tmp_path / "network.safetensors")
    assert again.causal
    assert_equal(again, network)


def test_our_own_network_with_another_digest_than_its_record_is_refused(state, tmp_path):
    path = tmp_path / "network.safetensors"
    write_networks(path, [from_videopose3d(state)])
    (tmp_path / "run.json").write_text(json.dumps({"network_sha256": sha256(path)}))
    read(path)
    whole = bytearray(path.read_bytes())
    whole[-100] ^= 1
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"network\.safetensors: has SHA-256 .*run\.json"):
        read(path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"network_sha256": 1}', "[" * 10**5])
def test_a_damaged_record_beside_our_own_network_is_refused_in_one_line(state, tmp_path, content):
    write_networks(tmp_path / "network.safetensors", [from_videopose3d(state)])
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"^\S+run\.json: .*, expected what the pipeline wrote$"):
        read(tmp_path / "network.safetensors")


def test_a_checkpoint_with_another_digest_than_the_parameters_is_refused(state, start, tmp_path):
    path = tmp_path / "checkpoint.bin"
    torch.save({"model_pos": state}, path)
    arguments = ("--experiment", "published", "--seed", "0", "--out", "out", "--device", "cpu")
    start(path, train, *arguments, digest=sha256(path).upper())
    with pytest.raises(InputError, match=r"experiments\.published\.checkpoint_sha256: .* has [0-9a-f]{64}, expected 0"):
        start(path, train, *arguments, digest="0" * 64)
