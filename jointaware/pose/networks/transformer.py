"""DSTformer, MotionBERT's spatio-temporal transformer: 2D keypoints of a clip in, 3D joints of all its frames out.

A token is a joint in a frame. Spatial attention is among the joints of a frame, temporal attention among the frames of
a joint. Each layer runs two streams, which begin with one or the other, and averages them with weights that it computes
for every token. Architecture: Zhu et al., "MotionBERT: A Unified Perspective on Learning Human Motion Representations",
ICCV 2023. MotionBERT's state dictionaries convert.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from jointaware.pose.layers.limits import MAX_CLIP_FRAMES, MAX_LAYERS, MAX_MLP_RATIO
from jointaware.pose.lifting import ClipNetwork
from jointaware.pose.skeleton import JOINTS

EPS = 1e-6
"""Of layer normalisation."""
FEW_TOKENS = 64
"""Up to as many, a CPU multiplies matrices instead of using the fused kernel of attention."""
JOINT_STD, FRAME_STD = 0.3, 0.02
"""Of initial positions. Those of joints are as large as embedded keypoints, so that joints differ from the start; in
MotionBERT they are as small as those of frames, which would be jitter if they were larger."""


class SpatiotemporalTransformer(ClipNetwork):
    """Transformer over the joints and frames of a clip.

    channels: features of each token. depth: layers, each with two streams. heads: of each attention.
    mlp_ratio: hidden features of each perceptron, relative to channels.
    frames: of a clip, one learned position each; shorter clips use the first positions.
    representation: features of each token from which the joints are computed; 0: as many as channels.
    dropout: probability that a feature of a residual branch is zeroed, in all frames of a clip alike: with masks of
        their own, differences between frames would be noise.

    Raises ValueError unless channels are a multiple of heads, and for sizes below 1 or beyond the limits.
    """

    def __init__(
        self,
        channels: int,
        *,
        depth: int,
        heads: int,
        mlp_ratio: int,
        frames: int,
        representation: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        limits = {
            "depth": (depth, MAX_LAYERS),
            "mlp_ratio": (mlp_ratio, MAX_MLP_RATIO),
            "frames": (frames, MAX_CLIP_FRAMES),
        }
        for name, (value, most) in limits.items():
            if not 1 <= value <= most:
                raise ValueError(f"{name} must be 1 to {most}; found {value}")
        if channels < 1 or heads < 1 or channels % heads:
            raise ValueError(f"channels must be a positive multiple of heads; found {channels} and {heads}")
        self.channels, self.depth, self.heads, self.mlp_ratio, self.frames = channels, depth, heads, mlp_ratio, frames
        self.representation = representation or channels
        self.receptive_field = frames
        self.embed = nn.Linear(2, channels)
        self.joint_positions = nn.Parameter(JOINT_STD * torch.randn(len(JOINTS), channels))
        self.frame_positions = nn.Parameter(FRAME_STD * torch.randn(frames, 1, channels))
        self.layers = nn.Sequential(*(Layer(channels, heads, mlp_ratio, dropout) for _ in range(depth)))
        self.norm = nn.LayerNorm(channels, eps=EPS)
        self.represent = nn.Linear(channels, self.representation)
        self.shrink = nn.Linear(self.representation, 3)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Joints of every frame of clips, (batch, frames, 17, 3) metres, camera frame, root-relative.

        keypoints: (batch, frames, 17, 2) normalised screen coordinates.

        Raises ValueError for keypoints of another shape or with more frames than the network has positions.
        """
        if keypoints.dim() != 4 or keypoints.shape[2:] != (len(JOINTS), 2):
            raise ValueError(f"keypoints must be (batch, frames, {len(JOINTS)}, 2); found {tuple(keypoints.shape)}")
        if keypoints.shape[1] > self.frames:
            raise ValueError(f"a clip must have at most {self.frames} frames; found {tuple(keypoints.shape)}")
        x = self.embed(keypoints) + self.joint_positions + self.frame_positions[: keypoints.shape[1]]
        x = self.norm(self.layers(x))
        with torch.autocast(x.device.type, enabled=False):  # bfloat16 is too coarse for joint coordinates
            joints: Tensor = self.shrink(self.represent(x.to(self.shrink.weight.dtype)).tanh())
        return joints


