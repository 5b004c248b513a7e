"""The layers of the temporal network, on features laid out as (batch, frames, channels).

Each runs in two ways with the same weights. Dilated: the taps of an output lie `dilation` frames apart and every frame
has an output. Strided: the frames are cut into groups of `taps`, and a convolution is a reshape and a matrix product.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pose.dropout import dropout


class Convolution(nn.Module):
    """A temporal convolution without bias, batch normalisation, ReLU and dropout.

    taps: frames one output sees, `dilation` frames apart.
    """

    def __init__(self, inputs: int, channels: int, *, taps: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.taps, self.dilation, self.dropout = taps, dilation, dropout
        self.linear = nn.Linear(taps * inputs, channels, bias=False)
        self.norm = nn.BatchNorm1d(channels)

    @property
    def span(self) -> int:
        """Frames from the first tap to the last."""
        return (self.taps - 1) * self.dilation

    def forward(self, x: Tensor, *, strided: bool) -> Tensor:
        """(batch, frames, inputs) to (batch, fewer frames, channels)."""
        if strided:
            x = x.reshape(x.shape[0], -1, self.linear.in_features)
        elif self.taps > 1:
            frames = x.shape[1] - self.span
            x = torch.cat([x[:, tap * self.dilation :][:, :frames] for tap in range(self.taps)], dim=-1)
        x = self.linear(x)
        x = self.norm(x.flatten(0, 1)).view_as(x).relu()
        return dropout(x, self.dropout) if self.training else x


class Block(nn.Module):
    """A temporal convolution and one of width 1, added to the frame that they look at.

    kept: the tap whose frame the block's output stands for.
    """

    def __init__(self, channels: int, *, taps: int, dilation: int, kept: int, dropout: float) -> None:
        super().__init__()
        self.kept = kept
        self.temporal = Convolution(channels, channels, taps=taps, dilation=dilation, dropout=dropout)
        self.pointwise = Convolution(channels, channels, taps=1, dilation=1, dropout=dropout)

    def forward(self, x: Tensor, *, strided: bool) -> Tensor:
        """(batch, frames, channels) to (batch, fewer frames, channels)."""
        y = self.temporal(x, strided=strided)
        y = self.pointwise(y, strided=strided)
        if strided:
            return x[:, self.kept :: self.temporal.taps] + y
        return x[:, self.kept * self.temporal.dilation :][:, : y.shape[1]] + y
