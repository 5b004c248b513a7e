"""Atomic writes: a file or folder appears whole or not at all, and several of them together or not at all.

Everything is written to a hidden folder beside its final place, flushed to disk, and renamed at the end. The hidden
folder is locked by the process that writes. A lock ends with its process, also with a killed one, whatever its number:
the next write to the same place finds what dead processes left there, undoes renames that were not completed, and
removes the rest.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from jointaware.journal import (
    JOURNAL,
    LOCK,
    NEW,
    OLD,
    PREFIX,
    Move,
    flush,
    flush_folder,
    make_all,
    naming,
    undo_journal,
)


@contextmanager
def together() -> Iterator[None]:
    """Everything that the block writes appears at its end, or nothing if it fails. Until then, see `written`."""
    if _current.get() is not None:
        yield
        return
    transaction = _Transaction()
    token = _current.set(transaction)
    try:
        yield
        transaction.commit()
    finally:
        _current.reset(token)
        transaction.close()


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path of the same name, renamed to `path` if the block succeeds; InputError if it cannot be written.

    Within a folder of `writing_folder` it is the path itself.
    """
    if PREFIX in str(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        yield path
        return
    with together(), naming(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        temporary = _transaction().place(path)
        yield temporary
        temporary.chmod(0o644)  # safetensors writes files that only their owner can read
        _transaction().finish(path)


@contextmanager
def writing_folder(path: Path) -> Iterator[Path]:
    """A temporary folder of the same name, which replaces the folder `path` if the block succeeds, as `writing`."""
    with together(), naming(path):
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        temporary = _transaction().place(path)
        temporary.mkdir()
        yield temporary
        _transaction().finish(path)


def written(path: Path) -> Path:
    """Where to read a file: one that the current block of `together` has written is not in its final place yet."""
    transaction = _current.get()
    return path if transaction is None else transaction.ready.get(path, path)


@dataclass
class _Transaction:
    """What a block of `together` writes.

    places: the hidden folder and its lock for each folder written to. ready: temporary path of each final path.
    """

    places: dict[Path, tuple[Path, IO[bytes]]] = field(default_factory=dict)
    ready: dict[Path, Path] = field(default_factory=dict)

    def place(self, path: Path) -> Path:
        """The temporary path of a final path."""
        folder = path.parent
        if folder not in self.places:
            folder.mkdir(parents=True, exist_ok=True)
            with _locked([folder]):
                _clean(folder)
                self.places[folder] = _hidden_folder(folder)
        return self.places[folder][0] / NEW / path.name

    def finish(self, path: Path) -> None:
        """Flush what was written for a final path; `commit` will rename it."""
        temporary = self.place(path)
        flush(temporary)
        self.ready[path] = temporary

    def commit(self) -> None:
        """Rename everything into place, or restore everything. Two processes never mix their files."""
        moves = [Move(self.places[path.parent][0], path.name, os.path.lexists(path)) for path in self.ready]
        if not moves:
            return
        with naming(moves[0].final), _locked(self.places):
            for folder in self.places:
                _clean(folder)
            if len(moves) == 1 and moves[0].new.is_file():
                moves[0].new.replace(moves[0].final)
                flush_folder(moves[0].final.parent)
            else:
                make_all(moves)

    def close(self) -> None:
        """Remove the hidden folders, unless they are needed because moves could not be undone."""
        is_needed = any((hidden / JOURNAL).exists() for hidden, _ in self.places.values())
        for hidden, lock in self.places.values():
            if not is_needed:
                shutil.rmtree(hidden, ignore_errors=True)
            lock.close()


_current: ContextVar[_Transaction | None] = ContextVar("transaction", default=None)


def _transaction() -> _Transaction:
    transaction = _current.get()
    assert transaction is not None
    return transaction


def _hidden_folder(folder: Path) -> tuple[Path, IO[bytes]]:
    """A new hidden folder, and its lock, to be held as long as it is in use."""
    hidden = folder / Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder)).name
    lock = (hidden / LOCK).open("wb")
    with suppress(OSError):  # some network file systems have no locks: then nothing is ever taken for dead
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    for name in (NEW, OLD):
        (hidden / name).mkdir()
    return hidden, lock


def _clean(folder: Path) -> None:
    """Undo and remove what dead processes left in a folder, which this process has locked."""
    for hidden in folder.glob(f"{PREFIX}*"):
        if os.path.lexists(hidden / LOCK) and not (hidden / LOCK).is_file():
            continue
        with suppress(OSError), (hidden / LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its process lives
            undo_journal(hidden)
            shutil.rmtree(hidden)


@contextmanager
def _locked(folders: Iterable[Path]) -> Iterator[None]:
    """Wait until no other process cleans up or renames in these folders."""
    with ExitStack() as stack:
        for folder in sorted({folder.resolve() for folder in folders}):
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            with suppress(OSError):  # some network file systems cannot lock folders
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
