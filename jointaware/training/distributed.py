"""Several processes, each with a device of its own, that train one network: torchrun starts them.

Every process has the whole motion and draws the same batches, takes its part of each, and adds its gradient to those
of the others; batch normalisation is over the whole batch. So the result is that of one process, to rounding and but
for the masks of dropout. Started without torchrun there is one process, and nothing here does anything.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from jointaware.pose.normalisation import BatchNorm
from jointaware.training.devices import choose_device


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this is."""

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    def part(self, batch: Tensor) -> Tensor:
        """The rows of a batch that are this process's."""
        return batch.tensor_split(self.count)[self.rank]

    def add_up(self, *tensors: Tensor) -> None:
        """Replace each tensor by its sum over the processes."""
        if self.count > 1:
            flat = torch.cat([tensor.flatten() for tensor in tensors])
            dist.all_reduce(flat)
            for tensor, total in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
                tensor.copy_(total.view_as(tensor))

    def wait(self) -> None:
        """Until all have come here."""
        if self.count > 1:
            dist.barrier()

    def share_normalisation(self, network: nn.Module) -> None:
        """Let batch normalisation in training be over the batches of all processes."""
        if self.count > 1:
            for parent in list(network.modules()):
                for name, norm in parent.named_children():
                    if isinstance(norm, BatchNorm):
                        setattr(parent, name, SharedBatchNorm.like(norm))


ALONE = Processes()


def join(device: str) -> tuple[Processes, torch.device]:
    """This process among those that torchrun started, and its device; alone without torchrun."""
    if "RANK" not in os.environ:
        return Processes(), choose_device(device)
    if device == "auto" and torch.cuda.is_available():
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    chosen = choose_device(device)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    return Processes(dist.get_rank(), dist.get_world_size()), chosen


class SharedBatchNorm(BatchNorm):
    """Batch normalisation of (rows, channels) over the rows of all processes, on any device."""

    @classmethod
    def like(cls, norm: BatchNorm) -> SharedBatchNorm:
        """With the weights, statistics and settings of another."""
        shared = cls(norm.num_features, eps=norm.eps, momentum=norm.momentum).to(norm.weight.device)
        shared.load_state_dict(norm.state_dict())
        return shared

    def forward(self, rows: Tensor, guests: int = 0) -> Tensor:
        """In training by the statistics of the whole batch but for its guests; else as in one process."""
        if not self.training:
            return super().forward(rows)
        x = rows.float()
        mean, variance, count = _mean_and_variance(x[: len(x) - guests])
        scale = (variance + self.eps).rsqrt()
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        return ((x - mean) * scale * self.weight + self.bias).to(rows.dtype)


def _mean_and_variance(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of each column of x over the rows of all processes, and how many rows these are."""
    total = _sum(torch.cat([x.sum(dim=0), x.new_tensor([len(x)])]))
    rows = total[-1].detach()
    mean = total[:-1] / rows
    return mean, _sum((x - mean).square().sum(dim=0)) / rows, rows


def _sum(values: Tensor) -> Tensor:
    """The sum over all processes, through which gradients pass."""
    from torch.distributed.nn.functional import all_reduce

    return all_reduce(values)
