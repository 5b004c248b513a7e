"""A whole sequence lifted to 3D, as VideoPose3D does it at test time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from jointaware.pose.network import TemporalNetwork
from jointaware.pose.skeleton import MIRRORED
from jointaware.pose.windows import mirror


def lift(
    network: TemporalNetwork, keypoints: Tensor, *, use_flip: bool, mirrored_keypoints: Sequence[int] = MIRRORED
) -> Tensor:
    """Joints of every frame of a sequence, (frames, 17, 3) metres, camera frame, relative to the root.

    keypoints: (frames, 17, 2) normalised screen coordinates, any number of frames; beyond both ends the frame at that
        end is repeated.
    use_flip: average with the mirrored prediction of the mirrored keypoints.
    mirrored_keypoints: for each keypoint the one that takes its place in a mirror.

    The network is used as it stands: put it in evaluation mode first.
    """
    before = network.receptive_field - 1 if network.causal else network.receptive_field // 2
    frames = torch.arange(-before, len(keypoints) - before + network.receptive_field - 1, device=keypoints.device)
    padded = keypoints[frames.clamp(0, len(keypoints) - 1)]
    if not use_flip:
        return network(padded[None])[0]
    plain, flipped = network(torch.stack([padded, mirror(padded, mirrored_keypoints)]))
    return (plain + mirror(flipped)) / 2
