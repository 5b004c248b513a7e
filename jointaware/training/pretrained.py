"""Networks trained elsewhere: checkpoints of VideoPose3D, read without executing anything in them."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from jointaware.artifacts.network_files import read_network
from jointaware.errors import InputError
from jointaware.pose.lifting import LiftingNetwork
from jointaware.pose.network import from_videopose3d

WEIGHTS = "model_pos"
"""Key of the weights in a checkpoint of VideoPose3D, which may also hold optimiser and random states."""


class _Ignored:
    """Placeholder for parts of numpy's random state, which a checkpoint may hold and which is not needed."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _state: object) -> None:
        pass


_RANDOM_STATE = (
    "numpy.random.__RandomState_ctor",  # numpy 1.16 and earlier
    "numpy.random._pickle.__randomstate_ctor",
    "numpy.random._pickle.__bit_generator_ctor",
    "numpy.random._mt19937.MT19937",
    "numpy.core.multiarray._reconstruct",  # numpy 1
    "numpy._core.multiarray._reconstruct",
    "numpy.ndarray",
    "numpy.dtype",
)


def read_pretrained(path: Path, *, causal: bool, dense: bool) -> LiftingNetwork:
    """Read the network of a checkpoint, in evaluation mode: VideoPose3D's, or a .safetensors file of `stages.train`.

    causal, dense: variant of VideoPose3D's network; unlike widths and channels, it cannot be inferred from the weights.
    """
    if path.suffix == ".safetensors":
        network = read_network(path)
    else:
        checkpoint = _load(path)
        try:
            network = from_videopose3d(checkpoint[WEIGHTS], causal=causal, dense=dense)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            found = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(f"{path}: found {found}, expected {WEIGHTS} as saved by VideoPose3D") from error
    if not all(weight.isfinite().all() for weight in network.state_dict().values()):
        raise InputError(f"{path}: found non-finite weights, expected a trained network")
    return network.float().eval()


def _load(path: Path) -> dict[str, dict[str, torch.Tensor]]:
    with path.open("rb") as file:  # a missing file is an OSError, not a damaged checkpoint
        try:
            with torch.serialization.safe_globals([(_Ignored, name) for name in _RANDOM_STATE]):
                return torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:
            # Damaged files raise almost any exception. PyTorch's advice to load with weights_only=False is dropped.
            foreign = re.search(r"GLOBAL (\S+)", str(error))
            found = foreign[1] if foreign else type(error).__name__
            raise InputError(
                f"{path}: unreadable (found {found}), expected a checkpoint that holds tensors only"
            ) from error
