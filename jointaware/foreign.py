"""Read files that others wrote: whatever is wrong with one is reported in one line, before it does harm.

Third-party readers trust what a file declares. A damaged or hostile file of a few bytes can make them allocate
gigabytes, loop for minutes or wait forever for a device; `reading` bounds all three by the size of the file.
"""

from __future__ import annotations

import signal
import stat
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from jointaware.errors import InputError

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

MEBIBYTE = 2**20
SECONDS, SECONDS_PER_MEBIBYTE, SECONDS_PER_FILE = 1.5, 1.0, 0.002
"""Processor time that reading a file may take: some fifty times what real files need."""

MEMORY, MEMORY_PER_BYTE = 256 * MEBIBYTE, 32
"""Address space that reading a file may take, in bytes, and in bytes for each of its bytes."""

CONTENT, CONTENT_PER_BYTE = 64 * MEBIBYTE, 20
"""Size that the content of a compressed file may have; recorded motion compresses by less than 2."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_ADDED = ("__MACOSX", "@eaDir")
"""Folders that archives made on macOS, and Synology's servers, have beside the user's own."""
_WEB_PAGE = (b"<!doctype html", b"<html")
_LFS_POINTER = b"version https://git-lfs"


@contextmanager
def refusing(where: object, expected: str) -> Iterator[None]:
    """Turn any error of the block into an InputError that says where, what was found, and what was expected."""
    try:
        yield
    except InputError:
        raise
    except ImportError as error:
        raise InputError(f"{where}: needs a library that is not installed: pip install {error.name}") from error
    except Exception as error:
        # Damaged bytes surface as almost any exception, from EOFError to UnicodeDecodeError.
        found = _one_line(f"{type(error).__name__}: {error}".removesuffix(": "))
        raise InputError(f"{where}: cannot be read ({found}), expected {expected}") from error


@contextmanager
def reading(path: Path, expected: str, *, where: object = None) -> Iterator[None]:
    """Read a file in the block, with any library: bounded time and memory, any error an InputError, no warnings.

    where: what messages name instead of the path, for a part of a file.

    What is no regular file is refused unopened, and so are an empty file, a web page and a Git LFS pointer. The limits
    hold in the main thread, for the whole process; the block must not yield to code that has nothing to do with the
    file. Within another `reading` the tighter limit holds.
    """
    where = path if where is None else where
    with refusing(where, expected), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_kind(path, expected, where=where)
        size = path.stat().st_size
        with (
            _limited_time(SECONDS + SECONDS_PER_MEBIBYTE * size / MEBIBYTE),
            _limited_memory(MEMORY + MEMORY_PER_BYTE * size),
        ):
            yield


def reading_each(files: Mapping[int, Path], expected: str, read: Callable[[int, Path], None]) -> None:
    """Call `read` for each of the many small files of a folder, in the order of their numbers, as within `reading`.

    The limits hold for all files together; errors name the file.
    """
    size = 0
    for path in files.values():
        check_kind(path, expected)
        size += path.stat().st_size
    seconds = SECONDS + SECONDS_PER_MEBIBYTE * size / MEBIBYTE + SECONDS_PER_FILE * len(files)
    with _limited_time(seconds), _limited_memory(MEMORY + MEMORY_PER_BYTE * size):
        for number, path in sorted(files.items()):
            with refusing(path, expected):
                read(number, path)


def check_kind(path: Path, expected: str, *, where: object = None) -> None:
    """Raise InputError unless a path is, or links to, a regular file that is not obviously something else."""
    where = path if where is None else where
    with refusing(where, expected):
        mode = path.stat().st_mode
        found = _KINDS.get(stat.S_IFMT(mode), "no regular file")
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                found = _kind(file.read(512))
    if found:
        raise InputError(f"{where}: found {found}, expected {expected}")


def check_regular(path: Path) -> None:
    """Raise InputError for a folder, a device or a pipe, of which the last two may never end.

    What a file holds, and that it is there, is left to its reader.
    """
    if path.exists() and not path.is_file():
        found = _KINDS.get(stat.S_IFMT(path.stat().st_mode), "no regular file")
        raise InputError(f"{path}: found {found}, expected a file")


def check_content(size: int, path: Path, *, where: object = None) -> None:
    """Raise InputError if a file declares more content than a file of its size holds.

    size: bytes after decompression.
    """
    held = path.stat().st_size
    if size > (most := CONTENT + CONTENT_PER_BYTE * held):
        raise InputError(
            f"{where or path}: declares {size} bytes of content, expected at most {most} in a file of {held} bytes"
        )


def visible(folder: Path, pattern: str) -> list[Path]:
    """Paths below a folder that match a pattern, sorted; without hidden ones, and those that file servers add.

    macOS writes a `._NAME` of another format beside every file on a disk that is not its own.
    """
    found = ((path, path.relative_to(folder).parts) for path in sorted(folder.glob(pattern)))
    return [path for path, parts in found if not any(part.startswith(".") or part in _ADDED for part in parts)]


def listed(names: Iterable[object]) -> str:
    """The first few names found in a file, for a message."""
    first = [_one_line(str(name), 40) for name in islice(names, 11)] or ["none"]
    return ", ".join(first if len(first) <= 10 else [*first[:10], "..."])


def _kind(head: bytes) -> str:
    """What the first bytes of a file say it is instead of data; empty if nothing."""
    if not head:
        return "an empty file"
    if head.startswith(_LFS_POINTER):
        return "a Git LFS pointer instead of the file (git lfs pull brings it)"
    return "a web page" if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGE) else ""


def _one_line(text: str, length: int = 300) -> str:
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 2 * length]).split())
    return text if len(text) <= length else f"{text[:length]}..."


class _OutOfTime(BaseException):
    """Not an Exception, so that a library which catches all of those does not swallow it."""


@contextmanager
def _limited_time(seconds: float) -> Iterator[None]:
    """Interrupt the block after this much processor time, so that a busy machine makes no difference."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield  # signals reach only the main thread
        return
    is_reading = True

    def interrupt(*_: object) -> None:
        if is_reading:
            raise _OutOfTime

    started = time.process_time()
    handler = signal.signal(signal.SIGPROF, interrupt)
    before, interval = signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    if 0 < before < seconds:
        signal.setitimer(signal.ITIMER_PROF, before, 1.0)
    try:
        yield
    except _OutOfTime:
        is_reading = False
        raise TimeoutError(f"more than {seconds:.1f} seconds of work for a file of this size") from None
    finally:
        is_reading = False
        remaining = max(before - (time.process_time() - started), 1e-3) if before else 0.0
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_DFL if handler is None else handler)
        signal.setitimer(signal.ITIMER_PROF, remaining, interval)


@contextmanager
def _limited_memory(size: int) -> Iterator[None]:
    """Let the block allocate this many bytes beyond what the process has; where the system cannot, without limit."""
    pages = Path("/proc/self/statm")
    if resource is None or threading.current_thread() is not threading.main_thread() or not pages.exists():
        yield  # two threads could restore each other's limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    allowed = int(pages.read_text().split()[0]) * resource.getpagesize() + size
    known = [limit for limit in (soft, hard, allowed) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(known), hard))
    try:
        yield
    except MemoryError as error:
        raise MemoryError(str(error) or f"more than {size // MEBIBYTE} MiB for a file of this size") from error
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
