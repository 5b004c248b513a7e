"""Dropout that costs a processor little: four masks from one random number.

PyTorch draws a random number for each feature, one after the other, which in a narrow network is a good part of a
training step. A GPU draws them side by side, and there PyTorch's own is used.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEVELS = 2**16
"""Values of 16 random bits, to which the share that is kept is rounded."""


def dropout(x: Tensor, share: float, guests: int = 0) -> Tensor:
    """Features with about that share of them set to 0 and the others scaled so that their mean stays.

    The last `guests` of the batch, the first axis of x, stay as they are. Drawn from torch's global random numbers; on
    a processor the same whatever the number of threads.
    """
    if share == 0 or guests == len(x):
        return x
    others = len(x) - guests
    if x.device.type != "cpu":
        dropped = nn.functional.dropout(x[:others], share)
        return torch.cat([dropped, x[others:]]) if guests else dropped
    kept, drawn = round((1 - share) * LEVELS), x[:others].numel()
    numbers = torch.empty(-(-drawn // 4), dtype=torch.int64).random_(-(2**63), None)
    bits = numbers.view(torch.int16)[:drawn].view_as(x[:others])
    mask = torch.empty_like(x)
    mask[:others].copy_(bits < kept - LEVELS // 2).mul_(LEVELS / kept)
    mask[others:].fill_(1)
    return x * mask
