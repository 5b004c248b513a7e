"""Shape check for pairs of poses, so that a wrong axis raises an error instead of being averaged over silently."""

from __future__ import annotations

from torch import Tensor


def check_poses(predicted: Tensor, target: Tensor, *, axes: str = "frames, joints, 3") -> None:
    """Raise ValueError with both shapes unless they are equal and have these axes, the last of length 3."""
    expected = len(axes.split(","))
    if predicted.shape != target.shape or predicted.dim() != expected or predicted.shape[-1] != 3:
        found = f"predicted {tuple(predicted.shape)}, target {tuple(target.shape)}"
        raise ValueError(f"poses must have equal shapes ({axes}); found {found}")
