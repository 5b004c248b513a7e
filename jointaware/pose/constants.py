"""Constant tensors, copied to each device once: a copy in every training step would make the GPU wait for the CPU."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor


@cache
def constant(values: tuple[Any, ...], device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
    """`torch.tensor(values)` on a device. Cached; do not modify in place."""
    return torch.tensor(values, device=device, dtype=dtype)
