"""Trained networks as files: weights in safetensors, the architecture in the header.

A network keeps the arguments of its constructor as attributes; the header stores them to rebuild it. A file of several
networks, one for each fold, has the number of the fold before the name of each weight: `0.expand_conv.weight`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from inspect import signature
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from jointaware.artifacts.networks import NETWORKS
from jointaware.artifacts.subjects import fold_prefixes
from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.foreign import check_kind, refusing

if TYPE_CHECKING:
    from jointaware.artifacts.experiments import Training
    from jointaware.pose.lifting import LiftingNetwork

ARCHITECTURE, FOLDS = "architecture", "folds"
"""Key of the architecture in the header, and within it of the number of networks, if there are several."""
KEYPOINTS = "keypoints"
"""Key within it of what the network was trained on."""
EXPECTED = "a network that stages.train wrote"
DTYPES = {torch.float32: "F32", torch.int64: "I64"}
"""Safetensors' names of the types that a network has."""


@dataclass(frozen=True)
class NetworkInput:
    """The form of a network's input, written to the header of its file.

    layout: order of the keypoints, a key of `jointaware.mocap.keypoints.layouts.LAYOUTS`.
    normalisation: a key of `jointaware.pose.inference.normalisation.NORMALISATIONS`.
    fps: frame rate of the motion it was trained on, frames/second.
    """

    layout: str = "h36m"
    normalisation: str = "screen"
    fps: float = 50.0

    def to_json(self) -> dict[str, Any]:
        """For the header."""
        return asdict(self)


def build_network(training: Training) -> LiftingNetwork:
    """An untrained network; its weights are drawn from torch's global random generator."""
    settings = training.network
    return _build(settings.name, channels=training.channels, dropout=training.dropout, **settings.arguments())


def network_name(network: LiftingNetwork) -> str:
    """Key of a network's architecture in `NETWORKS`."""
    return next(name for name, row in NETWORKS.items() if type(network) is resolve_name(row.build))


def write_networks(path: Path, networks: Sequence[LiftingNetwork], keypoints: NetworkInput | None = None) -> None:
    """Write the weights, and in the header the key in `NETWORKS` and the arguments that rebuild each network.

    networks: of one architecture; one for each fold if there are several. keypoints: what they were trained on.
    """
    network = networks[0]
    name = network_name(network)
    arguments = {key: getattr(network, key) for key in signature(type(network)).parameters if key != "dropout"}
    header = {"name": name, **arguments} | ({FOLDS: len(networks)} if len(networks) > 1 else {})
    header |= {KEYPOINTS: keypoints.to_json()} if keypoints else {}
    weights = {
        f"{prefix}{key}": weight.cpu().contiguous()
        for prefix, network in zip(fold_prefixes(len(networks)), networks, strict=True)
        for key, weight in network.state_dict().items()
    }
    with writing(path) as temporary:
        save_file(weights, temporary, metadata={ARCHITECTURE: json.dumps(header)})


def read_network(path: Path) -> LiftingNetwork:
    """The network of a file, in evaluation mode; InputError if it holds those of several folds."""
    networks = read_networks(path)
    if len(networks) > 1:
        raise InputError(f"{path}: found the networks of {len(networks)} folds, expected one network")
    return networks[0]


def read_networks(path: Path) -> list[LiftingNetwork]:
    """The networks that `write_networks` wrote, in evaluation mode: one, or one for each fold."""
    check_kind(path, EXPECTED)
    try:
        with safe_open(path, framework="pt") as file:
            architecture = json.loads((file.metadata() or {})[ARCHITECTURE])
            count = architecture.pop(FOLDS, 1)
            architecture.pop(KEYPOINTS, None)
            with torch.device("meta"):  # a header can declare any size: take memory only if it is that of the weights
                _check_stored(file, _build(**architecture, dropout=0.0).state_dict(), count)
        weights, networks = load_file(path), [_build(**architecture, dropout=0.0) for _ in range(count)]
        for prefix, network in zip(fold_prefixes(count), networks, strict=True):
            network.load_state_dict({key: weights[f"{prefix}{key}"] for key in network.state_dict()})
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, AssertionError, AttributeError) as error:
        (found, *_) = f"{error!r:.300}".split("\\n")  # PyTorch adds a trace of its own
        raise InputError(f"{path}: expected {EXPECTED}; found {found}") from error
    check_weights(path, weights)
    return [network.eval() for network in networks]


def read_network_input(path: Path) -> NetworkInput | None:
    """What a network was trained on; None if its file does not say."""
    with refusing(path, EXPECTED), safe_open(path, framework="pt") as file:
        content = json.loads((file.metadata() or {})[ARCHITECTURE]).get(KEYPOINTS)
    return None if content is None else _input_from(content, path)


def check_weights(where: Path | str, weights: Mapping[str, Tensor]) -> None:
    """InputError unless all weights are finite in single precision and variances positive or zero."""
    for name, weight in weights.items():
        if not weight.float().isfinite().all():
            raise InputError(f"{where}: {name} holds non-finite numbers, expected a trained network")
        if name.endswith("running_var") and (weight < 0).any():
            raise InputError(f"{where}: {name} holds a negative variance, expected a trained network")


def _check_stored(file: safe_open, network: Mapping[str, Tensor], count: int) -> None:
    """ValueError unless the file holds exactly the weights of so many networks, by their names, shapes and types."""
    stored = set(file.keys())
    if not 1 <= count <= len(stored):
        raise ValueError(f"{count} networks in {len(stored)} arrays")
    expected = {f"{prefix}{name}": like for prefix in fold_prefixes(count) for name, like in network.items()}
    if different := sorted(stored ^ expected.keys()):
        raise ValueError(f"{different[0]} {'unexpected' if different[0] in stored else 'missing'}")
    for name, like in expected.items():
        kind, shape = (part := file.get_slice(name)).get_dtype(), tuple(part.get_shape())
        if shape != tuple(like.shape) or kind != DTYPES.get(like.dtype):
            raise ValueError(f"{name} of shape {shape} and type {kind}, expected {tuple(like.shape)} and {like.dtype}")


def _build(name: str, **arguments: Any) -> LiftingNetwork:
    network: LiftingNetwork = resolve_name(NETWORKS[name].build)(**arguments)
    return network


def _input_from(content: Any, where: object) -> NetworkInput:
    """What a header says; InputError if it is no such thing."""
    names = {"layout": str, "normalisation": str, "fps": float}
    if not isinstance(content, dict) or {key: type(value) for key, value in content.items()} != names:
        raise InputError(f"{where}: found the keypoints {str(content)[:100]}, expected {', '.join(names)}")
    return NetworkInput(**content)
