"""Layers of the temporal network, on features laid out as (batch, frames, channels).

Each layer runs in two modes with the same weights. Dilated: the inputs of an output lie `dilation` frames apart, and
outputs exist for every frame. Strided: the stride equals the kernel size, so that a convolution is a reshape and a
matrix product.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jointaware.pose.layers.dropout import dropout
from jointaware.pose.layers.normalisation import BatchNorm

SIMD_WIDTH = 16
"""float32 numbers in a 512-bit SIMD register, the widest on CPUs."""


class Convolution(nn.Module):
    """Temporal convolution without bias, followed by batch norm, ReLU and dropout.

    inputs, channels: features per frame, in and out.
    kernel_size: input frames per output frame, `dilation` frames apart.
    """

    def __init__(self, inputs: int, channels: int, *, kernel_size: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.kernel_size, self.dilation, self.dropout = kernel_size, dilation, dropout
        self.linear = nn.Linear(kernel_size * inputs, channels, bias=False)
        self.norm = BatchNorm(channels)

    def forward(self, x: Tensor, *, strided: bool, excluded: int = 0) -> Tensor:
        """Features of the output frames, (batch, frames - dilation * (kernel_size - 1), channels) if dilated.

        x: (batch, frames, inputs). If strided, frames must be a multiple of kernel_size, and the output has
            frames / kernel_size frames.
        excluded: as in `TemporalNetwork.windows`.
        """
        convolve = self._strided if strided else self._dilated
        if not self.training:
            return convolve(x, *self.folded()).relu_()
        x = convolve(x, self.linear.weight, None)
        normalised = self.norm(x.flatten(0, 1), excluded * x.shape[1]).view_as(x)
        return dropout(normalised.relu_(), self.dropout, excluded)

    def folded(self) -> tuple[Tensor, Tensor]:
        """Fold batch norm into weight and bias (evaluation mode), (channels, kernel_size x inputs) and (channels,)."""
        norm = self.norm
        scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
        return self.linear.weight * scale[:, None], torch.addcmul(norm.bias, norm.running_mean, scale, value=-1)

    def _strided(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve with stride kernel_size, (batch, frames / kernel_size, channels), by `_convolve` where faster."""
        x = x.reshape(x.shape[0], -1, weight.shape[1])
        if x.is_cpu and x.shape[1] > 1 and x.shape[2] % SIMD_WIDTH == 0 and not torch.is_autocast_enabled("cpu"):
            return _convolve(x, weight[..., None], bias)
        return nn.functional.linear(x, weight, bias)

    def _dilated(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve with stride 1, (batch, frames - dilation * (kernel_size - 1), channels)."""
        return _convolve(x, weight.unflatten(1, (self.kernel_size, -1)).mT, bias, dilation=self.dilation)


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, *, dilation: int = 1) -> Tensor:
    """Convolution along frames, (batch, frames - dilation * (kernel_size - 1), channels).

    x: (batch, frames, inputs). weight: (channels, inputs, kernel_size). bias: (channels,).

    Computed as `conv2d` on images one pixel high in channels-last layout. On some CPUs this is faster than a float32
    matrix product, whose library uses only half of the SIMD width there.
    """
    images = nn.functional.conv2d(x.mT[:, :, None], weight[:, :, None], bias, dilation=(1, dilation))
    return images[:, :, 0].mT


class Block(nn.Module):
    """Residual block: a temporal convolution and a pointwise one, with a residual connection.

    residual_tap: index within the kernel, from 0 to kernel_size - 1, of the input frame that is added to the output.
    """

    def __init__(self, channels: int, *, kernel_size: int, dilation: int, residual_tap: int, dropout: float) -> None:
        super().__init__()
        self.residual_tap = residual_tap
        self.temporal = Convolution(channels, channels, kernel_size=kernel_size, dilation=dilation, dropout=dropout)
        self.pointwise = Convolution(channels, channels, kernel_size=1, dilation=1, dropout=dropout)

    def forward(self, x: Tensor, *, strided: bool, excluded: int = 0) -> Tensor:
        """Features of the output frames, as many as `Convolution.forward` returns.

        x: (batch, frames, channels). excluded: as in `TemporalNetwork.windows`.
        """
        y = self.temporal(x, strided=strided, excluded=excluded)
        y = self.pointwise(y, strided=strided, excluded=excluded)
        if strided:
            return x[:, self.residual_tap :: self.temporal.kernel_size] + y
        return x[:, self.residual_tap * self.temporal.dilation :][:, : y.shape[1]] + y
