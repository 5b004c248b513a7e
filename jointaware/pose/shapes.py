"""One check of shapes, so that a wrong axis is named where it enters and not averaged away."""

from __future__ import annotations

from torch import Tensor


def check_poses(predicted: Tensor, target: Tensor, *, axes: str = "frames, joints, 3") -> None:
    """Raise ValueError naming both shapes unless both tensors have the given axes, the last of length 3."""
    expected = len(axes.split(","))
    if predicted.shape != target.shape or predicted.dim() != expected or predicted.shape[-1] != 3:
        found = f"predicted {tuple(predicted.shape)}, target {tuple(target.shape)}"
        raise ValueError(f"poses must be ({axes}) and of one shape; found {found}")
