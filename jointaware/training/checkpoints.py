"""Checkpoints: training can be interrupted at any time and resumes after the last complete epoch, with the same result.

A checkpoint is stored outside the outputs that DVC and Snakemake delete before a run, in a folder named by a
fingerprint of everything the result depends on: after a change of parameters, data or code, no stale checkpoint is
resumed. It starts with the SHA-256 of its content, and the one before it is kept: from a damaged one nothing is read.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.journal import naming
from jointaware.progress import report

STATE, PREVIOUS = "state.pt", "previous.pt"
"""The states after the last and the last but one epoch: 32 bytes of SHA-256, then what `torch.save` wrote."""
DAMAGED = ".damaged"
DIGEST_BYTES = hashlib.sha256().digest_size

State = dict[str, Any]


def fingerprint(*parts: object) -> str:
    """Short digest of values that JSON can represent."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Lock a folder; InputError if another process has locked it (training may outlive a killed `dvc repro`)."""
    path = folder / "lock"
    with naming(path):
        folder.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+b", buffering=0)  # a full disk is noticed by `write`, not by `close`
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            owner = lock.read().decode(errors="replace").strip()
            raise InputError(
                f"{folder}: another process (pid {owner}) is training this run; wait for it or stop it"
            ) from error
        with naming(path):
            lock.truncate(0)
            lock.write(str(os.getpid()).encode())
        yield


class Pace:
    """When to save: after every epoch, unless saving takes long and would take more than a tenth of the time."""

    FAST = 1.0
    """Seconds: what never counts as long."""

    def __init__(self) -> None:
        self._saved, self._took = time.perf_counter(), 0.0

    def save(self, folder: Path, state: State, *, is_last: bool) -> None:
        """Save the state after an epoch if it is time; the last one always."""
        started = time.perf_counter()
        if is_last or self._took < self.FAST or started - self._saved >= 10 * self._took:
            save(folder, state)
            self._saved = time.perf_counter()
            self._took = self._saved - started


def save(folder: Path, state: State) -> None:
    """Save the state after an epoch, atomically, and keep the one before."""
    buffer = io.BytesIO()  # torch reports errors of the disk without their cause
    torch.save(state, buffer)
    # Released here: on Python 3.12.1, garbage collection crashes on a buffer that it frees before the view of it.
    with buffer.getbuffer() as content, writing(folder / STATE) as temporary:
        with temporary.open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        with suppress(FileNotFoundError):
            (folder / STATE).replace(folder / PREVIOUS)


def load(folder: Path, check: Callable[[State], None]) -> State | None:
    """The last state that is undamaged, None if there is none; damaged ones are set aside, with a line on stderr.

    check: raises ValueError if a state does not fit. Nothing in a file is executed.
    """
    for name, otherwise in {STATE: "resuming from the one before it", PREVIOUS: "training starts over"}.items():
        path = folder / name
        try:
            state = _read(path)
            check(state)
            return state
        except FileNotFoundError:
            continue
        except (ValueError, LookupError, TypeError, AttributeError, RuntimeError, pickle.UnpicklingError) as error:
            aside = path.with_name(path.name + DAMAGED)
            path.replace(aside)
            if name == STATE and not (folder / PREVIOUS).exists():
                otherwise = "training starts over"
            why = " ".join(str(error).split())
            report(f"{path}: damaged ({why}), set aside as {aside.name}; {otherwise}")
    return None


def _read(path: Path) -> State:
    content = path.read_bytes()
    digest, rest = content[:DIGEST_BYTES], memoryview(content)[DIGEST_BYTES:]
    if hashlib.sha256(rest).digest() != digest:
        raise ValueError(f"its {len(content)} bytes do not have the SHA-256 they start with")
    return torch.load(io.BytesIO(rest), map_location="cpu", weights_only=True)
