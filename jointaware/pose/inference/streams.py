"""Lift a stream frame by frame with a causal network: every frame costs the same, and none is computed twice.

A temporal convolution of the network needs features of earlier frames; each keeps as many as it looks back on. The
result equals `jointaware.pose.lifting.lift` of all frames so far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from jointaware.pose.layers.convolution import Block, Convolution
from jointaware.pose.lifting import LiftingNetwork
from jointaware.pose.mirroring import mirror
from jointaware.pose.network import TemporalNetwork
from jointaware.pose.skeleton import JOINTS, MIRRORED

Step = Callable[[Tensor], Tensor]
"""From the keypoints of one more frame, (batch, 17, 2), to its joints, (batch, 17, 3)."""


class Stream:
    """Lifts one frame after the other.

    network: causal, in evaluation mode. use_flip, mirrored_keypoints: as in `jointaware.pose.lifting.lift`.

    Raises ValueError for a network that looks at later frames.
    """

    def __init__(
        self, network: LiftingNetwork, *, use_flip: bool, mirrored_keypoints: Sequence[int] = MIRRORED
    ) -> None:
        if not network.causal:
            raise ValueError("a network that looks at later frames cannot lift a stream; expected a causal one")
        self._use_flip, self._mirrored = use_flip, mirrored_keypoints
        self._step: Step = _convolutions(network) if isinstance(network, TemporalNetwork) else _windows(network)

    @torch.no_grad()
    def lift(self, keypoints: Tensor) -> Tensor:
        """Joints of the next frame, (17, 3) metres, camera frame, root-relative.

        keypoints: (17, 2), normalised as the network was trained.
        """
        if not self._use_flip:
            return self._step(keypoints[None])[0]
        plain, flipped = self._step(torch.stack([keypoints, mirror(keypoints, self._mirrored)]))
        return (plain + mirror(flipped)) / 2


class _Memory:
    """The features of the last frames, of which the first frame's stand for all before it.

    frames: how many are kept.
    """

    def __init__(self, frames: int) -> None:
        self.frames, self.place = frames, 0
        self.features = torch.empty(0)

    def push(self, features: Tensor) -> None:
        """Add the features of a frame, (batch, channels), in place of the oldest."""
        if not len(self.features):
            self.features = features.expand(self.frames, *features.shape).clone()
        self.features[self.place] = features
        self.place = (self.place + 1) % self.frames

    def spaced(self, dilation: int) -> Tensor:
        """Every `dilation`-th frame up to the last, oldest first, (batch, frames, channels)."""
        taps = (torch.arange((self.frames - 1) % dilation, self.frames, dilation) + self.place) % self.frames
        return self.features[taps].transpose(0, 1)


def _convolutions(network: TemporalNetwork) -> Step:
    """A step of the temporal convolutional network, of which every layer remembers what it looks back on."""
    expand = _remembering(network.expand)
    blocks = [block for block in network.blocks if isinstance(block, Block)]
    temporal = [_remembering(block.temporal) for block in blocks]
    pointwise = [_remembering(block.pointwise) for block in blocks]

    def step(keypoints: Tensor) -> Tensor:
        x = expand(keypoints.flatten(1))
        for first, second in zip(temporal, pointwise, strict=True):
            x = x + second(first(x))  # the residual tap of a causal block is its last frame
        return network.shrink(x).unflatten(-1, (len(JOINTS), 3))

    return step


def _remembering(layer: Convolution) -> Step:
    """One more frame of a convolution: features (batch, inputs) to (batch, channels)."""
    weight, bias = layer.folded()
    memory = _Memory((layer.kernel_size - 1) * layer.dilation + 1)

    def step(x: Tensor) -> Tensor:
        memory.push(x)
        return torch.nn.functional.linear(memory.spaced(layer.dilation).flatten(1), weight, bias).relu_()

    return step


def _windows(network: LiftingNetwork) -> Step:
    """A step of any other network, which sees its whole receptive field again."""
    memory = _Memory(network.receptive_field)

    def step(keypoints: Tensor) -> Tensor:
        memory.push(keypoints.flatten(1))
        return network.windows(memory.spaced(1).unflatten(-1, (len(JOINTS), 2)))[:, 0]

    return step
