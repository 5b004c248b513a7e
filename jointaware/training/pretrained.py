"""Networks trained elsewhere: checkpoints of VideoPose3D, and networks that `stages.train` wrote elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from torch import Tensor

from jointaware.artifacts.files import sha256
from jointaware.artifacts.network_files import check_weights, read_network
from jointaware.errors import InputError
from jointaware.foreign import check_kind, listed, refusing
from jointaware.pose.lifting import LiftingNetwork
from jointaware.pose.network import COUNT, from_videopose3d
from jointaware.pose.skeleton import JOINTS
from jointaware.training.described import Object
from jointaware.training.torch_files import Stored, open_torch_file, stored_tensor

WEIGHTS = "model_pos"
"""Key of the weights in a checkpoint of VideoPose3D, which may also hold optimiser and random states."""
FIRST = "expand_conv.weight"
"""Weight that every network of VideoPose3D has. What precedes its name precedes all names: `module.` of
DataParallel, `_orig_mod.` of torch.compile, or both."""

EXPECTED = "a checkpoint that torch.save wrote"
DICTIONARIES = ("dict", "collections.OrderedDict", "collections.defaultdict")
"""Classes that a checkpoint as a whole may have."""


def read_pretrained(path: Path, *, causal: bool, dense: bool) -> LiftingNetwork:
    """Read the network of a checkpoint, in evaluation mode: VideoPose3D's, or a .safetensors file of `stages.train`.

    causal, dense: variant of VideoPose3D's network; unlike widths and channels, it cannot be inferred from the weights.
    """
    if path.suffix == ".safetensors":
        _compare_with_record(path)
        return read_network(path)
    where, weights = _read_weights(path)
    try:
        network = from_videopose3d(weights, causal=causal, dense=dense)
    except (ValueError, RuntimeError) as error:  # RuntimeError: an empty tensor can have axes of any length
        expected = f"VideoPose3D's network{' (dense)' if dense else ''} for {len(JOINTS)} keypoints"
        raise InputError(f"{where}: expected the weights of {expected}; {error!s:.200}") from error
    return network.float().eval()


def _compare_with_record(path: Path) -> None:
    """InputError if the record that `stages.train` wrote beside a network is of another one."""
    record = path.with_name("run.json")
    if record.is_file():
        with refusing(record, "what stages.train writes beside a network"):
            expected = json.loads(record.read_bytes())["network_sha256"]
        if (found := sha256(path)) != expected:
            raise InputError(f"{path}: has SHA-256 {found}, expected {expected}, as {record} says")


def _read_weights(path: Path) -> tuple[str, dict[str, Tensor]]:
    """The weights of a checkpoint by VideoPose3D's names, and where they are, for messages."""
    check_kind(path, EXPECTED)
    with refusing(path, EXPECTED), open_torch_file(path) as file:
        if not isinstance(file.content, Object) or file.content.call not in DICTIONARIES:
            raise InputError(
                f"{path}: found {_name(file.content)}, expected a dictionary of weights, as of state_dict()"
            )
        where, stored = _one_network(path, file.content.items)
        weights = file.tensors(stored)
    for name, weight in weights.items():
        if not name.endswith(COUNT) and not weight.is_floating_point():
            raise InputError(f"{where}: {name} holds {weight.dtype}, expected floating-point numbers")
    check_weights(where, weights)
    return where, weights


def _one_network(path: Path, content: Mapping[str, object]) -> tuple[str, dict[str, Stored]]:
    """Where the weights of the one network are, and the weights: those of `model_pos`, if there are any."""
    places: dict[str, Mapping[str, object]] = {"": content}
    places |= {key: value.items for key, value in content.items() if isinstance(value, Object)}
    if WEIGHTS in places:
        places = {WEIGHTS: places[WEIGHTS]}
    found = [(place, prefix) for place, items in places.items() for prefix in _prefixes(items)]
    if len(found) != 1:
        what = f"{len(found)} networks" if found else f"no tensor {FIRST}"
        raise InputError(
            f"{path}: found {what} below the keys ({listed(content)}), expected the weights of one as {WEIGHTS}"
        )
    ((place, prefix),) = found
    named = ((key.removeprefix(prefix), value) for key, value in places[place].items() if key.startswith(prefix))
    stored = {name: tensor for name, value in named if (tensor := stored_tensor(value))}
    return f"{path}: {place:.40} {prefix:.40}".replace("  ", " ").rstrip(), stored


def _prefixes(items: Mapping[str, object]) -> Iterator[str]:
    """What precedes the names of each network among the items of a dictionary."""
    for key, value in items.items():
        if key.endswith(FIRST) and stored_tensor(value) is not None:
            prefix = key.removesuffix(FIRST)
            if prefix == "" or prefix.endswith("."):
                yield prefix


def _name(content: object) -> str:
    """Of an object's class."""
    if isinstance(content, Object):
        return content.call if isinstance(content.call, str) else "a module"
    return type(content).__name__
