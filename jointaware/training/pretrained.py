"""Networks trained elsewhere: checkpoints of VideoPose3D and MotionBERT, and networks that `stages.train` wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from pkgutil import resolve_name

from torch import Tensor

from jointaware.artifacts.files import sha256
from jointaware.artifacts.network_files import check_weights, network_name, read_network
from jointaware.artifacts.networks import NETWORKS, Elsewhere, NetworkSettings
from jointaware.artifacts.records import NetworkRecord, read_record
from jointaware.errors import InputError
from jointaware.foreign import check_kind, listed, refusing
from jointaware.pose.lifting import LiftingNetwork
from jointaware.pose.network import COUNT
from jointaware.pose.skeleton import JOINTS
from jointaware.training.described import Object
from jointaware.training.torch_files import Stored, open_torch_file, stored_tensor

WEIGHTS = "model_pos"
"""Key of the weights in a checkpoint of either project, which may also hold optimiser and random states."""
EXPECTED = "a checkpoint that torch.save wrote"
DICTIONARIES = ("dict", "collections.OrderedDict", "collections.defaultdict")
"""Classes that a checkpoint as a whole may have."""


def read_pretrained(path: Path, settings: NetworkSettings) -> LiftingNetwork:
    """Read the network of a checkpoint, in evaluation mode: other code's, or a .safetensors file of `stages.train`.

    settings: of the experiment; only its architecture and what cannot be inferred from the weights are used.
    """
    if path.suffix == ".safetensors":
        _compare_with_record(path)
        ours = read_network(path)
        if (found := network_name(ours)) != settings.name:
            raise InputError(f"{path}: found a network {found}, expected {settings.name}, as network.name says")
        return ours
    if (elsewhere := NETWORKS[settings.name].elsewhere) is None:
        raise InputError(f"{path}: expected a .safetensors file: no other checkpoints convert to {settings.name}")
    where, weights = _read_weights(path, elsewhere)
    variant = {key: getattr(settings, key) for key in elsewhere.unrecorded}
    try:
        network: LiftingNetwork = resolve_name(elsewhere.convert)(weights, **variant)
    except (ValueError, RuntimeError) as error:  # RuntimeError: an empty tensor can have axes of any length
        kind = ", ".join(f"{key} {value}" for key, value in variant.items())
        expected = f"{elsewhere.words} ({kind}) for {len(JOINTS)} keypoints"
        raise InputError(f"{where}: expected the weights of {expected}; {error!s:.200}") from error
    return network.float().eval()


def _compare_with_record(path: Path) -> None:
    """InputError if the record that `stages.train` wrote beside a network is of another one."""
    record = path.with_name("run.json")
    if record.exists():
        expected = read_record(record, NetworkRecord, "").network_sha256
        if (found := sha256(path)) != expected:
            raise InputError(f"{path}: has SHA-256 {found}, expected {expected}, as {record} says")


def _read_weights(path: Path, elsewhere: Elsewhere) -> tuple[str, dict[str, Tensor]]:
    """The weights of a checkpoint by the names of its own code, and where they are, for messages."""
    check_kind(path, EXPECTED)
    with refusing(path, EXPECTED), open_torch_file(path) as file:
        if not isinstance(file.content, Object) or file.content.call not in DICTIONARIES:
            raise InputError(
                f"{path}: found {_name(file.content)}, expected a dictionary of weights, as of state_dict()"
            )
        where, stored = _one_network(path, file.content.items, elsewhere)
        weights = file.tensors(stored)
    for name, weight in weights.items():
        if not name.endswith(COUNT) and not weight.is_floating_point():
            raise InputError(f"{where}: {name} holds {weight.dtype}, expected floating-point numbers")
    check_weights(where, weights)
    return where, weights


def _one_network(path: Path, content: Mapping[str, object], elsewhere: Elsewhere) -> tuple[str, dict[str, Stored]]:
    """Where the weights of the one network are, and the weights: those of `model_pos`, if there are any."""
    places: dict[str, Mapping[str, object]] = {"": content}
    places |= {key: value.items for key, value in content.items() if isinstance(value, Object)}
    if WEIGHTS in places:
        places = {WEIGHTS: places[WEIGHTS]}
    found = [(place, prefix) for place, items in places.items() for prefix in _prefixes(items, elsewhere.first)]
    if len(found) != 1:
        what = f"{len(found)} networks" if found else f"no tensor {elsewhere.first}"
        for other in (row.elsewhere for row in NETWORKS.values()):
            if not found and other and any(list(_prefixes(items, other.first)) for items in places.values()):
                raise InputError(f"{path}: found {other.words}, expected {elsewhere.words}, as network.name says")
        raise InputError(
            f"{path}: found {what} below the keys ({listed(content)}), expected the weights of one as {WEIGHTS}"
        )
    ((place, prefix),) = found
    named = ((key.removeprefix(prefix), value) for key, value in places[place].items() if key.startswith(prefix))
    stored = {name: tensor for name, value in named if (tensor := stored_tensor(value))}
    return f"{path}: {place:.40} {prefix:.40}".replace("  ", " ").rstrip(), stored


def _prefixes(items: Mapping[str, object], first: str) -> Iterator[str]:
    """What precedes the names of each network among the items of a dictionary.

    first: a weight that it has. What precedes its name precedes all names: `module.` of DataParallel, `_orig_mod.` of
    torch.compile, or both.
    """
    for key, value in items.items():
        if key.endswith(first) and stored_tensor(value) is not None:
            prefix = key.removesuffix(first)
            if prefix == "" or prefix.endswith("."):
                yield prefix


def _name(content: object) -> str:
    """Of an object's class."""
    if isinstance(content, Object):
        return content.call if isinstance(content.call, str) else "a module"
    return type(content).__name__
