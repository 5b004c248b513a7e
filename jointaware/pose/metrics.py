"""Errors between a predicted and a true motion, as the field reports them.

All functions take (frames, joints, 3) metres, camera frame, root-relative, return one value per frame, and raise
ValueError if the shapes differ. Averaging over sequences and actions is the scoring stage's work. Nothing here moves
the root or pads a sequence. Definitions follow VideoPose3D.
"""

from __future__ import annotations

import torch
from torch import Tensor

from jointaware.pose.alignment import similarity
from jointaware.pose.shapes import check_poses


def mpjpe(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean per-joint position error (protocol 1), (frames,) metres: no alignment."""
    check_poses(predicted, target)
    return _distance(predicted, target)


def p_mpjpe(predicted: Tensor, target: Tensor) -> Tensor:
    """MPJPE after the best rotation, translation and scale, without reflection (protocol 2), (frames,) metres.

    Every frame is aligned separately (Procrustes). A prediction with all joints at one point has neither orientation
    nor scale; only its centre is aligned.
    """
    check_poses(predicted, target)
    target_centre, predicted_centre = target.mean(dim=-2, keepdim=True), predicted.mean(dim=-2, keepdim=True)
    centred = predicted - predicted_centre
    return _distance(centred @ similarity(centred, target - target_centre) + target_centre, target)


def n_mpjpe(predicted: Tensor, target: Tensor) -> Tensor:
    """MPJPE after the best scale alone (protocol 3), (frames,) metres; every frame is scaled separately."""
    check_poses(predicted, target)
    size = predicted.square().sum(dim=(-2, -1))
    scale = (predicted * target).sum(dim=(-2, -1)) / size.clamp(min=torch.finfo(size.dtype).tiny)
    return _distance(scale[..., None, None] * predicted, target)


def mpjve(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean per-joint velocity error, (frames - 1,) metres/frame: distance of the first differences along frames."""
    check_poses(predicted, target)
    return _distance(predicted.diff(dim=0), target.diff(dim=0))


def mpjae(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean per-joint acceleration error, (frames - 2,) metres/frame²: distance of the second differences."""
    check_poses(predicted, target)
    return _distance(predicted.diff(n=2, dim=0), target.diff(n=2, dim=0))


def mrpe(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean root position error, (frames,) metres: distance between the roots' positions, no alignment.

    predicted, target: (frames, 3) metres, camera frame. It is no row of the table of metrics, because predictions have
    no root: `jointaware.pose.inference.root_path` finds it from keypoints.
    """
    if predicted.shape != target.shape or predicted.dim() != 2 or predicted.shape[-1] != 3:
        raise ValueError(f"roots must both be (frames, 3); found {tuple(predicted.shape)} and {tuple(target.shape)}")
    return (predicted - target).norm(dim=-1)


def _distance(first: Tensor, second: Tensor) -> Tensor:
    """Euclidean distance, averaged over joints, (frames,)."""
    return (first - second).norm(dim=-1).mean(dim=-1)
