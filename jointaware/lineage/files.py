"""A file, and the SHA-256 that was recorded for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from jointaware.artifacts.files import sha256


class Expected(NamedTuple):
    """A file, the digest it must have, the file that records it, and its run (empty: shared by all runs)."""

    path: str
    sha256: str
    recorded_by: str
    run: str = ""


class Problem(NamedTuple):
    """Evidence against a number. kind: changed or missing for a file, value for a number in a table."""

    path: str
    kind: str
    text: str


def digest_now(path: str) -> str:
    """SHA-256 of a file; empty where it is missing."""
    try:
        return sha256(Path(path)) if os.path.isfile(path) else ""
    except OSError:
        return "unreadable"


def compare(link: Expected, digest: str) -> Problem | None:
    """What is wrong with a file that has this digest; None if it is the recorded one."""
    if not link.sha256:
        return Problem(link.path, "changed", f"{link.path}: no digest in {link.recorded_by}, expected one")
    if not digest:
        return Problem(link.path, "missing", f"{link.path}: missing")
    if digest != link.sha256:
        found, expected = digest[:12], link.sha256[:12]
        text = f"{link.path}: SHA-256 is {found}…, expected {expected}… as in {link.recorded_by}"
        return Problem(link.path, "changed", text)
    return None
