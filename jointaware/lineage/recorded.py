"""Records as a trace finds them: reading one ends, whatever is in its place, and gives what its readers expect.

A record that cannot be read counts as an empty one where another record has its digest, which then differs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict  # as pydantic asks for before Python 3.12

from jointaware.errors import InputError

Shape = TypeVar("Shape")
MAX_BYTES = 2**26
"""A record of a hundred thousand files has some ten mebibytes."""


class DamagedError(InputError):
    """A file that exists but is not what the pipeline wrote."""


@with_config(ConfigDict(extra="ignore"))
class AggregateRecord(TypedDict):
    """What aggregate wrote."""

    source: str
    actions: list[str]
    experiments: list[str]
    roles: dict[str, str]
    seeds: list[int]
    made: dict[str, str]
    made_from: dict[str, str]


@with_config(ConfigDict(extra="ignore"))
class StageRecord(TypedDict, total=False):
    """What another stage wrote about its files: digests by path, and its parameters."""

    made: dict[str, str]
    made_from: dict[str, str]
    parameters: dict[str, Any]


@with_config(ConfigDict(extra="ignore"))
class Listed(TypedDict, total=False):
    """A file with its digest, and the file it was made from with its own."""

    path: str
    sha256: str
    origin: str
    origin_sha256: str


@with_config(ConfigDict(extra="ignore"))
class Manifest(TypedDict, total=False):
    """What fetch wrote."""

    parameters: dict[str, Any]
    files: list[Listed]


@with_config(ConfigDict(extra="ignore"))
class TrainingRecord(TypedDict, total=False):
    """What train wrote about a network, and predict and smooth into the headers of its predictions."""

    network_sha256: str
    sequences_sha256: str
    predictions_sha256: str
    smoother_sha256: str
    history_sha256: str
    weights: int
    parameters: dict[str, Any]
    checkpoint: Listed


def read(path: Path, shape: type[Shape]) -> Shape:
    """A JSON file of this shape; InputError where there is none, DamagedError where it has another content."""
    if not path.is_file():
        raise InputError(f"{path}: missing, expected a record of the pipeline")
    if (size := path.stat().st_size) > MAX_BYTES:
        raise DamagedError(f"{path}: found {size} bytes, expected a record of at most {MAX_BYTES}")
    try:
        return TypeAdapter(shape).validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))[:80]
        raise DamagedError(f"{path}: {f'{where}: ' if where else ''}{first['msg']}, expected a record") from error


def read_or_empty(path: Path, shape: type[Shape]) -> Shape:
    """The same, and an empty record where it cannot be read."""
    try:
        return read(path, shape)
    except (InputError, OSError):
        return shape()


def checked(content: dict[str, Any], shape: type[Shape]) -> Shape:
    """Content read from elsewhere; an empty record where it has another shape."""
    try:
        return TypeAdapter(shape).validate_python(content)
    except ValidationError:
        return shape()
