"""Whether the page in git is of the files that are in git now: it carries the digests of what it was made from."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from jointaware.errors import InputError

DIGESTS = re.compile(r'<script type="application/json" id="made-from">(.*?)</script>')


def check(page: Path, made_from: Iterable[Path | str]) -> None:
    """Refuse a page that is of other files than are in git now."""
    expected = f"expected what `make site` writes; {page} is out of date"
    try:
        found = DIGESTS.search(page.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{page}: missing, {expected}") from error
    before = json.loads(found[1]) if found else {}
    for path, digest in digests(made_from).items():
        if before.get(path) != digest:
            raise InputError(f"{path}: changed since, {expected}")


def digests(made_from: Iterable[Path | str]) -> dict[str, str]:
    """SHA-256 over the names and bytes of the files at each of these files and folders that git tracks or would add."""
    made = {}
    for path in map(str, made_from):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", path]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        digest = hashlib.sha256()
        for name in sorted({*listed.split("\0")} - {""}):
            if Path(name).is_file():
                digest.update(name.encode() + b"\0" + Path(name).read_bytes() + b"\0")
        made[path] = digest.hexdigest()
    return made
