"""Records: SHA-256 digests of what a stage read and wrote, which `lineage` follows from a number to the raw files.

A record also contains a digest of itself, which detects accidental changes. Deliberate changes show in git, which
tracks `results/record.json`. Stages compare the digests with the files that they read, however they are started.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, TypeAdapter, ValidationError

from jointaware.artifacts.files import sha256, write_text
from jointaware.atomic import written
from jointaware.errors import InputError
from jointaware.progress import follow

if TYPE_CHECKING:
    from jointaware.mocap.take import Take

RECORD = "record.json"
"""File name of a record, beside the files that it describes."""
SEAL = "sha256"
MAX_BYTES = 2**26
"""A record of a hundred thousand files has some ten mebibytes."""

Shape = TypeVar("Shape")


class _Read(BaseModel):
    """The keys of a JSON file that its readers need; others are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class DamagedError(InputError):
    """A file that exists but is not what the pipeline wrote."""


class Record(_Read):
    """What `write_record` wrote: digests of output files and input files by path, and the stage's parameters."""

    made: dict[str, str]
    made_from: dict[str, str]
    parameters: dict[str, Any] = {}


class AggregateRecord(Record):
    """What stages.aggregate wrote beside the tables."""

    source: str
    actions: list[str]
    experiments: list[str]
    roles: dict[str, str]
    seeds: list[int]


class Listed(_Read):
    """A file with its digest, and the user's original that it is a copy of, if there is one."""

    path: str = Field(pattern="^[^\\x00]+$")
    sha256: str
    origin: str = ""
    origin_sha256: str = ""


class Manifest(_Read):
    """What stages.fetch wrote: the files of a source."""

    source: str
    licence: str
    files: list[Listed]
    parameters: dict[str, Any] = {}


class NetworkRecord(_Read):
    """What every version of stages.train wrote beside a network."""

    network_sha256: str


class Origin(NetworkRecord):
    """What stages.predict wrote into the header of its predictions: what they were made from."""

    sequences_sha256: str
    parameters: dict[str, Any] = {}


class SmoothedOrigin(Origin):
    """What stages.smooth wrote into the header of its predictions."""

    predictions_sha256: str
    smoother_sha256: str
    history_sha256: str


class TrainingRecord(Origin):
    """What stages.train wrote. checkpoint: where the network is from, if it was trained elsewhere."""

    experiment: str
    seed: NonNegativeInt
    history_sha256: str
    weights: NonNegativeInt
    checkpoint: Listed | None = None


def write_record(path: Path, *, made: Iterable[Path], made_from: Iterable[Path], **facts: Any) -> None:
    """Write the digests of output files and input files, after the other facts to be recorded."""
    content = {**facts, "made": digests(made), "made_from": digests(made_from)}
    write_text(path, _text(content | {SEAL: _seal(content)}))


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file by path, in sorted order."""
    return {path.as_posix(): sha256(written(path)) for path in sorted(paths)}


def is_whole(path: Path) -> bool:
    """Whether a record is unchanged since `write_record` wrote it."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        content = json.loads(text)
        return text == _text(content) and content.pop(SEAL) == _seal(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def unusable(path: Path, problem: str, stage: str) -> InputError:
    """An error that names a file, what is wrong with it, and the stage to rerun."""
    return InputError(f"{path}: {problem}; run `dvc repro {stage}`")


def read_record(path: Path, shape: type[Shape], stage: str) -> Shape:
    """A JSON file of a shape that pydantic knows; InputError if it is missing, DamagedError if it is of another shape.

    stage: what writes it; empty for a file from elsewhere, which no stage here can write again.
    """
    advice = f"; run `dvc repro {stage}`" if stage else ", expected what the pipeline wrote"
    if not path.exists():
        raise InputError(f"{path}: missing{advice}")
    if not path.is_file():
        raise DamagedError(f"{path}: found no regular file, expected JSON{advice}")
    if (size := path.stat().st_size) > MAX_BYTES:
        raise DamagedError(f"{path}: found {size} bytes, expected at most {MAX_BYTES}{advice}")
    try:
        return TypeAdapter(shape).validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "".join(f"{each!s:.80}: " for each in first["loc"])
        raise DamagedError(f"{path}: {where}{first['msg']}{advice}") from error


def check_made(record: Path, paths: Iterable[Path], stage: str) -> None:
    """Raise InputError if a record lists one of these files, which are in its folder, with another digest.

    Files are found by their path below the record's folder, which may have been moved. Without a record, and for files
    that it does not list, there is nothing to compare.
    """
    if not record.is_file():
        return
    made = read_record(record, Record, stage).made
    if not is_whole(record):
        raise unusable(record, "damaged", stage)
    for path in paths:
        name = path.relative_to(record.parent).parts
        listed = [digest for key, digest in made.items() if PurePath(key).parts[-len(name) :] == name]
        if listed and path.is_file() and sha256(path) not in listed:
            raise unusable(path, f"differs from the file that {record} lists", stage)


def check_sequences(path: Path) -> None:
    """Raise InputError if the record of preprocess beside the sequences lists other ones, arrays or table."""
    check_made(path.with_name(RECORD), (path, path.with_suffix(".csv")), "preprocess")


def check_manifest(manifest: Path, source: str) -> tuple[str, ...]:
    """The files that fetch listed; InputError unless they are the same, and of this source."""
    listed = read_record(manifest, Manifest, "fetch")
    if listed.source != source:
        raise InputError(f"{manifest}: lists files of {listed.source}, expected {source}; run fetch again")
    for file in follow(listed.files, "checking", total=len(listed.files), unit="files"):
        if sha256(Path(file.path)) != file.sha256:
            raise InputError(f"{file.path}: differs from the file that {manifest} lists; run fetch again")
    return tuple(file.path for file in listed.files)


def check_listed(takes: Iterable[Take], listed: tuple[str, ...], manifest: Path) -> None:
    """Raise InputError for a take from a file that fetch did not list, so that its digest is nowhere."""
    known = tuple(map(os.path.abspath, listed))
    for take in takes:
        if take.where and not os.path.abspath(take.where).startswith(known):
            raise InputError(f"{take.where}: {manifest} does not list this file; run fetch again")


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()


def _text(content: Any) -> str:
    return json.dumps(content, indent=2, allow_nan=False) + "\n"
