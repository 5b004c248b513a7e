"""How much each joint-aware term is felt: the size of its gradient beside that of the position error."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

BATCHES = 8
"""Batches at the start of each epoch whose shares are averaged; a share costs as much as a backward pass."""


def gradient_shares(position: Tensor, terms: Mapping[str, Tensor], network: torch.nn.Module) -> dict[str, float]:
    """Norm of the gradient of each weighted term over all weights, relative to that of the position error.

    position: position error of the clips. terms: weighted terms of the same clips. Leaves the graph and the gradients
    as they are, so that the training is the same with and without it.
    """
    weights = [weight for weight in network.parameters() if weight.requires_grad]

    def size(loss: Tensor) -> float:
        gradients = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
        return float(torch.stack([each.norm() for each in gradients if each is not None]).norm())

    whole = size(position) or math.nan
    return {term: size(value) / whole for term, value in terms.items()}
