"""Networks as files: what is written is built again, whatever the architecture, and foreign files are refused."""

import json
from time import process_time

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from jointaware.artifacts.experiments import Training
from jointaware.artifacts.network_files import build_network, read_network, read_networks, write_networks
from jointaware.artifacts.networks import NETWORKS, NetworkRow, NetworkSettings
from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from jointaware.pose.lifting import FrameNetwork
from tests.house import ROOT


def training(**changes: object) -> Training:
    return load(ROOT / "profiles/demo.yaml").train.model_copy(update={"channels": 8, **changes})


class Linear(FrameNetwork):
    """Lifts every frame by one matrix."""

    receptive_field, causal = 1, False

    def __init__(self, channels: int, *, dropout: float, gain: float) -> None:
        super().__init__()
        self.channels, self.gain = channels, gain
        self.layer = torch.nn.Linear(34, 51)

    def forward(self, keypoints):
        return self.gain * self.layer(keypoints.flatten(2)).unflatten(-1, (17, 3))

    def windows(self, keypoints, *, excluded=0):
        return self(keypoints)


class LinearSettings(NetworkSettings):
    gain: float


@pytest.fixture(params=["temporal_convolutional", "linear"])
def settings(request, monkeypatch):
    """Training parameters of each architecture, one of which the table does not have."""
    if request.param != "linear":
        return training()
    row = NetworkRow("a matrix", LinearSettings, "tests.artifacts.test_network_files:Linear")
    monkeypatch.setitem(NETWORKS, "linear", row)
    return training(network=LinearSettings(name="linear", gain=3.0))


def test_a_network_reads_back_as_it_was_written(settings, tmp_path):
    network, path = build_network(settings).eval(), tmp_path / "network.safetensors"
    keypoints = torch.randn(2, 27, 17, 2)
    write_networks(path, [network])
    again = read_network(path)
    assert type(again) is type(network)
    assert not again.training
    torch.testing.assert_close(again(keypoints), network(keypoints), rtol=0, atol=0)


def test_the_networks_of_folds_share_a_file_that_is_not_read_as_one_network(settings, tmp_path):
    networks, path = [build_network(settings).eval() for _ in range(3)], tmp_path / "network.safetensors"
    keypoints = torch.randn(2, 27, 17, 2)
    write_networks(path, networks)
    for network, again in zip(networks, read_networks(path), strict=True):
        torch.testing.assert_close(again(keypoints), network(keypoints), rtol=0, atol=0)
    with pytest.raises(InputError, match=f"^{path}: found the networks of 3 folds, expected one network"):
        read_network(path)


@pytest.mark.parametrize("count", [0, 10**9, "2", 2.5, None])
def test_a_file_that_claims_other_folds_than_it_holds_is_refused(tmp_path, count):
    path = tmp_path / "network.safetensors"
    write_networks(path, [build_network(training()) for _ in range(2)])
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()["architecture"]) | {"folds": count}
    save_file(load_file(path), path, metadata={"architecture": json.dumps(header)})
    with pytest.raises(InputError, match=f"^{path}: expected a network"):
        read_networks(path)


def test_parameters_decide_architecture_width_and_dropout():
    found = training()
    changed = found.network.model_copy(update={"causal": True, "filter_widths": (3, 5)})
    network = build_network(found.model_copy(update={"network": changed, "dropout": 0.5}))
    assert (network.receptive_field, network.causal, network.channels) == (15, True, 8)
    assert network.expand.dropout == 0.5


@pytest.mark.parametrize(
    "header", [None, {"architecture": "{}"}, {"architecture": '{"name": "mlp"}'}, {"architecture": "[1]"}]
)
def test_a_file_that_is_no_network_of_ours_is_refused(tmp_path, header):
    path = tmp_path / "network.safetensors"
    save_file({"weight": torch.zeros(2)}, path, metadata=header)
    with pytest.raises(InputError, match=f"^{path}: expected a network"):
        read_network(path)


def test_weights_of_another_shape_are_refused(tmp_path):
    path = tmp_path / "network.safetensors"
    network = build_network(training())
    network.channels = 9
    write_networks(path, [network])
    with pytest.raises(InputError, match=r"expand.linear.weight of shape \(8, 102\)"):
        read_network(path)


HEADERS = {
    "a million channels": {"channels": 10**6},
    "channels beyond 64 bits": {"channels": 10**30},
    "no channels": {"channels": 0},
    "channels in words": {"channels": "8"},
    "a million layers": {"widths": [1] * 10**5},
    "a long receptive field": {"widths": [3] * 99},
    "one wide layer": {"widths": [10**9 + 1]},
    "another argument": {"depth": 3},
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_declares_another_network_is_refused_before_it_is_built(tmp_path, name):
    path, network = tmp_path / "network.safetensors", build_network(training())
    architecture = {"name": "temporal_convolutional", "widths": [3, 3, 3], "channels": 8, "causal": False}
    metadata = {"architecture": json.dumps(architecture | {"dense": False} | HEADERS[name])}
    save_file(network.state_dict(), path, metadata=metadata)
    started = process_time()
    refused(path, "expected a network")
    assert process_time() - started < 5


def raw(header: bytes, content: bytes = b"", length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header + content


DAMAGED = {
    "empty": b"",
    "header of 2**60 bytes": raw(b"{}", length=2**60),
    "no JSON": raw(b"\xff" * 100),
    "deep JSON": raw(b'{"__metadata__":' + b"[" * 10**5 + b"]" * 10**5 + b"}"),
    "deep architecture": raw(json.dumps({"__metadata__": {"architecture": "[" * 10**5 + "]" * 10**5}}).encode()),
    "long number": raw(json.dumps({"__metadata__": {"architecture": "9" * 10**5}}).encode()),
    "tensor beyond the end": raw(b'{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}'),
    "shape beyond 64 bits": raw(b'{"a":{"dtype":"F32","shape":[9223372036854775807,8],"data_offsets":[0,4]}}', b"1234"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_in_one_line(tmp_path, name):
    path = tmp_path / "network.safetensors"
    path.write_bytes(DAMAGED[name])
    refused(path, "expected a network")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shrink.bias": torch.full((51,), torch.inf)}, "shrink.bias holds non-finite numbers"),
        ({"expand.norm.running_var": -torch.ones(8)}, "expand.norm.running_var holds a negative variance"),
        ({"shrink.bias": torch.zeros(51, dtype=torch.float64)}, "shrink.bias .* type F64"),
        ({"shrink.bias": torch.zeros(51, dtype=torch.int32)}, "shrink.bias .* type I32"),
        ({"more": torch.zeros(1)}, "more unexpected"),
    ],
)
def test_implausible_weights_are_refused_by_name(tmp_path, change, words):
    path, network = tmp_path / "network.safetensors", build_network(training())
    write_networks(path, [network])
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file(network.state_dict() | change, path, metadata=metadata)
    refused(path, words)


def test_a_missing_weight_is_named(tmp_path):
    path, network = tmp_path / "network.safetensors", build_network(training())
    write_networks(path, [network])
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    weights = network.state_dict()
    del weights["shrink.bias"]
    save_file(weights, path, metadata=metadata)
    refused(path, "shrink.bias missing")


def refused(path, words):
    with pytest.raises(InputError, match=words) as caught:
        read_network(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
