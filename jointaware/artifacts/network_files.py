"""Trained networks as files: weights in safetensors, architecture and channels in the header."""

from __future__ import annotations

import json
from pathlib import Path
from pkgutil import resolve_name

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from jointaware.artifacts.experiments import Training
from jointaware.artifacts.files import writing
from jointaware.artifacts.networks import NETWORKS, NetworkSettings, TemporalConvolutional, network_settings
from jointaware.errors import InputError
from jointaware.pose.network import LiftingNetwork, TemporalNetwork

ARCHITECTURE = "architecture"
"""Key in the header."""


def build_network(training: Training) -> LiftingNetwork:
    """An untrained network, its weights drawn from torch's random numbers."""
    return _build(training.network, training.channels, dropout=training.dropout)


def settings_of(network: TemporalNetwork) -> TemporalConvolutional:
    """The settings that build a network like this one, for one that was read from a state dictionary."""
    return TemporalConvolutional(
        name="temporal_convolutional", filter_widths=network.widths, causal=network.causal, dense=network.dense
    )


def write_network(path: Path, network: LiftingNetwork, settings: NetworkSettings, channels: int) -> None:
    """Write the weights, and the settings and channels that the network was built with."""
    architecture = {"network": settings.model_dump(mode="json"), "channels": channels}
    weights = {name: weight.cpu().contiguous() for name, weight in network.state_dict().items()}
    with writing(path) as temporary:
        save_file(weights, temporary, metadata={ARCHITECTURE: json.dumps(architecture)})


def read_network(path: Path) -> LiftingNetwork:
    """The network that `write_network` wrote, in evaluation mode."""
    try:
        with safe_open(path, framework="pt") as file:
            architecture = json.loads((file.metadata() or {})[ARCHITECTURE])
        network = _build(network_settings(architecture["network"]), architecture["channels"])
        network.load_state_dict(load_file(path))
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"{path}: expected a network that stages.train wrote; found {error!r}") from error
    return network.eval()


def _build(settings: NetworkSettings, channels: int, *, dropout: float = 0.0) -> LiftingNetwork:
    build = resolve_name(NETWORKS[settings.name].build)
    network: LiftingNetwork = build(channels=channels, dropout=dropout, **settings.arguments())
    return network
