"""Checkpoints: training can be interrupted at any time and resumes after the last complete epoch, with the same result.

A checkpoint is stored outside the outputs that DVC and Snakemake delete before a run, in a folder named by a
fingerprint of everything the result depends on: after a change of parameters, data or code, no stale checkpoint is
resumed.
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


def fingerprint(*parts: object) -> str:
    """Short digest of values that JSON can represent."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Lock a folder; InputError if another process has locked it (training may outlive a killed `dvc repro`)."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            owner = lock.read().strip()
            raise InputError(
                f"{folder}: another process (pid {owner}) is training this run; wait for it or stop it"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def save(folder: Path, state: dict[str, Any]) -> None:
    """Save the state after an epoch, atomically."""
    with writing(folder / "state.pt") as temporary:
        torch.save(state, temporary)


def load(folder: Path) -> dict[str, Any] | None:
    """The state after the last complete epoch, None if there is none. Nothing in the file is executed."""
    try:
        return torch.load(folder / "state.pt", map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
