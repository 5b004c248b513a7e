"""What must hold before Snakemake starts a job: a scheduler that answers, and no other driver in the checkout."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dvc.fs import LocalFileSystem
from dvc.lock import LockError
from dvc.rwlock import rwlock

from jointaware.errors import InputError

LOCAL = "workflow/profiles/local"


def check_slurm() -> None:
    """InputError unless SLURM answers: without it, every job would fail, one after another, as often as is retried."""
    try:
        done = subprocess.run(["sinfo", "--noheader"], capture_output=True, text=True, check=False)
        said = done.stderr.strip().rpartition("\n")[2].removeprefix("sinfo: ")  # after why the name does not resolve
        why = (said or f"exit status {done.returncode}") if done.returncode else ""
    except FileNotFoundError:
        why = "not found on this machine"
    if why:
        raise InputError(f"sinfo: {why}: no SLURM here, start where it is, or with --profile {LOCAL}")


@contextmanager
def alone(checkout: Path) -> Iterator[None]:
    """Keep DVC from running stages in a checkout meanwhile, by its own lock; InputError if it runs some.

    A lock of a process that was killed does not count: DVC removes it.
    """
    everything = str(checkout.resolve())
    locks = checkout.resolve() / ".dvc/tmp"
    locks.mkdir(parents=True, exist_ok=True)
    lock = rwlock(str(locks), LocalFileSystem(), "snakemake", read=[], write=[everything], hardlink=False)
    try:
        lock.__enter__()
    except LockError as error:
        holders = ", ".join(dict.fromkeys(re.findall(r"\(PID \d+\): .*", str(error))))
        raise InputError(f"{checkout}: another driver is at work here, wait for it: {holders or error}") from None
    try:
        yield
    finally:
        lock.__exit__(None, None, None)
