"""Networks as files: what is written is built again, whatever the architecture, and foreign files are refused."""

import pytest
import torch
from safetensors.torch import save_file

from jointaware.artifacts.experiments import Training
from jointaware.artifacts.network_files import build_network, read_network, write_network
from jointaware.artifacts.networks import NETWORKS, NetworkRow, NetworkSettings
from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from jointaware.pose.lifting import LiftingNetwork
from tests.house import ROOT


def training(**changes: object) -> Training:
    return load(ROOT / "profiles/demo.yaml").train.model_copy(update={"channels": 8, **changes})


class Linear(LiftingNetwork):
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
    write_network(path, network)
    again = read_network(path)
    assert type(again) is type(network)
    assert not again.training
    torch.testing.assert_close(again(keypoints), network(keypoints), rtol=0, atol=0)


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
    write_network(path, network)
    with pytest.raises(InputError, match="size mismatch"):
        read_network(path)
