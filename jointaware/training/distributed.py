"""Data-parallel training of one network by several processes, each with its own device, started by torchrun.

Every process holds all motion, draws the same batches and processes its part of each; gradients are summed, and batch
norm is synchronised. The result is that of one process up to rounding and dropout masks. Without torchrun there is one
process, and everything here is a no-op.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from jointaware.pose.layers.normalisation import BatchNorm
from jointaware.training.devices import choose_device


@dataclass(frozen=True)
class Processes:
    """Rank of this process and number of processes."""

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is rank 0, which writes and logs."""
        return self.rank == 0

    def part(self, batch: Tensor) -> Tensor:
        """This process's rows of a batch."""
        return batch.tensor_split(self.count)[self.rank]

    def add_up(self, *tensors: Tensor) -> None:
        """Replace each tensor by its sum over all processes, in place."""
        if self.count > 1:
            flat = torch.cat([tensor.flatten() for tensor in tensors])
            dist.all_reduce(flat)
            for tensor, total in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
                tensor.copy_(total.view_as(tensor))

    def wait(self) -> None:
        """Wait until all processes have arrived here."""
        if self.count > 1:
            dist.barrier()

    def share_normalisation(self, network: nn.Module) -> None:
        """Replace every batch norm by one with the batch statistics of all processes (synchronised batch norm)."""
        if self.count > 1:
            for parent in list(network.modules()):
                for name, norm in parent.named_children():
                    if isinstance(norm, BatchNorm):
                        setattr(parent, name, SharedBatchNorm.like(norm))


ALONE = Processes()


def join(device: str) -> tuple[Processes, torch.device]:
    """This process among those that torchrun started, and its device; `ALONE` without torchrun."""
    if "RANK" not in os.environ:
        return ALONE, choose_device(device)
    if device == "auto" and torch.cuda.is_available():
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    chosen = choose_device(device)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    return Processes(dist.get_rank(), dist.get_world_size()), chosen


class SharedBatchNorm(BatchNorm):
    """Batch normalisation of (rows, channels) with the statistics of all processes, on any device."""

    @classmethod
    def like(cls, norm: BatchNorm) -> SharedBatchNorm:
        """Synchronised copy of a batch norm: the same weights, statistics and settings."""
        shared = cls(norm.num_features, eps=norm.eps, momentum=norm.momentum).to(norm.weight.device)
        shared.load_state_dict(norm.state_dict())
        return shared

    def forward(self, rows: Tensor, excluded: int = 0) -> Tensor:
        """As `BatchNorm`, but in training with the statistics of all processes' rows that are not excluded."""
        if not self.training:
            return super().forward(rows)
        x = rows.float()
        mean, variance, count = _mean_and_variance(x[: len(x) - excluded])
        scale = (variance + self.eps).rsqrt()
        assert self.momentum is not None
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        return ((x - mean) * scale * self.weight + self.bias).to(rows.dtype)


def _mean_and_variance(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and biased variance of each column over the rows of all processes, and the number of these rows."""
    total = _sum(torch.cat([x.sum(dim=0), x.new_tensor([len(x)])]))
    rows = total[-1].detach()
    mean = total[:-1] / rows
    return mean, _sum((x - mean).square().sum(dim=0)) / rows, rows


def _sum(values: Tensor) -> Tensor:
    """Sum over all processes, differentiable."""
    total: Tensor = _Sum.apply(values)
    return total


class _Sum(torch.autograd.Function):
    """Every process gets the sum, so the gradient of a value is the sum of all processes' gradients."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return _Sum.forward(context, gradient)
