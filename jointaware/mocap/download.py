"""Download files, and check them against a known SHA-256."""

from __future__ import annotations

import hashlib
import math
import shutil
import urllib.request
from pathlib import Path

from jointaware.errors import InputError
from jointaware.progress import follow

TIMEOUT_SECONDS = 60
MEBIBYTE = 2**20


def download(url: str, target: Path, *, hint: str) -> None:
    """Copy a http(s):// or file:// URL to a path; what follows file:// may be a relative path.

    hint: what the user can do if the download fails, for the error message.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if url.startswith("file://"):
            shutil.copyfile(url.removeprefix("file://"), target)
        else:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as source, target.open("wb") as file:
                size = int(source.headers.get("Content-Length") or 0)
                chunks = iter(lambda: source.read(MEBIBYTE), b"")
                for chunk in follow(chunks, target.name, total=math.ceil(size / MEBIBYTE) or None, unit="MiB"):
                    file.write(chunk)
                if size and file.tell() != size:
                    raise OSError(f"received {file.tell()} of {size} bytes")
    except OSError as error:
        raise InputError(f"{url}: cannot be read ({error}); {hint}") from error


def check_digest(path: Path, digest: str, *, origin: str, expected: str) -> None:
    """Raise InputError unless the file has this SHA-256.

    origin: where the file came from. expected: what the message says was expected.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        raise InputError(f"{origin}: SHA-256 is {found}, expected {expected}")
