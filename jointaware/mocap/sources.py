"""The table of motion sources: one row for each place that motion can come from.

A row names a source in words, its licence, its own parameters (the section `data.<name>` of params.yaml) and its
functions. Functions are references `module:function`, resolved in `jointaware.mocap.loading`, so that this table stays
light: it imports neither NumPy nor SciPy. A new source is one module with `fetch` and `read`, and one row here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    import numpy as np

    from jointaware.mocap.take import Take


CmuSubject = Annotated[str, Field(pattern="^[0-9]{2,3}$")]
Action = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_-]*$")]


class Settings(BaseModel):
    """Parameters of one source: frozen, strictly typed, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class NoSettings(Settings):
    """For a source without parameters of its own."""


class SyntheticSettings(Settings):
    """Synthetic motion, generated without any input files."""

    frames: int = Field(ge=3, le=10**5, description="Length of every take.", json_schema_extra={"unit": "frames"})
    fps: float = Field(
        ge=1, le=1000, description="Frame rate of the generated motion.", json_schema_extra={"unit": "frames/second"}
    )
    seed: int = Field(ge=0, le=2**32 - 1, description="Seed of subjects and motion.")


def _within_checkout(path: str) -> str:
    """A file that is written must not replace one of the user's elsewhere, whoever wrote params.yaml."""
    if (parts := PureWindowsPath(path)).anchor or ".." in parts.parts:
        raise PydanticCustomError("limit", "a path within the checkout, relative and without ..")
    return path


class CmuSettings(Settings):
    """The CMU motion capture database."""

    url: str = Field(
        pattern=r"^(https?|file)://[^\x00-\x1f\x7f]+$",
        description=(
            "Base URL that holds subjects/NN/NN.asf and NN_TT.amc: http(s), or file:// with an absolute or relative "
            "path."
        ),
    )
    digests: Annotated[str, AfterValidator(_within_checkout)] = Field(
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="File that records the SHA-256 of every file fetched for the first time; later ones must agree.",
    )
    trials: dict[CmuSubject, dict[Action, tuple[Annotated[int, Field(ge=1, le=999)], ...]]] = Field(
        description=(
            "Numbers of the trials of a subject by the action they show; python -m jointaware.mocap.cmu.index lists "
            "subjects. Subjects 01, 02 and 03 have trials without being named."
        ),
    )
    fps: dict[CmuSubject, Annotated[float, Field(ge=1, le=1000)]] = Field(
        description="Frame rate of a subject's trials, where the index is wrong.",
        json_schema_extra={"unit": "frames/second"},
    )

    @model_validator(mode="after")
    def _has_each_trial_once(self) -> CmuSettings:
        for subject, actions in self.trials.items():
            numbers = Counter(number for numbers in actions.values() for number in numbers)
            if repeated := [number for number, count in numbers.items() if count > 1]:
                message = f"trials.{subject}: found trial {repeated[0]} twice, expected each trial once"
                raise PydanticCustomError("contradiction", message)
        return self


class H36mSettings(Settings):
    """Human3.6M, which the user provides."""

    keypoints: str = Field(
        pattern="^[A-Za-z0-9_]+$",
        description=(
            "gt for projected ground-truth joints, or the detector of data_2d_h36m_<detector>.npz, such as "
            "cpn_ft_h36m_dbb."
        ),
    )
    keypoints_sha256: str = Field(
        pattern="^([0-9a-f]{64})?$",
        description=(
            "Expected SHA-256 of the detector's file, as listed in the manifest of an earlier run; empty accepts any."
        ),
    )


