"""What a stage read and wrote, by SHA-256: the links that `lineage.chain` follows from a number to the raw files.

A record also holds a digest of itself, so that no byte of it changes unseen. That tells an accident, not a forger:
against one there is git, which has `results/record.json`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jointaware.artifacts.files import sha256, write_text

RECORD = "record.json"
"""Name of a record, beside what it is about."""
SEAL = "sha256"


def write_record(path: Path, *, made: Iterable[Path], made_from: Iterable[Path], **facts: Any) -> None:
    """Write the digests of the files that were made and of those they were made from, and what else is to be known."""
    content = {**facts, "made": digests(made), "made_from": digests(made_from)}
    write_text(path, _text(content | {SEAL: _seal(content)}))


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """The SHA-256 of each file by its path."""
    return {path.as_posix(): sha256(path) for path in sorted(paths)}


def is_whole(path: Path) -> bool:
    """Whether a record is, byte by byte, what `write_record` wrote."""
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
