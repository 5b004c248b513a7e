"""Schedules over epochs, as in VideoPose3D. Epochs count from 0."""

from __future__ import annotations


def learning_rate(epoch: int, *, first: float, decay: float) -> float:
    """Adam's learning rate during an epoch: `first`, multiplied by `decay` after each epoch."""
    return first * decay**epoch


def batch_norm_momentum(epoch: int, *, epochs: int, first: float, last: float) -> float:
    """Batch norm momentum during an epoch: the weight of the current batch in the running statistics.

    Decays exponentially from `first`; would reach `last` in epoch `epochs`, one past the final one.
    """
    return first * (last / first) ** (epoch / epochs)
