"""Networks that were trained elsewhere: VideoPose3D's checkpoints, read without executing anything in them."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from jointaware.artifacts.networks import read_network
from jointaware.errors import InputError
from jointaware.pose.network import TemporalNetwork, from_videopose3d

WEIGHTS = "model_pos"
"""Where a checkpoint of VideoPose3D has the weights; it may hold the optimiser and random numbers beside them."""


class _Ignored:
    """Stands for a part of numpy's random state, which a checkpoint may hold and nobody here needs."""

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


def read_pretrained(path: Path, *, causal: bool, dense: bool) -> TemporalNetwork:
    """The network of a checkpoint: VideoPose3D's, or a .safetensors file of `stages.train`.

    causal, dense: what a state dictionary does not say; widths and channels it does.
    """
    if path.suffix == ".safetensors":
        network = read_network(path)
    else:
        checkpoint = _load(path)
        try:
            network = from_videopose3d(checkpoint[WEIGHTS], causal=causal, dense=dense)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            found = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(f"{path}: found {found}, expected {WEIGHTS} as VideoPose3D saves it") from error
    if not all(weight.isfinite().all() for weight in network.state_dict().values()):
        raise InputError(f"{path}: found weights that are not finite, expected a trained network")
    return network.float().eval()


def _load(path: Path) -> dict[str, dict[str, torch.Tensor]]:
    with path.open("rb") as file:  # what cannot be opened is told apart from what cannot be read
        try:
            with torch.serialization.safe_globals([(_Ignored, name) for name in _RANDOM_STATE]):
                return torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:
            # Damaged bytes surface as almost any exception. PyTorch's advice to load without care is not passed on.
            foreign = re.search(r"GLOBAL (\S+)", str(error))
            found = foreign[1] if foreign else type(error).__name__
            raise InputError(f"{path}: cannot be read (found {found}), expected a checkpoint of tensors") from error
