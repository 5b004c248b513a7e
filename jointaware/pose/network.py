"""VideoPose3D's temporal network: 2D keypoints of consecutive frames in, the 3D joints of the middle frame out.

One set of weights, two ways through it. Over a whole sequence every layer is a dilated convolution (`forward`); over
single windows every layer strides by its own width, and so is a reshape and a matrix product (`windows`). Features lie
last in memory. Architecture: Pavllo et al., "3D human pose estimation in video with temporal convolutions and
semi-supervised training", CVPR 2019. Its state dictionaries convert both ways.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from jointaware.pose.layers import Block, Convolution
from jointaware.pose.skeleton import JOINTS

INPUTS, OUTPUTS = 2 * len(JOINTS), 3 * len(JOINTS)
NORM_KEYS = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


class TemporalNetwork(nn.Module):
    """Lifts keypoints to joints over `receptive_field` frames, the product of the widths.

    widths: odd filter widths, first layer first.
    causal: the output stands for the last frame it sees instead of the middle one.
    dense: filters cover every frame of their span, instead of `width` frames spread over it (an ablation of the
        VideoPose3D paper; many more weights).
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
            raise ValueError(f"filter widths must be odd and positive; found {list(widths)}")
        self.widths, self.channels = tuple(widths), channels
        self.causal, self.dense = causal, dense
        self.receptive_field = math.prod(widths)
        self.expand = Convolution(INPUTS, channels, taps=widths[0], dilation=1, dropout=dropout)
        blocks = []
        dilation = widths[0]
        for width in widths[1:]:
            taps, step = ((width - 1) * dilation + 1, 1) if dense else (width, dilation)
            kept = taps - 1 if causal else taps // 2
            blocks.append(Block(channels, taps=taps, dilation=step, kept=kept, dropout=dropout))
            dilation *= width
        self.blocks = nn.Sequential(*blocks)
        self.shrink = nn.Linear(channels, OUTPUTS)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Joints of every frame that has its whole receptive field, (batch, frames - receptive_field + 1, 17, 3).

        keypoints: (batch, frames, 17, 2) normalised screen coordinates. The joints are in metres, camera frame,
        relative to the root.
        """
        self._check(keypoints)
        return self._lift(keypoints, strided=False)

    def windows(self, keypoints: Tensor, *, guests: int = 0) -> Tensor:
        """The same as `forward` with less work, where every window of the batch has one output frame.

        keypoints: (batch, receptive_field, 17, 2). Returns (batch, 1, 17, 3).
        guests: how many windows, the last of the batch, are lifted in training as they will be in testing: without
            dropout, and normalised by statistics that are not their own, here those of the windows before them.
        """
        self._check(keypoints)
        if keypoints.shape[1] != self.receptive_field:
            raise ValueError(
                f"a window must have {self.receptive_field} frames; found keypoints {tuple(keypoints.shape)}"
            )
        return self._lift(keypoints, strided=not self.dense, guests=guests)

    def _lift(self, keypoints: Tensor, *, strided: bool, guests: int = 0) -> Tensor:
        x = self.expand(keypoints.flatten(2), strided=strided, guests=guests)
        for block in self.blocks:
            x = block(x, strided=strided, guests=guests)
        with torch.autocast(x.device.type, enabled=False):  # half a number's digits are too few for a joint
            return self.shrink(x.to(self.shrink.weight.dtype)).unflatten(-1, (len(JOINTS), 3))

    def _check(self, keypoints: Tensor) -> None:
        if keypoints.dim() != 4 or keypoints.shape[2:] != (len(JOINTS), 2):
            raise ValueError(f"keypoints must be (batch, frames, {len(JOINTS)}, 2); found {tuple(keypoints.shape)}")
        if keypoints.shape[1] < self.receptive_field:
            raise ValueError(
                f"keypoints must have at least {self.receptive_field} frames; found {tuple(keypoints.shape)}"
            )


def from_videopose3d(state_dict: Mapping[str, Tensor], *, causal: bool = False, dense: bool = False) -> TemporalNetwork:
    """The network whose weights a VideoPose3D state dictionary holds; widths and channels are read from its shapes.

    VideoPose3D keeps convolution weights as (outputs, inputs, taps); here they are (outputs, taps x inputs).
    Raises ValueError naming the key when one is missing, is of another shape, or is left over.
    """
    network = TemporalNetwork(_widths(state_dict, dense=dense), _channels(state_dict), causal=causal, dense=dense)
    network = network.to(state_dict["shrink.weight"].dtype)
    expected = to_videopose3d(network)
    wrong = [key for key in state_dict if key not in expected]
    wrong += [key for key, value in expected.items() if key not in state_dict or state_dict[key].shape != value.shape]
    if wrong:
        raise ValueError(f"not a VideoPose3D state dictionary: {wrong[0]} is missing, foreign or of another shape")
    for name, convolution in _convolutions(network):
        weight = state_dict[f"{name}.weight"]
        convolution.linear.weight.data.copy_(weight.mT.flatten(1))
        for key in NORM_KEYS:
            getattr(convolution.norm, key).data.copy_(state_dict[f"{name.replace('conv', 'bn')}.{key}"])
    network.shrink.weight.data.copy_(state_dict["shrink.weight"].squeeze(-1))
    network.shrink.bias.data.copy_(state_dict["shrink.bias"])
    return network


def to_videopose3d(network: TemporalNetwork) -> dict[str, Tensor]:
    """The network's weights as VideoPose3D's `TemporalModel.load_state_dict` takes them."""
    state = {}
    for name, convolution in _convolutions(network):
        weight = convolution.linear.weight.detach()
        state[f"{name}.weight"] = weight.unflatten(1, (convolution.taps, -1)).mT.contiguous()
        for key in NORM_KEYS:
            state[f"{name.replace('conv', 'bn')}.{key}"] = getattr(convolution.norm, key).detach().clone()
    state["shrink.weight"] = network.shrink.weight.detach().unsqueeze(-1).clone()
    state["shrink.bias"] = network.shrink.bias.detach().clone()
    return state


def _convolutions(network: TemporalNetwork) -> Iterator[tuple[str, Convolution]]:
    """Every convolution with its name there; its batch norm has the same name with `bn` for `conv`."""
    yield "expand_conv", network.expand
    for number, block in enumerate(network.blocks):
        assert isinstance(block, Block)
        yield f"layers_conv.{2 * number}", block.temporal
        yield f"layers_conv.{2 * number + 1}", block.pointwise


def _channels(state_dict: Mapping[str, Tensor]) -> int:
    return _taps_and_channels(state_dict, "expand_conv.weight")[1]


def _widths(state_dict: Mapping[str, Tensor], *, dense: bool) -> list[int]:
    widths = [_taps_and_channels(state_dict, "expand_conv.weight")[0]]
    span = widths[0]
    for number in range(sum(key.startswith("layers_conv.") for key in state_dict) // 2):
        taps, _ = _taps_and_channels(state_dict, f"layers_conv.{2 * number}.weight")
        widths.append((taps - 1) // span + 1 if dense else taps)
        span *= widths[-1]
    return widths


def _taps_and_channels(state_dict: Mapping[str, Tensor], key: str) -> tuple[int, int]:
    if key not in state_dict or state_dict[key].dim() != 3:
        raise ValueError(f"not a VideoPose3D state dictionary: {key} is missing, foreign or of another shape")
    return state_dict[key].shape[2], state_dict[key].shape[0]
