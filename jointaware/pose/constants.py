"""Constants as tensors, copied to a device once: a copy in each training step would let a GPU wait for its host."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor


@cache
def constant(values: tuple[Any, ...], device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
    """The values, which nobody may change, as `torch.tensor` makes them."""
    return torch.tensor(values, device=device, dtype=dtype)
