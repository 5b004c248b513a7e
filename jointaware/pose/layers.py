"""The layers of the temporal network, on features laid out as (batch, frames, channels).

Each runs in two ways with the same weights. Dilated: the taps of an output lie `dilation` frames apart and every frame
has an output. Strided: the frames are cut into groups of `taps`, and a convolution is a reshape and a matrix product.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jointaware.pose.dropout import dropout
from jointaware.pose.normalisation import BatchNorm

FEATURES_AT_ONCE = 16
"""Single precision numbers in the widest register of a processor."""


class Convolution(nn.Module):
    """A temporal convolution without bias, batch normalisation, ReLU and dropout.

    taps: frames one output sees, `dilation` frames apart.
    """

    def __init__(self, inputs: int, channels: int, *, taps: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.taps, self.dilation, self.dropout = taps, dilation, dropout
        self.linear = nn.Linear(taps * inputs, channels, bias=False)
        self.norm = BatchNorm(channels)

    def forward(self, x: Tensor, *, strided: bool, guests: int = 0) -> Tensor:
        """(batch, frames, inputs) to (batch, fewer frames, channels); `guests` as in `TemporalNetwork.windows`."""
        convolve = self._strided if strided else self._dilated
        if not self.training:
            return convolve(x, *self._normalised()).relu_()
        x = convolve(x, self.linear.weight, None)
        normalised = self.norm(x.flatten(0, 1), guests * x.shape[1]).view_as(x)
        return dropout(normalised.relu_(), self.dropout, guests)

    def _normalised(self) -> tuple[Tensor, Tensor]:
        """Weights and bias that hold the normalisation as well: by the running statistics it is linear."""
        norm = self.norm
        scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
        return self.linear.weight * scale[:, None], torch.addcmul(norm.bias, norm.running_mean, scale, value=-1)

    def _strided(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        x = x.reshape(x.shape[0], -1, weight.shape[1])
        if x.is_cpu and x.shape[1] > 1 and x.shape[2] % FEATURES_AT_ONCE == 0 and not torch.is_autocast_enabled("cpu"):
            return _convolve(x, weight[..., None], bias)
        return nn.functional.linear(x, weight, bias)

    def _dilated(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return _convolve(x, weight.unflatten(1, (self.taps, -1)).mT, bias, dilation=self.dilation)


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, *, dilation: int = 1) -> Tensor:
    """x: (batch, frames, inputs). weight: (channels, inputs, taps). Returns (batch, fewer frames, channels).

    As images one pixel high with their features last in memory, which PyTorch convolves faster than it multiplies
    matrices: single precision products it leaves to a library that uses half of some processors' width.
    """
    images = nn.functional.conv2d(x.mT[:, :, None], weight[:, :, None], bias, dilation=(1, dilation))
    return images[:, :, 0].mT


class Block(nn.Module):
    """A temporal convolution and one of width 1, added to the frame that they look at.

    kept: the tap whose frame the block's output stands for.
    """

    def __init__(self, channels: int, *, taps: int, dilation: int, kept: int, dropout: float) -> None:
        super().__init__()
        self.kept = kept
        self.temporal = Convolution(channels, channels, taps=taps, dilation=dilation, dropout=dropout)
        self.pointwise = Convolution(channels, channels, taps=1, dilation=1, dropout=dropout)

    def forward(self, x: Tensor, *, strided: bool, guests: int = 0) -> Tensor:
        """(batch, frames, channels) to (batch, fewer frames, channels); `guests` as in `TemporalNetwork.windows`."""
        y = self.temporal(x, strided=strided, guests=guests)
        y = self.pointwise(y, strided=strided, guests=guests)
        if strided:
            return x[:, self.kept :: self.temporal.taps] + y
        return x[:, self.kept * self.temporal.dilation :][:, : y.shape[1]] + y
