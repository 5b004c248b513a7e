"""Batch normalisation whose statistics of one batch can serve another.

Windows are normalised by what the single frames of the same training step were, with the gradient that this has.
PyTorch's layer computes these statistics but does not give them out with a gradient; computed once more they cost as
much as the layer. Here one backward pass serves both, since either gradient is linear in the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation of (rows, channels); in training, and unless `kept_statistics` asks for more, PyTorch's."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    keeps = False
    kept: tuple[Tensor, Tensor] | None = None

    def forward(self, rows: Tensor) -> Tensor:
        """Normalise by the statistics of these rows in training, else by `statistics`."""
        if not (self.training and self.keeps):
            return super().forward(rows)
        settings = (self.weight, self.bias, self.running_mean, self.running_var, self.momentum, self.eps)
        normalised, mean, scale = _Normalised.apply(rows, *settings)
        self.kept = mean, scale
        self.num_batches_tracked.add_(1)
        return normalised

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and inverse deviation of each channel to normalise by in evaluation: those kept, or the running ones."""
        return self.kept or (self.running_mean, (self.running_var + self.eps).rsqrt())


@contextmanager
def kept_statistics(network: nn.Module) -> Iterator[None]:
    """Within it, evaluation normalises by the last batch in training, to which its gradient leads."""
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)]
    for norm in norms:
        norm.keeps = True
    try:
        yield
    finally:
        for norm in norms:
            norm.keeps, norm.kept = False, None


class _Normalised(torch.autograd.Function):
    """Normalised rows, and the mean and inverse deviation they had, all three with a gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        rows: Tensor,
        weight: Tensor,
        bias: Tensor,
        running_mean: Tensor,
        running_variance: Tensor,
        momentum: float,
        eps: float,
    ) -> tuple[Tensor, Tensor, Tensor]:
        found = torch.native_batch_norm(rows, weight, bias, running_mean, running_variance, True, momentum, eps)
        ctx.save_for_backward(rows, weight, *found[1:])
        ctx.eps = eps
        return found

    @staticmethod
    def backward(ctx: Any, of_normalised: Tensor, of_mean: Tensor, of_scale: Tensor) -> tuple[Tensor | None, ...]:
        rows, weight, mean, scale = ctx.saved_tensors
        of_rows, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            of_normalised, rows, weight, None, None, mean, scale, True, ctx.eps, [True] * 3
        )
        slope = of_scale * scale**3 / -len(rows)
        shift = of_mean / len(rows) - slope * mean
        of_rows.addcmul_(rows, slope.to(rows.dtype)).add_(shift.to(rows.dtype))
        return of_rows, of_weight, of_bias, None, None, None, None
