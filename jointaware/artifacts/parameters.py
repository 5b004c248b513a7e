"""params.yaml as typed, immutable objects, validated once.

Every mistake is one InputError that names the key, what was found and what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from jointaware.artifacts.experiments import (
    BESIDE_CHECKPOINT,
    ROLES,
    SHARED_ROLES,
    Experiment,
    MistakeError,
    Training,
    complete,
)
from jointaware.artifacts.explain import Schema, explain, json_schema, partial
from jointaware.artifacts.fields import (
    DISTINCT,
    ODD,
    PATH,
    UNIQUE,
    Frozen,
    Name,
    Seed,
    contradiction,
    described,
    immutable,
    one_of,
    without_absent,
)
from jointaware.artifacts.files import read_yaml
from jointaware.artifacts.subjects import Split
from jointaware.errors import InputError
from jointaware.mocap.plausible import CHECKS
from jointaware.mocap.sources import SOURCES, NoSettings, Settings
from jointaware.mocap.wild.settings import Wild

__all__ = ["ROLES", "Experiment", "Parameters", "Training", "check", "flatten", "load", "parameters_schema"]

CAMERAS = ("54138969", "55011271", "58860488", "60457274")
TAKE = "^[^/]+/[^/]+$"
EXPERIMENT = "^[A-Za-z][A-Za-z0-9_]{0,99}$"
REMOTE = "^([A-Za-z0-9][A-Za-z0-9_-]*)?$"
TAKEN = ("truth", "true", "keypoints")
"""Names in tables and figures of what is no experiment: the true motion and its keypoints."""


class _Data(Frozen):
    """Where motion comes from; each source with settings has a section of its own name."""

    source: Annotated[str, one_of(SOURCES)] = described("The source of motion that the other stages use.")
    path: str = described(
        "Folder that the sources arrays and h36m read; the others ignore it, but it must exist.", pattern=PATH
    )
    remote: str = described(
        "Name of the DVC remote that outputs go to; empty: the default one. Motion that must not be passed on needs a "
        "remote of its own.",
        pattern=REMOTE,
    )

    @property
    def settings(self) -> Settings:
        """Settings of the active source."""
        section: Settings = getattr(self, self.source, NoSettings())
        return section

    @model_validator(mode="after")
    def _has_its_section(self) -> _Data:
        if self.settings is None:
            raise PydanticCustomError("section", self.source)
        if SOURCES[self.source].is_restricted and not self.remote:
            because = f"because nothing made from {self.source} may be passed on"
            raise contradiction("remote", f"found none, expected a remote of its own, such as {self.source}, {because}")
        return self

    @model_serializer(mode="wrap")
    def _without_absent_sections(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_absent(handler(self))


if TYPE_CHECKING:
    Data = _Data
else:
    Data = create_model(
        "Data",
        __base__=_Data,
        **{
            name: (row.settings | None, described(f"{row.words[:1].upper()}{row.words[1:]}.", default=None))
            for name, row in SOURCES.items()
            if row.settings is not NoSettings
        },
    )


class Detector(Frozen):
    """The simulated keypoint detector."""

    std_pixels: float = described("Standard deviation of each coordinate's error.", unit="pixels", ge=0, le=10**4)
    correlation_frames: float = described(
        "Time constant of the error's autocorrelation.", unit="frames", ge=0, le=10**6
    )
    outlier_probability: float = described("Probability per frame that a keypoint starts to be lost.", ge=0, le=1)
    outlier_pixels: float = described("Standard deviation of a lost keypoint's error.", unit="pixels", ge=0, le=10**4)
    seed: Seed = described("Seed of the errors.")


class Preprocess(Frozen):
    """Preprocessing: from world-frame motion to the keypoints and joints of each camera."""

    fps: float = described("Frame rate of all sequences.", unit="frames/second", ge=1, le=1000)
    downsample: int = described("Keep every n-th frame; the frame rate falls with it.", unit="frames", ge=1, le=1000)
    cameras: Annotated[tuple[Annotated[str, one_of(CAMERAS)], ...], UNIQUE] = described(
        "Human3.6M cameras that see the motion.", min_length=1
    )
    yaws: Annotated[tuple[Annotated[float, Field(ge=0, lt=360)], ...], DISTINCT] = described(
        "Rotations of the subject about the vertical, each seen by all cameras; for sources whose motion was not "
        "recorded with these cameras.",
        unit="degrees",
        min_length=1,
        max_length=360,
    )
    subjects: dict[Annotated[str, one_of(SOURCES)], Split] = described("Training and test subjects of each source.")
    actions: Annotated[tuple[Name, ...], UNIQUE] = described("Actions to train and test on; an empty list means all.")
    subset: float = described("Fraction of each training sequence that is kept, as one contiguous part.", gt=0, le=1)
    validation_every: int = described("Hold out every n-th take of a subject; 0: none.", unit="takes", ge=0, le=10**6)
    skip_takes: Annotated[tuple[Annotated[str, Field(pattern=TAKE)], ...], UNIQUE] = described(
        "Takes left out of both splits, as subject/take, such as 01/Climbing 1."
    )
    skip_frames: dict[Annotated[str, Field(pattern=TAKE)], Annotated[int, Field(ge=1)]] = described(
        "Frames to drop at the start of a take, at its source's frame rate; keys as in skip_takes.", unit="frames"
    )
    allow: Annotated[tuple[Annotated[str, one_of(CHECKS)], ...], UNIQUE] = described(
        "Checks of plausibility whose findings are only reported; an empty list means that all refuse."
    )
    detector: Detector = described("The simulated keypoint detector, for sources without keypoints of a real one.")
    wild: Wild | None = described(
        "Views of other bodies by made-up cameras, in place of cameras and yaws, for networks that lift any video.",
        default=None,
    )

    @model_serializer(mode="wrap")
    def _without_absent_sections(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_absent(handler(self))


class Predict(Frozen):
    """Lifting of the test sequences."""

    use_flip: bool = described("Flip averaging: average with the mirrored prediction of the mirrored keypoints.")


class Smooth(Frozen):
    """A learned smoother for each network, in the manner of SmoothNet."""

    window: int = described("Frames that it sees and returns.", unit="frames", ge=3, le=999)
    width: int = described("Features of its layers.", ge=1, le=4096)
    blocks: int = described("Residual blocks of two layers each.", ge=0, le=100)
    epochs: int = described("Passes over the training sequences.", ge=1, le=10**6)
    batch_size: int = described("Windows of all joints per optimiser step.", unit="windows", ge=1, le=10**6)
    learning_rate: float = described("Adam's step size in the first epoch.", gt=0, le=1)
    learning_rate_decay: float = described("Factor on the learning rate after each epoch.", gt=0, le=1)
    acceleration_weight: float = described("Weight of accelerations in the loss, beside positions.", ge=0, le=10**6)


class SavitzkyGolay(Frozen):
    """A least-squares polynomial filter along frames."""

    window: Annotated[int, ODD] = described("Frames that each polynomial is fitted to.", unit="frames", ge=3, le=999)
    order: int = described("Degree of the polynomial.", ge=0, le=10)

    @model_validator(mode="after")
    def _fits(self) -> SavitzkyGolay:
        if self.order >= self.window:
            raise contradiction("order", f"found {self.order}, expected less than window")
        return self


class Evaluate(Frozen):
    """How predictions are scored."""

    savitzky_golay: SavitzkyGolay = described(
        "A smoothing filter; all predictions are scored with and without it, as an alternative to motion losses."
    )


class Parameters(Frozen):
    """Everything that can change a number."""

    data: Data = described("Where motion comes from.")
    preprocess: Preprocess = described("From world-frame motion to the keypoints and joints of each camera.")
    train: Training = described("How networks are trained: the defaults of all experiments.")
    predict: Predict = described("Lifting of the test sequences.")
    smooth: Smooth = described("A learned smoother; all predictions are also scored after it.")
    evaluate: Evaluate = described("How predictions are scored.")
    seeds: Annotated[tuple[Seed, ...], UNIQUE] = described(
        "Every experiment is run with each of these seeds.", min_length=1, max_length=1000
    )
    experiments: dict[Annotated[str, Field(pattern=EXPERIMENT)], Experiment] = described(
        "The experiments by name: only what differs from train, and a role; or a checkpoint.", min_length=1
    )

    @property
    def split(self) -> Split:
        """Subjects of the active source."""
        return self.preprocess.subjects[self.data.source]

    def with_role(self, role: str) -> str | None:
        """Name of the first experiment with this role, if any."""
        return next((name for name, each in self.experiments.items() if each.role == role), None)

    def leaves(self) -> dict[str, object]:
        """Every value by dotted key; of an experiment only where it differs from `train`."""
        values = flatten(self.model_dump(mode="json"))
        prefixes = tuple(f"experiments.{name}." for name in self.experiments)

        def is_default(key: str, value: object) -> bool:
            prefix = next((prefix for prefix in prefixes if key.startswith(prefix)), None)
            return prefix is not None and values.get(f"train.{key.removeprefix(prefix)}", _ABSENT) == value

        return {key: value for key, value in values.items() if not is_default(key, value) and value is not None}

    @model_validator(mode="after")
    def _fits(self) -> Parameters:
        if self.data.source not in self.preprocess.subjects:
            raise PydanticCustomError("section", f"preprocess.subjects.{self.data.source}")
        if taken := [name for name in TAKEN if name in self.experiments]:
            raise contradiction(f"experiments.{taken[0]}", "found a name of the true motion's, expected another name")
        if self.split.folds and self.preprocess.subset < 1:
            expected = "expected 1 with folds: who trains one network tests another, on all frames"
            raise contradiction("preprocess.subset", f"found {self.preprocess.subset}, {expected}")
        for name, experiment in self.experiments.items():
            self._check_role(name)
            is_trained = experiment.checkpoint is None
            if is_trained and experiment.monitor == "validation" and self.preprocess.validation_every == 0:
                section = "train" if self.train.monitor == "validation" else f"experiments.{name}"
                because = "because preprocess.validation_every is 0"
                raise contradiction(f"{section}.monitor", f"found validation, expected test, {because}")
        return self

    def _check_role(self, name: str) -> None:
        role = self.experiments[name].role
        if role not in SHARED_ROLES and (first := self.with_role(role)) != name:
            raise contradiction(
                f"experiments.{name}.role", f"found {role}, which {first} has; expected a role not yet taken"
            )


_ABSENT = object()


def load(path: Path) -> Parameters:
    """The parameters of a file; InputError names the first key that is unknown, missing, mistyped or out of range."""
    return check(read_yaml(path), path)


def check(raw: object, path: Path | str) -> Parameters:
    """Validate plain dictionaries and lists as parameters; error messages name `path`."""
    try:
        resolved = complete(raw)
        return Parameters.model_validate(immutable(resolved), strict=True)
    except ValidationError as error:
        raise InputError(f"{path}: {explain(error, resolved, parameters_schema())}") from error
    except MistakeError as error:
        raise InputError(f"{path}: {error}") from None


def parameters_schema() -> Schema:
    """The JSON schema of a file, in which an experiment has only what differs from `train`."""
    schema = json_schema(Parameters)
    experiments = schema["properties"]["experiments"] = partial(schema["properties"]["experiments"])
    (experiment,) = experiments["patternProperties"].values()
    experiment |= {
        "if": {"required": ["checkpoint"]},
        "then": {"propertyNames": {"enum": list(BESIDE_CHECKPOINT)}},
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Parameters of the pipeline", **schema}


def flatten(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Values of nested dictionaries by dotted key; lists stay whole."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        flat |= flatten(value, f"{key}.") if isinstance(value, Mapping) else {key: value}
    return flat
