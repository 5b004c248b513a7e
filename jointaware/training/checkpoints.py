"""Training that can be stopped at any moment and goes on where it was, with the same result.

A checkpoint lies outside the outputs that DVC and Snakemake delete before a run, in a folder named by a fingerprint of
everything the result depends on: a changed parameter, data set or line of code never resumes an old state.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from jointaware.artifacts.files import writing
from jointaware.errors import InputError


def fingerprint(*parts: Any) -> str:
    """A short digest of values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the folder; InputError says who does if another process has it (a trainer outlives a killed `dvc`)."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise InputError(f"{folder}: process {lock.read().strip()} is training this run; wait or end it") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def save(folder: Path, state: dict[str, Any]) -> None:
    """Keep the state after an epoch."""
    with writing(folder / "state.pt") as temporary:
        torch.save(state, temporary)


def load(folder: Path) -> dict[str, Any] | None:
    """The state after the last whole epoch, None if there is none. Nothing in the file is executed."""
    try:
        return torch.load(folder / "state.pt", map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
