"""Trained networks as files: weights in safetensors, the architecture in the header.

A network keeps the arguments of its constructor as attributes; the header stores them to rebuild it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from jointaware.artifacts.networks import NETWORKS
from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.foreign import check_kind

if TYPE_CHECKING:
    from jointaware.artifacts.experiments import Training
    from jointaware.pose.lifting import LiftingNetwork

ARCHITECTURE = "architecture"
"""Key of the architecture in the header."""
EXPECTED = "a network that stages.train wrote"
DTYPES = {torch.float32: "F32", torch.int64: "I64"}
"""Safetensors' names of the types that a network has."""


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
    check_kind(path, EXPECTED)
    try:
        with safe_open(path, framework="pt") as file:
            architecture = json.loads((file.metadata() or {})[ARCHITECTURE])
            with torch.device("meta"):  # a header can declare any size: take memory only if it is that of the weights
                _check_stored(file, _build(**architecture, dropout=0.0).state_dict())
        network = _build(**architecture, dropout=0.0)
        network.load_state_dict(load_file(path))
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, AssertionError) as error:
        (found, *_) = f"{error!r:.300}".split("\\n")  # PyTorch adds a trace of its own
        raise InputError(f"{path}: expected {EXPECTED}; found {found}") from error
    check_weights(path, network.state_dict())
    return network.eval()


def check_weights(where: Path | str, weights: Mapping[str, Tensor]) -> None:
    """InputError unless all weights are finite in single precision and variances positive or zero."""
    for name, weight in weights.items():
        if not weight.float().isfinite().all():
            raise InputError(f"{where}: {name} holds non-finite numbers, expected a trained network")
        if name.endswith("running_var") and (weight < 0).any():
            raise InputError(f"{where}: {name} holds a negative variance, expected a trained network")


def _check_stored(file: safe_open, expected: Mapping[str, Tensor]) -> None:
    """ValueError unless the file holds exactly the expected weights, by their names, shapes and types."""
    stored = set(file.keys())
    if different := sorted(stored ^ expected.keys()):
        raise ValueError(f"{different[0]} {'unexpected' if different[0] in stored else 'missing'}")
    for name, like in expected.items():
        kind, shape = (part := file.get_slice(name)).get_dtype(), tuple(part.get_shape())
        if shape != tuple(like.shape) or kind != DTYPES.get(like.dtype):
            raise ValueError(f"{name} of shape {shape} and type {kind}, expected {tuple(like.shape)} and {like.dtype}")


def _build(name: str, **arguments: Any) -> LiftingNetwork:
    network: LiftingNetwork = resolve_name(NETWORKS[name].build)(**arguments)
    return network
