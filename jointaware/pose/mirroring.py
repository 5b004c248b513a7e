"""Mirror images of poses, for augmentation in training and flip averaging at test time (as in VideoPose3D)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from jointaware.pose.skeleton import MIRRORED


def mirror(pose: Tensor, mirrored: Sequence[int] = MIRRORED) -> Tensor:
    """Mirror image of a pose, of the same shape: x negated, left and right swapped.

    pose: (..., 17, 2 or 3), keypoints in normalised screen coordinates or joints in metres, camera frame.
    mirrored: index of each keypoint's counterpart on the other side; some detectors order keypoints differently.
    """
    swapped = pose[..., list(mirrored), :]
    return torch.cat([-swapped[..., :1], swapped[..., 1:]], dim=-1)


def with_mirrored(poses: Tensor, mirrored: Sequence[int] = MIRRORED) -> Tensor:
    """All frames followed by their mirror images, (2 x frames, 17, 2 or 3); arguments as in `mirror`."""
    return torch.cat([poses, mirror(poses, mirrored)])
