"""The interface of networks that lift 2D keypoints to 3D joints, and the lifting of whole sequences.

There are two kinds. A `FrameNetwork` lifts one frame from the frames around it; whole sequences are padded at both ends
as in VideoPose3D. A `ClipNetwork` lifts all frames of a clip from one another; whole sequences are cut into overlapping
clips. Training and prediction only use what both have in common, `LiftingNetwork`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from jointaware.pose.clips import input_frames, target_frames
from jointaware.pose.mirroring import mirror
from jointaware.pose.skeleton import MIRRORED

FRAMES_AT_ONCE = 8192
"""Frames of overlapping clips that are lifted at once; bounds memory."""


class LiftingNetwork(nn.Module, ABC):
    """A network that lifts 2D keypoints to 3D joints.

    Keypoints are (batch, frames, 17, 2) normalised screen coordinates; joints are (batch, frames, 17, 3) metres, camera
    frame, root-relative.

    receptive_field: input frames of a training example. output_frames: consecutive frames that are lifted from them.
    """

    receptive_field: int
    output_frames: int

    @abstractmethod
    def input_frames(self, rows: Tensor) -> Tensor:
        """Indices of the input frames of training examples, (rows, receptive_field).

        rows: (rows, 3) clips of `output_frames` frames, as in `jointaware.pose.clips`.
        """

    @abstractmethod
    def windows(self, keypoints: Tensor, *, excluded: int = 0) -> Tensor:
        """Joints of training examples, (batch, output_frames, 17, 3), of (batch, receptive_field, 17, 2) keypoints.

        excluded: in training mode, the last `excluded` items of the batch are normalised with, but excluded from, the
            batch statistics, and not subject to dropout; gradients flow through the statistics.
        """

    @abstractmethod
    def sequences(self, keypoints: Tensor) -> Tensor:
        """Joints of every frame of sequences of any length, (batch, frames, 17, 3)."""


class FrameNetwork(LiftingNetwork):
    """A network that lifts each frame from the `receptive_field` frames around it.

    causal: whether an output frame is the last one of its receptive field, instead of the middle one.
    """

    causal: bool
    output_frames = 1

    @abstractmethod
    def forward(self, keypoints: Tensor) -> Tensor:
        """Joints of every frame with a complete receptive field, (batch, frames - receptive_field + 1, 17, 3)."""

    def input_frames(self, rows: Tensor) -> Tensor:
        """Indices of the receptive field of each row's frame."""
        return input_frames(rows, self.receptive_field, causal=self.causal)

    def sequences(self, keypoints: Tensor) -> Tensor:
        """Joints of every frame; both ends are padded by repeating the first and last frame."""
        count, before = keypoints.shape[1], self.receptive_field - 1 if self.causal else self.receptive_field // 2
        frames = torch.arange(-before, count - before + self.receptive_field - 1, device=keypoints.device)
        joints: Tensor = self(keypoints[:, frames.clamp(0, count - 1)])
        return joints


class ClipNetwork(LiftingNetwork):
    """A network that lifts all frames of a clip together, from `receptive_field` or fewer frames to as many."""

    @property
    def output_frames(self) -> int:  # type: ignore[override]
        """All frames of a clip."""
        return self.receptive_field

    @abstractmethod
    def forward(self, keypoints: Tensor) -> Tensor:
        """Joints of every frame of clips of at most `receptive_field` frames, (batch, frames, 17, 3)."""

    def input_frames(self, rows: Tensor) -> Tensor:
        """Indices of each row's frames: a clip is lifted from itself."""
        return target_frames(rows, self.output_frames)

    def windows(self, keypoints: Tensor, *, excluded: int = 0) -> Tensor:
        """As `forward`; nothing can be excluded from what a clip does not share with others.

        Raises ValueError if anything is to be excluded.
        """
        if excluded:
            raise ValueError(f"a network that lifts whole clips excludes no item from a batch; found {excluded}")
        joints: Tensor = self(keypoints)
        return joints

    def sequences(self, keypoints: Tensor) -> Tensor:
        """Joints of every frame, the mean of those of the clips that contain it.

        Adjacent clips overlap by at least half. A frame weighs less the closer it is to the end of its clip, so that
        motion is continuous where a clip begins. A sequence shorter than a clip is lifted as one clip.
        """
        batch, count = keypoints.shape[:2]
        length = min(self.receptive_field, count)
        clips = 1 + -(-2 * (count - length) // length)
        starts = [number * (count - length) // max(1, clips - 1) for number in range(clips)]
        device = keypoints.device
        frames = torch.tensor(starts, device=device)[:, None] + torch.arange(length, device=device)
        parts = keypoints[:, frames].flatten(0, 1).split(max(1, FRAMES_AT_ONCE // length))
        lifted = torch.cat([self(part) for part in parts]).unflatten(0, (batch, clips))
        place = torch.arange(1, length + 1, device=device, dtype=lifted.dtype)[:, None, None]
        weight = torch.minimum(place, length + 1 - place)
        joints, total = lifted.new_zeros(batch, count, *lifted.shape[3:]), lifted.new_zeros(count, 1, 1)
        for number, start in enumerate(starts):
            joints[:, start : start + length] += weight * lifted[:, number]
            total[start : start + length] += weight
        return joints / total


def lift(
    network: LiftingNetwork, keypoints: Tensor, *, use_flip: bool, mirrored_keypoints: Sequence[int] = MIRRORED
) -> Tensor:
    """Joints of every frame of a sequence, (frames, 17, 3) metres, camera frame, root-relative.

    network: used in its current mode; call `eval()` first.
    keypoints: (frames, 17, 2) normalised screen coordinates, at least one frame.
    use_flip: average the prediction with that from the mirrored keypoints, mirrored back.
    mirrored_keypoints: index of each keypoint's counterpart on the other side.
    """
    if not use_flip:
        return network.sequences(keypoints[None])[0]
    plain, flipped = network.sequences(torch.stack([keypoints, mirror(keypoints, mirrored_keypoints)]))
    return (plain + mirror(flipped)) / 2
