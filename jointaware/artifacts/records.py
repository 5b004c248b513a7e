"""Records: SHA-256 digests of what a stage read and wrote, which `lineage` follows from a number to the raw files.

A record also contains a digest of itself, which detects accidental changes. Deliberate changes show in git, which
tracks `results/record.json`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jointaware.artifacts.files import sha256, write_text

RECORD = "record.json"
"""File name of a record, beside the files that it describes."""
SEAL = "sha256"


def write_record(path: Path, *, made: Iterable[Path], made_from: Iterable[Path], **facts: Any) -> None:
    """Write the digests of output files and input files, after the other facts to be recorded."""
    content = {**facts, "made": digests(made), "made_from": digests(made_from)}
    write_text(path, _text(content | {SEAL: _seal(content)}))


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file by path, in sorted order."""
    return {path.as_posix(): sha256(path) for path in sorted(paths)}


def is_whole(path: Path) -> bool:
    """Whether a record is unchanged since `write_record` wrote it."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        content = json.loads(text)
        return text == _text(content) and content.pop(SEAL) == _seal(content)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()


def _text(content: Any) -> str:
    return json.dumps(content, indent=2, allow_nan=False) + "\n"
