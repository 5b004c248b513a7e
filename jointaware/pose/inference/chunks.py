"""Lift a video of any length in chunks, so that memory does not grow with it; each equals its part of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from jointaware.pose.lifting import LiftingNetwork
from jointaware.pose.mirroring import mirror
from jointaware.pose.skeleton import MIRRORED

FRAMES = 2048
"""Output frames of a chunk: the features of a wide network take a few dozen MiB."""


@torch.no_grad()
def lift_in_chunks(
    network: LiftingNetwork,
    keypoints: Tensor,
    *,
    use_flip: bool,
    mirrored_keypoints: Sequence[int] = MIRRORED,
    frames: int = FRAMES,
) -> Iterator[Tensor]:
    """Joints of every frame, up to `frames` at a time, as `jointaware.pose.lifting.lift` gives them for all at once.

    Arguments as there. Chunks overlap in the receptive field; the ends of the sequence are padded by repetition.
    """
    before = network.receptive_field - 1 if network.causal else network.receptive_field // 2
    for first in range(0, len(keypoints), frames):
        last = min(first + frames, len(keypoints))
        seen = torch.arange(first - before, last - before + network.receptive_field - 1, device=keypoints.device)
        padded = keypoints[seen.clamp(0, len(keypoints) - 1)]
        if use_flip:
            plain, flipped = network(torch.stack([padded, mirror(padded, mirrored_keypoints)]))
            yield (plain + mirror(flipped)) / 2
        else:
            yield network(padded[None])[0]
