"""Download files, and check them against a known SHA-256."""

from __future__ import annotations

import errno
import hashlib
import http.client
import math
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from jointaware.errors import InputError
from jointaware.foreign import check_kind, check_regular
from jointaware.progress import follow

TIMEOUT_SECONDS = 60
MEBIBYTE = 2**20
LARGEST = 2**30
"""Most bytes that are downloaded; the largest file of any source is a sixth of it."""


def download(url: str, target: Path, *, hint: str) -> None:
    """Copy a http(s):// or file:// URL to a path, whole or not at all; what follows file:// may be a relative path.

    hint: what the user can do if the download fails, for the error message.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        with _opened(url, hint) as (source, size), part.open("wb") as file:
            chunks = iter(lambda: source.read(MEBIBYTE), b"")
            for chunk in follow(chunks, target.name, total=math.ceil(size / MEBIBYTE) or None, unit="MiB"):
                file.write(chunk)
                if file.tell() > LARGEST:
                    raise OSError(f"more than {LARGEST // MEBIBYTE} MiB")
            if size and file.tell() != size:
                raise OSError(f"received {file.tell()} of {size} bytes")
        check_kind(part, f"{target.name}; {hint}", where=url)
        part.replace(target)
    except InputError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise InputError(f"{target}: disk is full, expected space for {url}") from error
        found = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{url}: cannot be read ({found}); {hint}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _opened(url: str, hint: str) -> Iterator[tuple[IO[bytes], int]]:
    """What a URL leads to, and its size in bytes, 0 if unknown."""
    if url.startswith("file://"):
        path = Path(url.removeprefix("file://"))
        check_kind(path, f"a file; {hint}", where=url)
        with path.open("rb") as file:
            yield file, path.stat().st_size
    else:
        with closing(urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS)) as response:
            yield response, int(response.headers.get("Content-Length") or 0)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    check_regular(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_digest(path: Path, digest: str, *, origin: str, expected: str) -> None:
    """Raise InputError unless the file has this SHA-256.

    origin: where the file came from. expected: what the message says was expected.
    """
    if (found := digest_of(path)) != digest:
        raise InputError(f"{origin}: SHA-256 is {found}, expected {expected}")
