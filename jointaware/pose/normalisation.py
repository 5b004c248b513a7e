"""Batch normalisation that some rows undergo without having a say in its statistics.

Windows are normalised by what the single frames of the same training step were, with the gradient that this has. Of
PyTorch's layer every row enters the statistics, or none.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation of (rows, channels)."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, rows: Tensor, guests: int = 0) -> Tensor:
        """Normalise by the statistics of these rows but the last `guests` in training, else by the running ones."""
        if not (self.training and guests):
            return super().forward(rows)
        self.num_batches_tracked.add_(1)
        settings = (self.weight, self.bias, self.running_mean, self.running_var, self.momentum, self.eps)
        return _Normalised.apply(rows, guests, *settings)


class _Normalised(torch.autograd.Function):
    """What `BatchNorm` does where there are guests."""

    @staticmethod
    def forward(
        ctx: Any,
        rows: Tensor,
        guests: int,
        weight: Tensor,
        bias: Tensor,
        running_mean: Tensor,
        running_variance: Tensor,
        momentum: float,
        eps: float,
    ) -> Tensor:
        ctx.counted, ctx.eps = len(rows) - guests, eps
        mean, variance = torch.batch_norm_update_stats(rows[: ctx.counted], running_mean, running_variance, momentum)
        ctx.save_for_backward(rows, weight, mean, variance)
        return torch.native_batch_norm(rows, weight, bias, mean, variance, False, momentum, eps)[0]

    @staticmethod
    def backward(ctx: Any, of_normalised: Tensor) -> tuple[Tensor | None, ...]:
        """As without guests, but that these have a share in the gradients of weight and bias.

        And with it in those of mean and variance, which are the same two sums scaled, and lead to the counted rows.
        """
        rows, weight, mean, variance = ctx.saved_tensors
        scale = (variance + ctx.eps).rsqrt()
        _, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            of_normalised, rows, weight, None, None, mean, scale, True, ctx.eps, [False, True, True]
        )
        factor = weight * scale
        slope = of_weight * factor * scale / -ctx.counted
        shift = of_bias * factor / -ctx.counted - slope * mean
        factor, slope, shift = (of_channel.to(rows.dtype) for of_channel in (factor, slope, shift))
        of_rows = torch.zeros_like(rows)
        torch.addcmul(shift, rows[: ctx.counted], slope, out=of_rows[: ctx.counted])
        return of_rows.addcmul_(of_normalised, factor), None, of_weight, of_bias, None, None, None, None
