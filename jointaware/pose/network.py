"""VideoPose3D's temporal convolutional network: 2D keypoints of consecutive frames in, 3D joints of one frame out.

The same weights run in two modes: over a whole sequence with dilated convolutions (`forward`), and over separate
receptive fields with strided ones, each a reshape and a matrix product (`windows`). Architecture: Pavllo et al., "3D
human pose estimation in video with temporal convolutions and semi-supervised training", CVPR 2019. VideoPose3D's state
dictionaries convert both ways.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from jointaware.pose.layers.convolution import Block, Convolution
from jointaware.pose.layers.limits import MAX_LAYERS, MAX_RECEPTIVE_FIELD
from jointaware.pose.lifting import FrameNetwork
from jointaware.pose.skeleton import JOINTS

INPUTS, OUTPUTS = 2 * len(JOINTS), 3 * len(JOINTS)
COUNT = "num_batches_tracked"
NORM_KEYS = ("weight", "bias", "running_mean", "running_var", COUNT)


class TemporalNetwork(FrameNetwork):
    """Temporal convolutional network whose receptive field is the product of its filter widths.

    widths: odd filter widths, first layer first.
    channels: features per frame in every hidden layer.
    causal: the output frame is the last one of its receptive field instead of the middle one.
    dense: convolutions over the same span of frames, but without dilation (an ablation of the VideoPose3D paper, with
        many more weights).

    Raises ValueError unless all widths are odd and positive and there are channels, and for more than `MAX_LAYERS`
    layers or `MAX_RECEPTIVE_FIELD` frames.
    """

    def __init__(
        self,
        widths: Sequence[int],
        channels: int,
        *,
        dropout: float = 0.25,
        causal: bool = False,
        dense: bool = False,
    ) -> None:
        super().__init__()
        if not widths or any(width < 1 or width % 2 == 0 for width in widths):
            raise ValueError(f"filter widths must be odd and positive; found {list(widths[:MAX_LAYERS])}")
        if channels < 1:
            raise ValueError(f"channels must be positive; found {channels}")
        if len(widths) > MAX_LAYERS or math.prod(widths) > MAX_RECEPTIVE_FIELD:
            limits = f"at most {MAX_LAYERS}, with a product of at most {MAX_RECEPTIVE_FIELD} frames"
            raise ValueError(f"filter widths must be {limits}; found {len(widths)}")
        self.widths, self.channels = tuple(widths), channels
        self.causal, self.dense = causal, dense
        self.receptive_field = math.prod(widths)
        self.expand = Convolution(INPUTS, channels, kernel_size=widths[0], dilation=1, dropout=dropout)
        blocks = []
        span = widths[0]  # input frames that one frame of the features depends on
        for width in widths[1:]:
            kernel_size, dilation = ((width - 1) * span + 1, 1) if dense else (width, span)
            residual_tap = kernel_size - 1 if causal else kernel_size // 2
            blocks.append(
                Block(channels, kernel_size=kernel_size, dilation=dilation, residual_tap=residual_tap, dropout=dropout)
            )
            span *= width
        self.blocks = nn.Sequential(*blocks)
        self.shrink = nn.Linear(channels, OUTPUTS)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Joints of every frame with a complete receptive field, (batch, frames - receptive_field + 1, 17, 3).

        keypoints: (batch, frames, 17, 2) normalised screen coordinates. Joints are in metres, camera frame,
            root-relative.

        Raises ValueError for keypoints of another shape or with fewer frames than the receptive field.
        """
        self._check(keypoints)
        return self._lift(keypoints, strided=False)

    def windows(self, keypoints: Tensor, *, excluded: int = 0) -> Tensor:
        """Joints of one output frame per receptive field, (batch, 1, 17, 3) metres; as `forward`, but faster.

        keypoints: (batch, receptive_field, 17, 2) normalised screen coordinates.
        excluded: in training mode, the last `excluded` items of the batch are normalised with, but excluded from, the
            batch statistics, and not subject to dropout; gradients flow through the statistics.

        Raises ValueError for keypoints of another shape.
        """
        self._check(keypoints)
        if keypoints.shape[1] != self.receptive_field:
            raise ValueError(
                f"keypoints must have exactly {self.receptive_field} frames; found {tuple(keypoints.shape)}"
            )
        return self._lift(keypoints, strided=not self.dense, excluded=excluded)

    def _lift(self, keypoints: Tensor, *, strided: bool, excluded: int = 0) -> Tensor:
        """Joints, (batch, output frames, 17, 3) metres, of (batch, frames, 17, 2) keypoints."""
        x = self.expand(keypoints.flatten(2), strided=strided, excluded=excluded)
        for block in self.blocks:
            x = block(x, strided=strided, excluded=excluded)
        with torch.autocast(x.device.type, enabled=False):  # bfloat16 is too coarse for joint coordinates
            return self.shrink(x.to(self.shrink.weight.dtype)).unflatten(-1, (len(JOINTS), 3))

    def _check(self, keypoints: Tensor) -> None:
        """Raise ValueError unless keypoints are (batch, at least receptive_field, 17, 2)."""
        if keypoints.dim() != 4 or keypoints.shape[2:] != (len(JOINTS), 2):
            raise ValueError(f"keypoints must be (batch, frames, {len(JOINTS)}, 2); found {tuple(keypoints.shape)}")
        if keypoints.shape[1] < self.receptive_field:
            raise ValueError(
                f"keypoints must have at least {self.receptive_field} frames; found {tuple(keypoints.shape)}"
            )


