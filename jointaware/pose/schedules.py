"""What changes from epoch to epoch while VideoPose3D trains. Epochs count from 0."""

from __future__ import annotations


def learning_rate(epoch: int, *, first: float, decay: float) -> float:
    """Adam's step size during an epoch: `first`, multiplied by `decay` after each."""
    return first * decay**epoch


def batch_norm_momentum(epoch: int, *, epochs: int, first: float, last: float) -> float:
    """Share of the new batch in the running statistics during an epoch.

    Falls exponentially from `first` and would reach `last` after the last of `epochs`.
    """
    return first * (last / first) ** (epoch / epochs)
