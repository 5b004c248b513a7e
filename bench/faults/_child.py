"""A stage in a process forked from this one, which has imported everything: a try costs what the stage does, no more.

The child is limited in memory and time, so that a hostile file harms this try alone.
"""

from __future__ import annotations

import importlib
import math
import os
import resource
import select
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from jointaware.side_by_side import CORES
from stages.command import run

MEBIBYTE = 2**20
ADDRESS_SPACE = 4096 * MEBIBYTE
"""Beyond what the child starts with. More than a try may take, so that its appetite shows, less than a machine has."""
PATIENCE = 60.0
"""Seconds of wall time after which a child counts as hanging."""
Call = Callable[[], object]


class Ended(NamedTuple):
    """How a child ended. status: exit status, or minus the signal. seconds: of processor. mebibytes: growth."""

    status: int
    stdout: str
    stderr: str
    seconds: float
    mebibytes: float
    hangs: bool = False


def stage(name: str, arguments: Sequence[str]) -> Call:
    """The command of a stage, its errors turned into lines and exit statuses as on the command line."""

    def call() -> None:
        module = importlib.import_module(name)
        run(lambda: module.main(arguments))

    return call


def run_child(call: Call, folder: Path) -> Ended:
    """Call a function in a child with this working folder, and wait for its end."""
    with Child(call, folder) as child:
        return child.wait()


class Child:
    """A running child; killed on leaving the block, if it still runs."""

    def __init__(self, call: Call, folder: Path, *, file_bytes: int | None = None) -> None:
        self.output = [tempfile.TemporaryFile() for _ in ("stdout", "stderr")]  # noqa: SIM115, closed in __exit__
        reading, writing = os.pipe()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the threads of this process hold no locks
            self.pid = os.fork()
        if self.pid == 0:
            _become(call, folder, [file.fileno() for file in self.output], writing, file_bytes)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self.before = float(pipe.read() or 0)
        self.handle = os.pidfd_open(self.pid)
        self.is_running = True

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.is_running:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.handle)
        for file in self.output:
            file.close()

    def kill(self, by: signal.Signals, *, after: float) -> None:
        """Send a signal after some seconds, unless the child has ended by then."""
        if not self._ends_within(after):
            os.kill(self.pid, by)

    def wait(self) -> Ended:
        """Wait for the end; a child that hangs is killed."""
        hangs = not self._ends_within(PATIENCE)
        if hangs:
            os.kill(self.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self.pid, 0)
        self.is_running = False
        for file in self.output:
            file.seek(0)
        stdout, stderr = (file.read().decode(errors="replace") for file in self.output)
        return Ended(
            os.waitstatus_to_exitcode(status),
            stdout,
            stderr,
            seconds=usage.ru_utime + usage.ru_stime,
            mebibytes=max(0.0, usage.ru_maxrss / 1024 - self.before),
            hangs=hangs,
        )

    def _ends_within(self, seconds: float) -> bool:
        return bool(select.select([self.handle], [], [], seconds)[0])


def _become(call: Call, folder: Path, output: list[int], ready: int, file_bytes: int | None) -> None:
    """Be the child: never returns. ready: where to say how much memory it has at the start."""
    status = 1
    try:
        os.setsid()
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, file in enumerate(output, start=1):
            os.dup2(file, number)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _limit(resource.RLIMIT_AS, _virtual() + ADDRESS_SPACE)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_CPU, math.ceil(PATIENCE))
        if file_bytes is not None:
            _limit(resource.RLIMIT_FSIZE, file_bytes)
        _warn_as_python_does()
        os.environ[CORES] = "1"  # runs train one after another in this process
        os.write(ready, str(_resident()).encode())
        os.close(ready)
        call()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


def _limit(what: int, soft: int) -> None:
    resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))


def _warn_as_python_does() -> None:
    warnings.resetwarnings()
    for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", category)


def _virtual() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / MEBIBYTE