@dataclass(frozen=True)
class Source:
    """A source of motion.

    words: description for tables and reports. licence: of its files, written to the manifest.
    settings: its own parameters.
    is_placed: whether takes already lie in view of Human3.6M's cameras; others are centred there and turned by
        `preprocess.yaws`.
    is_published: whether its numbers can be compared with the paper's.
    is_restricted: whether neither its files nor poses derived from them may be passed on.
    fetch, read: references to functions of the types `Fetch` and `Read`.
    detections: reference to a `ReadDetections`, for a source with videos; for the others a detector is simulated.
    missing: reference to a `Missing`, for a source whose files the user has to provide.
    """

    words: str
    licence: str
    settings: type[Settings]
    fetch: str
    read: str
    detections: str | None = None
    missing: str | None = None
    is_placed: bool = False
    is_published: bool = False
    is_restricted: bool = False


SOURCES = {
    "synthetic": Source(
        words="synthetic motion, generated from a seed",
        licence="made by this repository, MIT",
        settings=SyntheticSettings,
        fetch="jointaware.mocap.synthetic.source:fetch",
        read="jointaware.mocap.arrays:read",
        is_placed=True,
    ),
    "cmu": Source(
        words="the CMU motion capture database",
        licence="CMU Graphics Lab Motion Capture Database: free to copy, modify and redistribute, not to resell",
        settings=CmuSettings,
        fetch="jointaware.mocap.cmu.source:fetch",
        read="jointaware.mocap.cmu.source:read",
    ),
    "arrays": Source(
        words="the user's own motion arrays",
        licence="as stated by the owner",
        settings=NoSettings,
        fetch="jointaware.mocap.arrays:fetch",
        read="jointaware.mocap.arrays:read",
    ),
    "h36m": Source(
        words="Human3.6M",
        licence="Human3.6M licence: not to be redistributed",
        settings=H36mSettings,
        fetch="jointaware.mocap.h36m.source:fetch",
        read="jointaware.mocap.h36m.source:read",
        detections="jointaware.mocap.h36m.source:detections",
        missing="jointaware.mocap.h36m.source:missing",
        is_placed=True,
        is_published=True,
        is_restricted=True,
    ),
}


# Types of the functions of a source. They take its settings, an instance of `Source.settings`; `path`, the user's
# folder `data.path`; `raw`, the folder that `Fetch` fills; and the subjects of the split.


class Fetch(Protocol):
    """Bring the files of a source."""

    def __call__(self, settings: Any, path: Path, raw: Path, subjects: Sequence[str]) -> dict[Path, str]:
        """Generate, download or copy files into `raw`, or locate them in `path`; returns the origin of each file."""
        ...


class Read(Protocol):
    """Read the takes of a source."""

    def __call__(
        self, settings: Any, path: Path, raw: Path, subjects: Sequence[str], skipped: Collection[str]
    ) -> Iterator[Take]:
        """Yield the takes of the subjects, except those named in `skipped`, as recorded."""
        ...


class ReadDetections(Protocol):
    """Read detected 2D keypoints of a source."""

    def __call__(self, settings: Any, path: Path, raw: Path, subjects: Sequence[str], fps: float) -> Detections | None:
        """Detections of the subjects at the pipeline's frame rate; None where the settings ask for projected joints."""
        ...


class Missing(Protocol):
    """Check for files that the user has to provide."""

    def __call__(self, settings: Any, path: Path, subjects: Sequence[str]) -> str | None:
        """One line that says which files are missing, where to get them and where to put them; None if none is."""
        ...


class Detections(Protocol):
    """Keypoints that a detector found in the videos of a source, in the detector's own order."""

    @property
    def layout(self) -> str:
        """Name of that order; those in `jointaware.mocap.plausible.keypoints.JOINT_AT` are compared with the joints."""
        ...

    @property
    def mirrored(self) -> tuple[int, ...]:
        """Index of each keypoint's counterpart on the other side of the body."""
        ...

    def of(self, take: Take, camera: str, *, skipped: int = 0) -> tuple[np.ndarray, int]:
        """Pixels of a take in one camera, (frames, 17, 2) float32, and the number of surplus frames cut from the end.

        skipped: frames left out at the start of the take.
        """
        ...