class Layer(nn.Module):
    """Two streams on the same tokens, and their average with a weight for each token."""

    def __init__(self, channels: int, heads: int, mlp_ratio: int, dropout: float) -> None:
        super().__init__()

        def spatial() -> list[nn.Module]:
            return [Attention(channels, heads, dropout), Perceptron(channels, mlp_ratio, dropout)]

        def temporal() -> list[nn.Module]:
            return [Attention(channels, heads, dropout, is_temporal=True), Perceptron(channels, mlp_ratio, dropout)]

        self.space_first = nn.Sequential(*spatial(), *temporal())
        self.time_first = nn.Sequential(*temporal(), *spatial())
        self.weigh = nn.Linear(2 * channels, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens of the next layer, (batch, frames, joints, channels), as `x`."""
        space_first, time_first = self.space_first(x), self.time_first(x)
        weights = self.weigh(torch.cat([space_first, time_first], dim=-1)).softmax(dim=-1, dtype=x.dtype)
        return time_first.lerp(space_first, weights[..., :1])


class Attention(nn.Module):
    """Self-attention among the joints of a frame, or if `is_temporal` among the frames of a joint, with a residual."""

    def __init__(self, channels: int, heads: int, dropout: float, *, is_temporal: bool = False) -> None:
        super().__init__()
        self.heads, self.is_temporal = heads, is_temporal
        self.norm = nn.LayerNorm(channels, eps=EPS)
        self.queries, self.keys, self.values = (nn.Linear(channels, channels) for _ in range(3))
        self.mix = nn.Linear(channels, channels)
        self.dropout = ClipDropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens with what they attend to, (batch, frames, joints, channels), as `x`."""
        batch, frames, joints, channels = x.shape
        # Joints are further heads of temporal attention, frames further items of spatial attention: nothing is copied.
        shape = (batch, frames, joints * self.heads) if self.is_temporal else (batch * frames, joints, self.heads)
        y = self.norm(x)
        heads = [
            part(y).view(*shape, channels // self.heads).transpose(1, 2)
            for part in (self.queries, self.keys, self.values)
        ]
        return x + self.dropout(self.mix(attend(*heads).transpose(1, 2).reshape(x.shape)))


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Scaled dot-product attention, all (batch, heads, tokens, channels / heads).

    On a CPU, PyTorch's fused kernel is slower among few tokens than the matrix products that it fuses.
    """
    if queries.is_cpu and queries.shape[2] <= FEW_TOKENS:
        scale = queries.shape[3] ** -0.5
        return (scale * queries @ keys.mT).softmax(dim=-1) @ values
    return scaled_dot_product_attention(queries, keys, values)


class Perceptron(nn.Module):
    """Two fully connected layers on each token, with a residual."""

    def __init__(self, channels: int, mlp_ratio: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=EPS)
        self.widen = nn.Linear(channels, mlp_ratio * channels)
        self.narrow = nn.Linear(mlp_ratio * channels, channels)
        self.dropout = ClipDropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens of the same shape as `x`, (batch, frames, joints, channels)."""
        return x + self.dropout(self.narrow(nn.functional.gelu(self.widen(self.norm(x)))))


class ClipDropout(nn.Module):
    """Dropout with one mask for all frames of a clip."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        """Features of the same shape as `x`, (batch, frames, joints, channels)."""
        if not self.training or self.probability == 0:
            return x
        return x * nn.functional.dropout(torch.ones_like(x[:, :1]), self.probability)


def from_motionbert(
    state_dict: Mapping[str, Tensor], *, heads: int = 8, frames: int | None = None
) -> SpatiotemporalTransformer:
    """Network with the weights of a MotionBERT state dictionary (DSTformer); other sizes follow from its shapes.

    heads: of each attention, which a state dictionary does not record; MotionBERT's checkpoints have 8.
    frames: of a clip, at most as many as there are positions; by default all.

    MotionBERT's third input is the confidence of a keypoint: it is taken as 1, and its weights go to the bias. Joints
    have the units that the weights were trained for: those of MotionBERT's own checkpoints are normalised image
    coordinates, not metres. Raises ValueError naming the first weight that is missing, unexpected or of another shape,
    before memory is taken.
    """
    sizes = {key: _shape(state_dict, key, axes) for key, axes in SIZES.items()}
    (channels, inputs), positions = sizes["joints_embed.weight"], sizes["temp_embed"][1]
    if inputs not in (2, 3):
        raise ValueError(f"joints_embed.weight has {inputs} inputs, expected x and y, or x, y and confidence")
    if frames is not None and frames > positions:
        raise ValueError(f"a clip of {frames} frames is longer than the {positions} positions of temp_embed")
    with torch.device("meta"):
        network = SpatiotemporalTransformer(
            channels,
            depth=sum(key.startswith("ts_attn.") and key.endswith(".weight") for key in state_dict),
            heads=heads,
            mlp_ratio=sizes["blocks_st.0.mlp_s.fc1.weight"][0] // channels,
            frames=frames or positions,
            representation=sizes["pre_logits.fc.weight"][0],
        )
    names = dict(_motionbert_names(network.depth))
    like = {key: tuple(weight.shape) for key, weight in network.state_dict().items()}
    expected = {"temp_embed": (1, positions, 1, channels), "pos_embed": (1, len(JOINTS), channels)}
    for name, (theirs, parts) in names.items():
        for kind in ("weight", "bias"):
            first, *rest = like[f"{name}.{kind}"]
            expected[f"{theirs}.{kind}"] = (parts * first, *rest)
    expected["joints_embed.weight"] = (channels, inputs)
    for key, shape in expected.items():
        if _shape(state_dict, key, len(shape)) != shape:
            raise ValueError(f"{key} is {tuple(state_dict[key].shape)}, expected {shape}")
    if unexpected := [key for key in state_dict if key not in expected]:
        raise ValueError(f"{unexpected[0]} is unexpected: the network has {network.depth} layers")
    network.load_state_dict(_converted(state_dict, names, network.frames), assign=True)
    return network


SIZES = {
    "joints_embed.weight": 2,
    "temp_embed": 4,
    "pre_logits.fc.weight": 2,
    "blocks_st.0.mlp_s.fc1.weight": 2,
}
"""Weights of MotionBERT whose shapes tell the sizes of the network, and their numbers of axes."""
QUERIES_KEYS_VALUES = ("queries", "keys", "values")


def _motionbert_names(depth: int) -> Iterator[tuple[str, tuple[str, int]]]:
    """Every module with weight and bias: its name, its name in MotionBERT, and how many modules share the latter."""
    for ours, theirs in {
        "embed": "joints_embed",
        "norm": "norm",
        "represent": "pre_logits.fc",
        "shrink": "head",
    }.items():
        yield ours, (theirs, 1)
    for number in range(depth):
        yield f"layers.{number}.weigh", (f"ts_attn.{number}", 1)
        for stream, blocks, axes in (("space_first", "blocks_st", "st"), ("time_first", "blocks_ts", "ts")):
            block = f"{blocks}.{number}"
            for place, axis in enumerate(axes):
                attention, perceptron = (f"layers.{number}.{stream}.{2 * place + part}" for part in (0, 1))
                for part in QUERIES_KEYS_VALUES:
                    yield f"{attention}.{part}", (f"{block}.attn_{axis}.qkv", len(QUERIES_KEYS_VALUES))
                yield f"{attention}.norm", (f"{block}.norm1_{axis}", 1)
                yield f"{attention}.mix", (f"{block}.attn_{axis}.proj", 1)
                yield f"{perceptron}.norm", (f"{block}.norm2_{axis}", 1)
                yield f"{perceptron}.widen", (f"{block}.mlp_{axis}.fc1", 1)
                yield f"{perceptron}.narrow", (f"{block}.mlp_{axis}.fc2", 1)


def _converted(
    state_dict: Mapping[str, Tensor], names: Mapping[str, tuple[str, int]], frames: int
) -> dict[str, Tensor]:
    """State dictionary of our network, with copies of the weights."""
    state = {"joint_positions": state_dict["pos_embed"][0], "frame_positions": state_dict["temp_embed"][0, :frames]}
    for name, (theirs, parts) in names.items():
        place = QUERIES_KEYS_VALUES.index(name.rpartition(".")[2]) if parts > 1 else 0
        for kind in ("weight", "bias"):
            state[f"{name}.{kind}"] = state_dict[f"{theirs}.{kind}"].chunk(parts)[place]
    weight = state["embed.weight"]
    state["embed.weight"], state["embed.bias"] = weight[:, :2], state["embed.bias"] + weight[:, 2:].sum(dim=1)
    return {key: each.clone() for key, each in state.items()}


def _shape(state_dict: Mapping[str, Tensor], key: str, axes: int) -> tuple[int, ...]:
    """Shape of a weight; ValueError unless it has so many axes."""
    if key not in state_dict:
        raise ValueError(f"{key} is missing")
    if state_dict[key].dim() != axes:
        raise ValueError(f"{key} is {tuple(state_dict[key].shape)}, expected {axes} axes")
    return tuple(state_dict[key].shape)
