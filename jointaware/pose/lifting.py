"""Lift whole sequences to 3D as VideoPose3D does at test time: edge padding and flip averaging.

`LiftingNetwork` is the interface of a network in this package; `network.TemporalNetwork` is one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from jointaware.pose.mirroring import mirror
from jointaware.pose.skeleton import MIRRORED


class LiftingNetwork(nn.Module, ABC):
    """A network that lifts 2D keypoints to 3D joints, each output frame from `receptive_field` input frames.

    receptive_field: input frames that one output frame depends on.
    causal: whether an output frame is the last one of its receptive field, instead of the middle one.
    """

    receptive_field: int
    causal: bool

    @abstractmethod
    def forward(self, keypoints: Tensor) -> Tensor:
        """Joints of every frame with a complete receptive field, (batch, frames - receptive_field + 1, 17, 3).

        keypoints: (batch, frames, 17, 2) normalised screen coordinates. Joints are in metres, camera frame,
            root-relative.
        """

    @abstractmethod
    def windows(self, keypoints: Tensor, *, excluded: int = 0) -> Tensor:
        """Joints of one output frame per receptive field, (batch, 1, 17, 3) metres; as `forward`, but faster.

        keypoints: (batch, receptive_field, 17, 2) normalised screen coordinates.
        excluded: in training mode, the last `excluded` items of the batch are normalised with, but excluded from, the
            batch statistics, and not subject to dropout; gradients flow through the statistics.
        """


def lift(
    network: LiftingNetwork, keypoints: Tensor, *, use_flip: bool, mirrored_keypoints: Sequence[int] = MIRRORED
) -> Tensor:
    """Joints of every frame of a sequence, (frames, 17, 3) metres, camera frame, root-relative.

    network: used in its current mode; call `eval()` first.
    keypoints: (frames, 17, 2) normalised screen coordinates, at least one frame; both ends are padded by repeating the
        first and last frame.
    use_flip: average the prediction with that from the mirrored keypoints, mirrored back.
    mirrored_keypoints: index of each keypoint's counterpart on the other side.
    """
    before = network.receptive_field - 1 if network.causal else network.receptive_field // 2
    frames = torch.arange(-before, len(keypoints) - before + network.receptive_field - 1, device=keypoints.device)
    padded = keypoints[frames.clamp(0, len(keypoints) - 1)]
    if not use_flip:
        return network(padded[None])[0]
    plain, flipped = network(torch.stack([padded, mirror(padded, mirrored_keypoints)]))
    return (plain + mirror(flipped)) / 2
