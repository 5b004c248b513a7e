"""Dropout that is fast on a CPU: four mask entries from one 64-bit random number.

On a CPU, PyTorch's dropout draws one random number per feature sequentially, which takes a large part of a training
step of a narrow network. On a GPU, which draws them in parallel, PyTorch's dropout is used.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEVELS = 2**16
"""Number of values of 16 random bits; the probability is rounded to multiples of 1 / LEVELS below 1."""


def dropout(x: Tensor, probability: float, excluded: int = 0) -> Tensor:
    """Zero each feature with this probability and scale the others so that the mean is preserved, as in PyTorch.

    x: (batch, ...); the last `excluded` items of the batch are returned unchanged.

    Uses torch's global random number generator; on a CPU the result does not depend on the number of threads.
    """
    if probability == 0 or excluded == len(x):
        return x
    included = len(x) - excluded
    if x.device.type != "cpu":
        dropped = nn.functional.dropout(x[:included], probability)
        return torch.cat([dropped, x[included:]]) if excluded else dropped
    retained, drawn = max(1, round((1 - probability) * LEVELS)), x[:included].numel()
    numbers = torch.empty(-(-drawn // 4), dtype=torch.int64).random_(-(2**63), None)
    bits = numbers.view(torch.int16)[:drawn].view_as(x[:included])
    mask = torch.empty_like(x)
    mask[:included].copy_(bits < retained - LEVELS // 2).mul_(LEVELS / retained)
    mask[included:].fill_(1)
    return x * mask
