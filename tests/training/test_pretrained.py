"""Checkpoints of VideoPose3D as experiments: evaluated without training, and nothing in them is executed."""

import json
import os
import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from jointaware.artifacts.files import sha256
from jointaware.artifacts.network_files import write_network
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.provenance import read_provenance
from jointaware.errors import InputError
from jointaware.pose.lifting import lift
from jointaware.pose.network import from_videopose3d
from jointaware.training.pretrained import read_pretrained
from stages import evaluate, predict, train
from tests.training.small import small_parameters, write_yaml


@pytest.fixture
def state(reference) -> dict[str, torch.Tensor]:
    return reference("model_333").state()


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

    def start(checkpoint, stage, *arguments):
        parameters = small_parameters()
        parameters["experiments"]["published"] = {"checkpoint": str(checkpoint)}
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
    write_network(tmp_path / "network.safetensors", network)
    again = read_pretrained(tmp_path / "network.safetensors", causal=False, dense=False)
    assert again.causal
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in network.state_dict().items())


class Foreign:
    """Part of a malicious checkpoint: unpickling it would create a folder."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_foreign_class_is_refused_by_name_and_never_executed(state, tmp_path, legacy):
    path = tmp_path / "checkpoint.bin"
    content = {"model_pos": state, "extra": Foreign(tmp_path / "made")}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(InputError, match=r"checkpoint\.bin: unreadable .*(posix|nt)\.mkdir"):
        read_pretrained(path, causal=False, dense=False)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ("no weights", "KeyError: 'model_pos'"),
        ("no dictionary", "expected model_pos"),
        ("other shape", "layers_conv.0.weight is missing, unexpected or of another shape"),
        ("not finite", "non-finite"),
        ("truncated", "unreadable"),
        ("empty", "unreadable"),
        ("text", "unreadable"),
        ("a plain pickle", "unreadable"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused_by_name(state, tmp_path, flaw, words):
    path = tmp_path / "checkpoint.bin"
    content = {
        "no weights": {"epoch": 3},
        "no dictionary": [1, 2],
        "other shape": {"model_pos": state | {"layers_conv.0.weight": torch.zeros(16, 16, 2, 2)}},
        "not finite": {"model_pos": state | {"shrink.bias": torch.full((51,), torch.nan)}},
    }
    torch.save(content.get(flaw, {"model_pos": state}), path)
    if flaw in ("truncated", "empty", "text", "a plain pickle"):
        whole = path.read_bytes()
        replaced = {"truncated": whole[: len(whole) // 2], "empty": b"", "text": b"no weights here\n" * 20}
        path.write_bytes(replaced.get(flaw, pickle.dumps({"model_pos": 3})))
    with pytest.raises(InputError, match=words) as caught:
        read_pretrained(path, causal=False, dense=False)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