def from_videopose3d(state_dict: Mapping[str, Tensor], *, causal: bool = False, dense: bool = False) -> TemporalNetwork:
    """Network with the weights of a VideoPose3D state dictionary; widths and channels follow from its shapes.

    causal, dense: variant of the network, which a state dictionary does not record.

    VideoPose3D stores convolution weights as (channels, inputs, kernel_size), this package as
    (channels, kernel_size x inputs). Counts of batches may be missing, as in PyTorch 0.4.0 and before. Raises
    ValueError naming the first weight that is missing, unexpected or of another shape, before memory is taken.
    """
    widths, channels = _widths(state_dict, dense=dense), _channels(state_dict)
    with torch.device("meta"):
        network = TemporalNetwork(widths, channels, causal=causal, dense=dense)
    for key, like in (expected := to_videopose3d(network)).items():
        if key in state_dict and state_dict[key].shape != like.shape:
            raise ValueError(f"{key} is {tuple(state_dict[key].shape)}, expected {tuple(like.shape)}")
        if key not in state_dict and not key.endswith(COUNT):
            raise ValueError(f"{key} is missing")
    if unexpected := [key for key in state_dict if key not in expected]:
        raise ValueError(f"{unexpected[0]} is unexpected: the network has {len(network.blocks)} blocks")
    weights = {"shrink.weight": state_dict["shrink.weight"].squeeze(-1), "shrink.bias": state_dict["shrink.bias"]}
    names = {module: name for name, module in network.named_modules()}
    for name, convolution in _convolutions(network):
        ours, bn = names[convolution], name.replace("conv", "bn")
        weights[f"{ours}.linear.weight"] = state_dict[f"{name}.weight"].mT.flatten(1)
        for key in NORM_KEYS:
            weights[f"{ours}.norm.{key}"] = state_dict.get(f"{bn}.{key}", torch.tensor(0))
    # Copies: the caller's weights stay as they are when the network is trained further.
    network.load_state_dict({key: weight.clone() for key, weight in weights.items()}, assign=True)
    return network


def to_videopose3d(network: TemporalNetwork) -> dict[str, Tensor]:
    """State dictionary for VideoPose3D's `TemporalModel.load_state_dict`, with copies of the network's weights."""
    state = {}
    for name, convolution in _convolutions(network):
        weight = convolution.linear.weight.detach()
        state[f"{name}.weight"] = weight.unflatten(1, (convolution.kernel_size, -1)).mT.contiguous()
        for key in NORM_KEYS:
            state[f"{name.replace('conv', 'bn')}.{key}"] = getattr(convolution.norm, key).detach().clone()
    state["shrink.weight"] = network.shrink.weight.detach().unsqueeze(-1).clone()
    state["shrink.bias"] = network.shrink.bias.detach().clone()
    return state


def _convolutions(network: TemporalNetwork) -> Iterator[tuple[str, Convolution]]:
    """Every convolution with its name in VideoPose3D; the name of its batch norm has `bn` instead of `conv`."""
    yield "expand_conv", network.expand
    for number, block in enumerate(network.blocks):
        assert isinstance(block, Block)
        yield f"layers_conv.{2 * number}", block.temporal
        yield f"layers_conv.{2 * number + 1}", block.pointwise


def _channels(state_dict: Mapping[str, Tensor]) -> int:
    """Channels of the hidden layers."""
    return _convolution_weight(state_dict, "expand_conv.weight").shape[0]


def _widths(state_dict: Mapping[str, Tensor], *, dense: bool) -> list[int]:
    """Filter widths, first layer first; the kernel of a dense network is larger than its filter width."""
    widths = [_convolution_weight(state_dict, "expand_conv.weight").shape[2]]
    span = widths[0]
    for number in range((sum(key.startswith("layers_conv.") for key in state_dict) + 1) // 2):
        kernel_size = _convolution_weight(state_dict, f"layers_conv.{2 * number}.weight").shape[2]
        widths.append((kernel_size - 1) // span + 1 if dense else kernel_size)
        span *= widths[-1]
    return widths


def _convolution_weight(state_dict: Mapping[str, Tensor], key: str) -> Tensor:
    """Weight of a convolution in VideoPose3D, (channels, inputs, kernel_size); ValueError unless it has three axes."""
    if key not in state_dict:
        raise ValueError(f"{key} is missing")
    if state_dict[key].dim() != 3:
        raise ValueError(f"{key} is {tuple(state_dict[key].shape)}, expected (channels, inputs, kernel size)")
    return state_dict[key]
