"""Records: SHA-256 digests of what a stage read and wrote, which `lineage` follows from a number to the raw files.

A record also contains a digest of itself, which detects accidental changes. Deliberate changes show in git, which
tracks `results/record.json`. Stages compare the digests with the files that they read, however they are started.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, NonNegativeInt, TypeAdapter, ValidationError

from jointaware.artifacts.files import sha256, write_text
from jointaware.atomic import written
from jointaware.errors import InputError

RECORD = "record.json"
"""File name of a record, beside the files that it describes."""
SEAL = "sha256"

Shape = TypeVar("Shape")


class _Read(BaseModel):
    """The keys of a JSON file that its readers need; others are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Record(_Read):
    """What `write_record` wrote: digests of output files and input files by path."""

    made: dict[str, str]
    made_from: dict[str, str]


class MotionFile(_Read):
    """A file of the manifest."""

    path: str
    sha256: str


class Manifest(_Read):
    """What stages.fetch wrote: the files of a source."""

    source: str
    licence: str
    files: list[MotionFile]


class TrainingRecord(_Read):
    """What stages.train wrote. checkpoint: where the network is from, if it was trained elsewhere."""

    experiment: str
    sequences_sha256: str
    network_sha256: str
    history_sha256: str
    weights: NonNegativeInt
    checkpoint: dict[str, str] | None = None


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
    """A JSON file of a shape that pydantic knows; InputError if it is missing, damaged or of another shape."""
    if path.exists() and not path.is_file():
        raise unusable(path, "found no regular file, expected JSON", stage)
    try:
        return TypeAdapter(shape).validate_json(path.read_bytes(), strict=True)
    except FileNotFoundError:
        raise unusable(path, "missing", stage) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "".join(f"{each}: " for each in first["loc"])
        raise unusable(path, f"{where}{first['msg']}", stage) from error


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


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()


def _text(content: Any) -> str:
    return json.dumps(content, indent=2, allow_nan=False) + "\n"
