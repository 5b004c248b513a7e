"""Trained networks as files: weights in safetensors, the architecture in its header."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from jointaware.artifacts.files import writing
from jointaware.errors import InputError
from jointaware.pose.network import TemporalNetwork


def write_network(path: Path, network: TemporalNetwork) -> None:
    """Write the weights and what is needed to build the network again."""
    architecture = {
        "widths": network.widths,
        "channels": network.channels,
        "causal": network.causal,
        "dense": network.dense,
    }
    weights = {name: weight.cpu().contiguous() for name, weight in network.state_dict().items()}
    with writing(path) as temporary:
        save_file(weights, temporary, metadata={"architecture": json.dumps(architecture)})


def read_network(path: Path) -> TemporalNetwork:
    """The network that `write_network` wrote, in evaluation mode."""
    try:
        with safe_open(path, framework="pt") as file:
            architecture = json.loads((file.metadata() or {})["architecture"])
        network = TemporalNetwork(**architecture)
        network.load_state_dict(load_file(path))
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"{path}: expected a network that stages.train wrote; found {error!r}") from error
    return network.eval()
