"""The table of networks: one row for each architecture, with its own settings. Does not import PyTorch.

A new network needs a class in `pose` that implements `LiftingNetwork` and keeps its constructor's arguments as
attributes, a settings class, and a row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SerializeAsAny, WithJsonSchema, model_validator

from jointaware.artifacts.fields import ODD, Frozen, contradiction, described, immutable, one_of
from jointaware.pose.layers.limits import MAX_CLIP_FRAMES, MAX_LAYERS, MAX_MLP_RATIO, MAX_RECEPTIVE_FIELD


class NetworkSettings(Frozen):
    """Settings of an architecture, other than channels and dropout, which all architectures have."""

    name: str = described("Architecture of the network.")

    @property
    def output_frames(self) -> int:
        """Consecutive frames that the network lifts together; 1 if it lifts each frame on its own."""
        return 1

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of the row's `build`, besides channels and dropout."""
        return self.model_dump(exclude={"name"})

    def check_channels(self, channels: int) -> None:
        """Raise a `contradiction` unless the network can have as many channels."""


class TemporalConvolutional(NetworkSettings):
    """Settings of VideoPose3D's network."""

    filter_widths: tuple[Annotated[int, Field(ge=1), ODD], ...] = described(
        "Kernel size of each temporal convolution; their product is the receptive field.", unit="frames", min_length=1
    )
    causal: bool = described("Whether each frame is lifted only from itself and earlier frames.")
    dense: bool = described("Whether convolutions are dense over their span instead of dilated (an ablation).")

    @model_validator(mode="after")
    def _fits(self) -> TemporalConvolutional:
        widths = self.filter_widths
        if len(widths) > MAX_LAYERS:
            raise contradiction("filter_widths", f"found {len(widths)} layers, expected at most {MAX_LAYERS}")
        if math.prod(widths) > MAX_RECEPTIVE_FIELD:
            expected = f"expected a product, the receptive field, of at most {MAX_RECEPTIVE_FIELD} frames"
            raise contradiction(
                "filter_widths", f"found {len(widths)} widths up to {min(max(widths), 10**12)}, {expected}"
            )
        return self

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of `TemporalNetwork`."""
        return {"widths": self.filter_widths, "causal": self.causal, "dense": self.dense}


class SpatiotemporalTransformer(NetworkSettings):
    """Settings of MotionBERT's network."""

    depth: int = described("Layers, each with two streams of spatial and temporal attention.", ge=1, le=MAX_LAYERS)
    heads: int = described("Heads of each attention; channels are a multiple of them.", ge=1, le=2**16)
    mlp_ratio: int = described("Hidden features of each perceptron, relative to channels.", ge=1, le=MAX_MLP_RATIO)
    frames: int = described("Frames of a clip, which are lifted together.", unit="frames", ge=1, le=MAX_CLIP_FRAMES)

    @property
    def output_frames(self) -> int:
        """All frames of a clip."""
        return self.frames

    def check_channels(self, channels: int) -> None:
        """Every head has as many channels."""
        if channels % self.heads:
            raise contradiction("channels", f"found {channels}, expected a multiple of network.heads, {self.heads}")


@dataclass(frozen=True)
class Elsewhere:
    """Checkpoints of other people's code that convert to an architecture.

    words: what they hold. first: a weight that all of them have. convert: `module:function`, called with a state
    dictionary and, by keyword, the settings `unrecorded`, which weights do not tell.
    """

    words: str
    first: str
    convert: str
    unrecorded: tuple[str, ...]


@dataclass(frozen=True)
class NetworkRow:
    """An architecture.

    build: `module:class`, called with channels, dropout and `settings.arguments()` by keyword.
    elsewhere: checkpoints that convert to it, if any.
    """

    words: str
    settings: type[NetworkSettings]
    build: str
    elsewhere: Elsewhere | None = None


NETWORKS: dict[str, NetworkRow] = {
    "temporal_convolutional": NetworkRow(
        "temporal convolutions with residual connections (VideoPose3D, CVPR 2019)",
        TemporalConvolutional,
        "jointaware.pose.network:TemporalNetwork",
        Elsewhere(
            "VideoPose3D's network",
            "expand_conv.weight",
            "jointaware.pose.network:from_videopose3d",
            ("causal", "dense"),
        ),
    ),
    "spatiotemporal_transformer": NetworkRow(
        "transformer over joints and frames, in two streams (DSTformer of MotionBERT, ICCV 2023)",
        SpatiotemporalTransformer,
        "jointaware.pose.networks.transformer:SpatiotemporalTransformer",
        Elsewhere(
            "MotionBERT's network",
            "joints_embed.weight",
            "jointaware.pose.networks.transformer:from_motionbert",
            ("heads", "frames"),
        ),
    ),
}
"""The architectures by their `name` in the parameters."""


def network_settings(value: dict[str, Any]) -> NetworkSettings:
    """Settings of the architecture called `name`; raises pydantic's ValidationError."""
    _Named.model_validate({key: value[key] for key in ("name",) if key in value})
    return NETWORKS[value["name"]].settings.model_validate(immutable(value))


def _choose(value: object) -> object:
    return network_settings(value) if isinstance(value, dict) else value


class _Named(Frozen):
    name: Annotated[str, one_of(NETWORKS)]


def _json_schema() -> dict[str, Any]:
    choices = []
    for name, row in NETWORKS.items():
        schema = row.settings.model_json_schema()
        schema["properties"]["name"] |= {"const": name}
        choices.append(schema)
    return choices[0] if len(choices) == 1 else {"type": "object", "anyOf": choices}


AnyNetwork = Annotated[SerializeAsAny[NetworkSettings], BeforeValidator(_choose), WithJsonSchema(_json_schema())]
"""Type of a field that holds the settings of any network in the table."""
