"""Batch normalisation in which some rows are normalised with, but excluded from, the batch statistics.

Clips are normalised with the statistics of the single frames in the same training step, and gradients flow through
these statistics. In PyTorch's layer, all rows of a batch contribute to its statistics.
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

    def forward(self, rows: Tensor, excluded: int = 0) -> Tensor:
        """Normalise rows, (rows, channels), with the batch statistics in training, else with the running ones.

        excluded: in training, leave the last `excluded` rows out of the batch and running statistics.
        """
        if not (self.training and excluded):
            return super().forward(rows)
        self.num_batches_tracked.add_(1)
        settings = (self.weight, self.bias, self.running_mean, self.running_var, self.momentum, self.eps)
        return _ExcludingNorm.apply(rows, excluded, *settings)


class _ExcludingNorm(torch.autograd.Function):
    """Batch normalisation in training with excluded rows."""

    @staticmethod
    def forward(
        ctx: Any,
        rows: Tensor,
        excluded: int,
        weight: Tensor,
        bias: Tensor,
        running_mean: Tensor,
        running_variance: Tensor,
        momentum: float,
        eps: float,
    ) -> Tensor:
        """Normalised rows, (rows, channels); updates the running statistics in place."""
        ctx.included, ctx.eps = len(rows) - excluded, eps
        mean, variance = torch.batch_norm_update_stats(rows[: ctx.included], running_mean, running_variance, momentum)
        ctx.save_for_backward(rows, weight, mean, variance)
        return torch.native_batch_norm(rows, weight, bias, mean, variance, False, momentum, eps)[0]

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients with respect to rows, weight and bias.

        All rows, excluded ones too, contribute to the gradients of weight and bias. The gradients of mean and variance
        are the same two sums, rescaled, and are distributed over the included rows only.
        """
        rows, weight, mean, variance = ctx.saved_tensors
        scale = (variance + ctx.eps).rsqrt()
        _, grad_weight, grad_bias = torch.ops.aten.native_batch_norm_backward(
            grad_output, rows, weight, None, None, mean, scale, True, ctx.eps, [False, True, True]
        )
        factor = weight * scale
        slope = grad_weight * factor * scale / -ctx.included
        shift = grad_bias * factor / -ctx.included - slope * mean
        factor, slope, shift = (per_channel.to(rows.dtype) for per_channel in (factor, slope, shift))
        grad_rows = torch.zeros_like(rows)
        torch.addcmul(shift, rows[: ctx.included], slope, out=grad_rows[: ctx.included])
        return grad_rows.addcmul_(grad_output, factor), None, grad_weight, grad_bias, None, None, None, None
