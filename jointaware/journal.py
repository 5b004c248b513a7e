"""Renames that are made all or none, also if the process is killed between two of them.

They are written to a journal before the first is made, which is deleted after the last. Where a dead process has left
a journal, its renames are undone: nothing is lost, because what a file replaces is kept until then.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError

from jointaware.errors import InputError

PREFIX = ".writing-"
"""Start of the name of a hidden folder (`jointaware.atomic`), which is beside the files that it is for."""
LOCK, NEW, OLD = "lock", "new", "old"
"""In a hidden folder: its lock, what is written, and what it replaces."""
JOURNAL, POINTER = "journal.json", "journal-in"
"""The journal is in one hidden folder; those for files in other places say in which."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn errors of writing into an InputError that names the final path; those that name other files stay."""
    try:
        yield
    except SafetensorError as error:
        reason = str(error).rpartition("I/O error: ")[2].partition(" (os error")[0]
        raise InputError(f"{path}: cannot be written ({reason})") from error
    except OSError as error:
        place = str(error.filename or path)
        if error.errno is None or (PREFIX not in place and not path.is_relative_to(place)):
            raise
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


class Move(NamedTuple):
    """A rename to make: `hidden`/new/`name` to where the hidden folder is. existed: whether it replaces something."""

    hidden: Path
    name: str
    existed: bool

    @property
    def final(self) -> Path:
        """The path to rename to."""
        return self.hidden.parent / self.name

    @property
    def new(self) -> Path:
        """The file or folder to rename."""
        return self.hidden / NEW / self.name

    @property
    def old(self) -> Path:
        """Where what it replaces is kept until all renames are made."""
        return self.hidden / OLD / self.name

    def make(self) -> None:
        """Keep the old one, and rename the new one."""
        if self.existed:
            try:
                os.link(self.final, self.old, follow_symlinks=False)  # so that the file is never missing
            except OSError:  # a folder, or a file system without hard links
                self.final.rename(self.old)
        self.new.replace(self.final)

    def undo(self) -> None:
        """Restore what was there before, however far `make` or an earlier `undo` got."""
        if self.existed and os.path.lexists(self.old):
            if self.final.is_dir() and not self.final.is_symlink():
                self.final.rename(self.new)
            self.old.replace(self.final)
        elif not self.existed and not os.path.lexists(self.new) and os.path.lexists(self.final):
            self.final.rename(self.new)


def make_all(moves: list[Move]) -> None:
    """Make all moves or none; the journal tells the next start what to undo if this process is killed meanwhile."""
    journal = _write_journal(moves)
    try:
        for move in moves:
            with naming(move.final):
                move.make()
        for folder in {move.hidden.parent for move in moves}:
            flush_folder(folder)
    except BaseException:
        _undo(moves)
        journal.unlink()
        raise
    journal.unlink()


def undo_journal(hidden: Path) -> None:
    """Undo the moves of an interrupted block, which have their journal in this hidden folder or in another."""
    with _explaining(hidden / POINTER):
        pointer = _read(hidden / POINTER)
        first = _absolute(pointer, hidden) if pointer else hidden
    journal = first / JOURNAL
    if not os.path.lexists(journal):
        return
    with (first / LOCK).open("ab") as lock:
        if first != hidden:
            fcntl.flock(lock, fcntl.LOCK_EX)
        with _explaining(journal):
            rows = json.loads(_read(journal))
            moves = [Move(_absolute(folder, first), Path(name).name, existed) for folder, name, existed in rows]
        _undo(moves)
        journal.unlink()


def _read(path: Path) -> str:
    """Content of a file; empty if there is none, ValueError if something else is in its place."""
    if os.path.lexists(path) and not path.is_file():
        raise ValueError(f"{path} is no file")
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Turn errors of reading a damaged file into an InputError that names it."""
    try:
        yield
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: damaged; `{OLD}` beside it holds files of an interrupted write") from error


def _undo(moves: list[Move]) -> None:
    for move in reversed(moves):
        move.undo()


def _write_journal(moves: list[Move]) -> Path:
    """Write the moves, with paths relative to the journal, so that the tree may be moved or mounted elsewhere."""
    first, *others = dict.fromkeys(move.hidden for move in moves)
    for other in others:
        _write_through(other / POINTER, _relative(first, other))
    rows = [[_relative(move.hidden, first), move.name, move.existed] for move in moves]
    return _write_through(first / JOURNAL, json.dumps(rows))


def _relative(path: Path, hidden: Path) -> str:
    return os.path.relpath(path.resolve(), hidden.resolve())


def _absolute(path: str, hidden: Path) -> Path:
    """The hidden folder at a relative path; ValueError if it is not one, so that no journal can move anything else."""
    found = Path(os.path.normpath(hidden.resolve() / path))
    if not found.name.startswith(PREFIX):
        raise ValueError(f"{found} is no hidden folder")
    return found


def _write_through(path: Path, text: str) -> Path:
    """Write a file that is there only if it is whole, also after a power failure."""
    temporary = path.with_suffix(".new")
    temporary.write_text(text, encoding="utf-8")
    flush(temporary)
    temporary.replace(path)
    flush_folder(path.parent)
    return path


def flush(path: Path) -> None:
    """Write a file, or a folder with everything in it, through to the disk."""
    if path.is_dir():
        for entry in path.iterdir():
            flush(entry)
        flush_folder(path)
        return
    with path.open("rb") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Write the names in a folder through to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
