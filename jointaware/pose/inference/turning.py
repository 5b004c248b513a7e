"""Between a camera's frame and that of the same camera turned to the person, so that the root is on its optical axis.

A network whose keypoints are without their place in the image cannot know where the camera looks, so that it is
trained, and predicts, in the frame of a camera that looks at the person.
"""

from __future__ import annotations

import torch
from torch import Tensor


def turned_to(joints: Tensor, root: Tensor) -> Tensor:
    """Root-relative joints in the frame of the camera turned to the root by the smallest rotation, (..., joints, 3).

    joints: (..., joints, 3), camera frame. root: (..., 3), camera frame, in any unit, in front of the camera.
    """
    return joints @ _turn(root)


def turned_back(joints: Tensor, root: Tensor) -> Tensor:
    """The inverse of `turned_to`: joints in the camera frame."""
    return joints @ _turn(root).transpose(-1, -2)


def _turn(root: Tensor) -> Tensor:
    """Rotation (..., 3, 3), for row vectors, that takes the direction of the root to the optical axis."""
    x, y, z = (root / root.norm(dim=-1, keepdim=True)).unbind(dim=-1)
    inner = 1 / (1 + z)
    rows = [[1 - x * x * inner, -x * y * inner, x], [-x * y * inner, 1 - y * y * inner, y], [-x, -y, z]]
    return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
