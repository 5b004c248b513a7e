"""Dropout that costs a processor little: four masks from one random number.

PyTorch draws a random number for each feature, one after the other, which in a narrow network is a good part of a
training step. A GPU draws them side by side, and there PyTorch's own is used.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEVELS = 2**16
"""Values of 16 random bits, to which the share that is kept is rounded."""


def dropout(x: Tensor, share: float) -> Tensor:
    """Features with about that share of them set to 0 and the others scaled so that their mean stays.

    Drawn from torch's global random numbers; on a processor the same whatever the number of threads.
    """
    if share == 0 or x.device.type != "cpu":
        return nn.functional.dropout(x, share)
    kept = round((1 - share) * LEVELS)
    numbers = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    bits = numbers.view(torch.int16)[: x.numel()].view(x.shape)
    return x * (bits < kept - LEVELS // 2).to(x.dtype).mul_(LEVELS / kept)
