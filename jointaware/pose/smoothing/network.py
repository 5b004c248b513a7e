"""A temporal network that refines predicted motion, in the manner of SmoothNet (ECCV 2022), and its loss.

As there, the only axis that it sees is time: a small network of fully connected layers maps a window of one coordinate
of one joint to the same window, smoothed, with weights shared by all joints and axes. A curve enters relative to its
mean, so that no offset has to be learnt, which matters where there are few frames to learn from.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from jointaware.pose.shapes import check_poses

SLOPE = 0.1
"""Slope of the leaky ReLU for negative values."""
SCALE = 0.1
"""Metres that count as one inside the network: how far a joint moves within a window."""


class Smoother(nn.Module):
    """Residual blocks of fully connected layers along time.

    window: frames of a curve. width: features of a curve. blocks: number of residual blocks.
    """

    def __init__(self, window: int, width: int, blocks: int) -> None:
        super().__init__()
        self.window = window
        self.encode = nn.Linear(window, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(SLOPE), nn.Linear(width, width), nn.LeakyReLU(SLOPE))
            for _ in range(blocks)
        )
        self.decode = nn.Linear(width, window)

    def forward(self, curves: Tensor) -> Tensor:
        """Smoothed curves of the same shape; curves: (..., window), metres."""
        level = curves.mean(dim=-1, keepdim=True)
        features = functional.leaky_relu(self.encode((curves - level) / SCALE), SLOPE)
        for block in self.blocks:
            features = features + block(features)
        return level + SCALE * self.decode(features)


def smoothing_error(predicted: Tensor, target: Tensor, *, acceleration_weight: float) -> Tensor:
    """Mean absolute error of positions, metres, plus the weighted one of accelerations, metres/frame².

    predicted, target: (windows, frames, joints, 3) metres.
    """
    check_poses(predicted, target, axes="windows, frames, joints, 3")
    error = predicted - target
    return error.abs().mean() + acceleration_weight * error.diff(n=2, dim=1).abs().mean()


def smooth_windows(smoother: Smoother, joints: Tensor) -> Tensor:
    """Smoothed windows of the same shape; joints: (windows, window, joints, 3) metres."""
    return torch.movedim(smoother(torch.movedim(joints, 1, -1)), -1, 1)
