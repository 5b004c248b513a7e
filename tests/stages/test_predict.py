"""Prediction: every test sequence lifted on its own, and networks that are none refused."""

import sys

import pytest
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from jointaware.artifacts.files import sha256
from jointaware.artifacts.networks import read_network, write_network
from jointaware.artifacts.predictions import read_origin, read_predictions
from jointaware.errors import InputError
from jointaware.pose.lifting import lift
from jointaware.pose.network import TemporalNetwork
from stages import predict
from tests.house import ROOT


@pytest.fixture
def network(tmp_path) -> TemporalNetwork:
    torch.manual_seed(0)
    network = TemporalNetwork([3, 3], 8, causal=True).eval()
    write_network(tmp_path / "network.safetensors", network)
    return network


@pytest.fixture
def start(tmp_path, sequences, monkeypatch):
    """Run the stage; returns the path of the predictions."""

    def start(use_flip: bool = True):
        parameters = yaml.safe_load((ROOT / "profiles/demo.yaml").read_text())
        parameters["predict"]["use_flip"] = use_flip
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(parameters))
        paths = {"params": "params.yaml", "network": "network.safetensors", "out": "predictions.safetensors"}
        arguments = [part for name, path in paths.items() for part in (f"--{name}", str(tmp_path / path))]
        monkeypatch.setattr(sys, "argv", ["predict", *arguments, "--sequences", str(sequences.path), "--device", "cpu"])
        predict.main()
        return tmp_path / "predictions.safetensors"

    return start


@pytest.mark.parametrize("use_flip", [True, False])
@torch.no_grad()
def test_every_test_sequence_is_lifted_on_its_own(start, network, sequences, use_flip):
    found = read_predictions(start(use_flip), sequences)
    parts = torch.from_numpy(sequences.read("keypoints", "test")).split(sequences.of("test")["frames"].tolist())
    expected = torch.cat([lift(network, keypoints, use_flip=use_flip) for keypoints in parts])
    torch.testing.assert_close(torch.from_numpy(found), expected)


def test_predictions_know_what_they_were_made_from(start, network, sequences, tmp_path):
    origin = read_origin(start(use_flip=False))
    assert origin["sequences_sha256"] == sha256(sequences.path)
    assert origin["network_sha256"] == sha256(tmp_path / "network.safetensors")
    assert origin["parameters"] == {"predict": {"use_flip": False}}


def test_the_header_of_predictions_has_one_key_because_several_have_no_certain_order(start, network):
    with safe_open(start(), framework="numpy") as file:
        assert len(file.metadata()) == 1


def test_a_network_reads_back_as_it_was_written(network, tmp_path):
    back = read_network(tmp_path / "network.safetensors")
    assert (back.widths, back.channels, back.causal, back.dense) == ((3, 3), 8, True, False)
    assert all(torch.equal(back.state_dict()[name], value) for name, value in network.state_dict().items())


@pytest.mark.parametrize("flaw", ["other shape", "no architecture", "truncated", "empty", "not finite"])
def test_what_is_no_trained_network_is_refused_by_file(start, network, tmp_path, flaw):
    path = tmp_path / "network.safetensors"
    if flaw == "other shape":
        architecture = '{"widths": [3, 3], "channels": 9, "causal": true, "dense": false}'
        save_file(load_file(path), path, metadata={"architecture": architecture})
    elif flaw == "no architecture":
        save_file(load_file(path), path)
    elif flaw == "not finite":
        network.shrink.bias.data.fill_(float("nan"))
        write_network(path, network)
    else:
        path.write_bytes(path.read_bytes()[: 100 if flaw == "truncated" else 0])
    with pytest.raises(InputError, match=r"network\.safetensors"):
        start()
    assert not (tmp_path / "predictions.safetensors").exists()
