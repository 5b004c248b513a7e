"""SHA-256 digests of files whose digest was not known: recorded when a file is first fetched, and held from then on.

The record has the form of `sha256sum`, one line for each file, and is kept in git.
"""

from __future__ import annotations

from pathlib import Path

from jointaware.atomic import writing
from jointaware.errors import InputError


def read_digests(path: Path) -> dict[str, str]:
    """Digest of each recorded file by its path in the database; none if there is no record."""
    digests = {}
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for number, line in enumerate(text.splitlines(), start=1):
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise InputError(f"{path}, line {number}: found {line[:80]!r}, expected a SHA-256, two spaces and a file")
        digests[name] = digest
    return digests


def record_digests(path: Path, digests: dict[str, str]) -> None:
    """Write the record, in the order of the files' paths."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    with writing(path) as temporary:
        temporary.write_text(lines, encoding="utf-8")
