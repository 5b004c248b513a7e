"""Training parameters, and experiments: overrides of them, with a role.

`train` has a value for every key; an experiment overrides some of them. Nested sections are merged key by key, with two
exceptions that replace the section of `train`: `losses`, and a `network` with another `name`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator

from jointaware.artifacts.explain import dotted, unknown_key
from jointaware.artifacts.fields import PATH, Frozen, contradiction, described, one_of
from jointaware.artifacts.files import values_of
from jointaware.artifacts.networks import AnyNetwork
from jointaware.pose.terms import TERMS

ROLES = {
    "baseline": "the reference: VideoPose3D's loss at its width",
    "wide": "as wide as ours, trained like the baseline",
    "clips": "like wide, but also trained on clips, without joint-aware terms",
    "more_frames": "like wide, but with as many extra single frames as clips would add",
    "as_printed": "the terms of the paper's equation 1 as printed, added to the position error",
    "ours": "joint-aware training with the recipe of this project",
    "ablation": "another choice of losses or of size, none of the above",
    "other": "none of these",
}
"""What an experiment is for in tables and claims."""
SHARED_ROLES = ("ablation", "other")
"""Roles that several experiments may have."""
BESIDE_CHECKPOINT = ("checkpoint", "checkpoint_sha256", "role", "network")
"""The only keys allowed in an experiment whose network was trained elsewhere."""
MAX_WEIGHT = 1e6
"""A weight of 1 makes most terms as large as the position error; float32 overflows at 1e38."""


def _weight_unit(unit: str) -> str:
    numerator, _, denominator = unit.partition("/")
    return f"{denominator or 1}/{numerator}"


_LOSSES_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        name: {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": MAX_WEIGHT,
            "description": f"Weight of the loss term on {term.words}; without a weight it is off.",
            "unit": _weight_unit(term.unit),
        }
        for name, term in TERMS.items()
    },
}
Losses = Annotated[
    dict[Annotated[str, one_of(TERMS)], Annotated[float, Field(gt=0, le=MAX_WEIGHT)]],
    WithJsonSchema(_LOSSES_SCHEMA),
]


class BatchNormMomentum(Frozen):
    """Schedule of the momentum of batch normalisation."""

    first: float = described("In the first epoch.", gt=0, le=1)
    last: float = described("After the last epoch.", gt=0, le=1)


class Training(Frozen):
    """How a network is trained."""

    network: AnyNetwork = described("Architecture of the network.")
    channels: int = described("Features of every layer.", ge=1, le=2**16)
    dropout: float = described("Dropout probability.", ge=0, le=0.99)
    epochs: int = described("Passes over the training set.", ge=1, le=10**6)
    batch_size: int = described(
        "Output frames per optimiser step: single ones, or for a network that lifts clips as many whole clips as fit.",
        unit="frames",
        ge=2,
        le=10**7,
    )
    learning_rate: float = described("Adam's step size in the first epoch.", gt=0, le=1)
    learning_rate_decay: float = described("Factor on the learning rate after each epoch.", gt=0, le=1)
    batch_norm_momentum: BatchNormMomentum = described(
        "Weight of the newest batch in the running statistics of batch normalisation; decays exponentially."
    )
    use_flip: bool = described("Whether to also train on mirrored motion (flip augmentation).")
    precision: Literal["float32", "tf32", "bfloat16"] = described(
        "Precision of the network's matrix products in training; float32 where the device lacks it. tf32 is for GPUs. "
        "Losses and inference always use float32."
    )
    monitor: Literal["validation", "test"] = described(
        "The split whose MPJPE is logged after each epoch; not used to select a model."
    )
    threads: int = described("CPU threads of each run; the seeds of an experiment train side by side.", ge=1, le=1024)
    clips: int = described(
        "Clips of consecutive output frames added to each batch of single frames; 0 trains on single frames only. The "
        "position error is computed on single frames and clips, the joint-aware terms on clips only. 0 for a network "
        "that lifts clips, whose batches consist of clips.",
        ge=0,
        le=10**6,
    )
    clip_frames: int = described(
        "Consecutive output frames of a clip; unused without clips.", unit="frames", ge=1, le=10**5
    )
    extra_frames: int = described(
        "Single frames, drawn with replacement, added to each batch that has no clips: as many as the clips have, to "
        "separate the effect of clips from that of more frames.",
        unit="frames",
        ge=0,
        le=10**6,
    )
    warm_up_epochs: int = described(
        "Initial epochs without joint-aware terms, and on single frames only, before clips are added.",
        unit="epochs",
        ge=0,
        le=10**6,
    )
    distance: Literal["norm", "squared"] = described(
        "Distance between predicted and true feature in each loss term: squared as in the paper's equation 1, or the "
        "Euclidean norm as in the metrics."
    )
    losses: Losses = described("Weight of each joint-aware loss term that is on, added to the position error.")
    gradient_shares: bool = described(
        "Whether to log the gradient of each weighted term relative to that of the position error, both of clips, as "
        "share_<term>; changes nothing else. Empty where several processes train a network together."
    )


class Experiment(Training):
    """An experiment and its role: `train` with overrides, or a network that was trained elsewhere."""

    role: Annotated[str, one_of(ROLES)] = described(
        "What the experiment is for in tables and claims; each role once, except ablation and other.", default="other"
    )
    checkpoint: str | None = described(
        "A network trained elsewhere, used instead of training one: the .bin of VideoPose3D or MotionBERT, as network "
        "says, or our .safetensors. A changed file needs a new name, because changes are detected by name.",
        default=None,
        pattern=PATH,
    )
    checkpoint_sha256: str | None = described(
        "Expected SHA-256 of the checkpoint, as sha256sum prints it; without one, any file is accepted.",
        default=None,
        pattern="^[0-9A-Fa-f]{64}$",
    )

    @model_validator(mode="after")
    def _fits(self) -> Experiment:
        if self.checkpoint is None and self.checkpoint_sha256 is not None:
            raise contradiction("checkpoint_sha256", "found a digest, expected none without a checkpoint")
        if self.checkpoint is not None:
            return self
        self.network.check_channels(self.channels)
        if (frames := self.network.output_frames) > 1:
            self._lifts_clips(frames)
            return self
        if not self.losses:
            return self
        needed = max(TERMS[term].frames for term in self.losses)
        if self.clip_frames < needed:
            raise contradiction("clip_frames", f"found {self.clip_frames}, expected at least {needed} for these losses")
        if self.clips == 0:
            raise contradiction("clips", "found 0, expected more: joint-aware terms are computed on clips only")
        return self

    def _lifts_clips(self, frames: int) -> None:
        """A network that lifts clips of several frames has all that the terms need in every batch."""
        for key in ("clips", "extra_frames"):
            if found := getattr(self, key):
                because = f"{self.network.name} lifts whole clips, on which the terms are computed"
                raise contradiction(key, f"found {found}, expected 0: {because}")
        if self.batch_size < frames:
            raise contradiction(
                "batch_size", f"found {self.batch_size}, expected at least network.frames, {frames}: a whole clip"
            )
        if frames < (needed := max((TERMS[term].frames for term in self.losses), default=1)):
            raise contradiction("network.frames", f"found {frames}, expected at least {needed} for these losses")


def override(train: Mapping[Any, Any], experiment: Mapping[Any, Any]) -> dict[Any, Any]:
    """`train` with the values of the experiment in place of its own; neither has been validated yet."""
    merged = dict(train)
    for key, value in experiment.items():
        base = train.get(key)
        merged[key] = value
        if isinstance(value, Mapping) and isinstance(base, Mapping) and key != "losses":
            is_same_network = value.get("name", base.get("name")) == base.get("name")
            merged[key] = override(base, value) if is_same_network else value
    return merged


class MistakeError(Exception):
    """A mistake found before pydantic validates the parameters."""


def complete(raw: object) -> object:
    """The content of the file, with every experiment completed from `train`."""
    for key, value in values_of(raw):
        if isinstance(value, float) and not math.isfinite(value):
            raise MistakeError(f"{dotted(key)}: found {value}, expected a finite number")
    if not isinstance(raw, dict) or not all(isinstance(raw.get(key), dict) for key in ("train", "experiments")):
        return raw
    experiments = {}
    for name, experiment in raw["experiments"].items():
        if not isinstance(experiment, dict):
            experiments[name] = experiment
            continue
        beyond = [key for key in experiment if key not in BESIDE_CHECKPOINT]
        if beyond and experiment.get("checkpoint") is not None:
            raise MistakeError(unknown_key(["experiments", name], beyond[0], BESIDE_CHECKPOINT))
        experiments[name] = override(raw["train"], experiment)
    return {**raw, "experiments": experiments}
