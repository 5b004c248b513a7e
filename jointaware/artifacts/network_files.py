"""Trained networks as files: weights in safetensors, the architecture in the header.

A network keeps the arguments of its constructor as attributes; the header stores them to rebuild it.
"""

from __future__ import annotations

import json
from inspect import signature
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from jointaware.artifacts.files import writing
from jointaware.artifacts.networks import NETWORKS
from jointaware.errors import InputError

if TYPE_CHECKING:
    from jointaware.artifacts.experiments import Training
    from jointaware.pose.lifting import LiftingNetwork

ARCHITECTURE = "architecture"
"""Key of the architecture in the header."""


def build_network(training: Training) -> LiftingNetwork:
    """An untrained network; its weights are drawn from torch's global random generator."""
    settings = training.network
    return _build(settings.name, channels=training.channels, dropout=training.dropout, **settings.arguments())


def write_network(path: Path, network: LiftingNetwork) -> None:
    """Write the weights, and in the header the key in `NETWORKS` and the arguments that rebuild the network."""
    name = next(name for name, row in NETWORKS.items() if type(network) is resolve_name(row.build))
    arguments = {key: getattr(network, key) for key in signature(type(network)).parameters if key != "dropout"}
    weights = {key: weight.cpu().contiguous() for key, weight in network.state_dict().items()}
    with writing(path) as temporary:
        save_file(weights, temporary, metadata={ARCHITECTURE: json.dumps({"name": name, **arguments})})


def read_network(path: Path) -> LiftingNetwork:
    """The network that `write_network` wrote, in evaluation mode."""
    try:
        with safe_open(path, framework="pt") as file:
            architecture = json.loads((file.metadata() or {})[ARCHITECTURE])
        network = _build(**architecture, dropout=0.0)
        network.load_state_dict(load_file(path))
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"{path}: expected a network that stages.train wrote; found {error!r}") from error
    return network.eval()


def _build(name: str, **arguments: Any) -> LiftingNetwork:
    network: LiftingNetwork = resolve_name(NETWORKS[name].build)(**arguments)
    return network
