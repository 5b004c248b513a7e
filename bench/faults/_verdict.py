"""What a child may do: succeed, or say one line and exit with status 2, within time and memory."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from bench.faults._child import Ended
from jointaware.artifacts.files import sha256

HELD = ""
SECONDS, MEBIBYTES = 5.0, 1024.0
"""The most that a small file may take beyond the start of a stage: processor time, memory."""
ASKED_FOR_MEMORY = re.compile(r"MemoryError(?!: more than)|unable to allocate|can't allocate|cannot allocate", re.I)
"""Words of an allocation that would succeed on a larger machine; a reader's own bound is no such thing."""
PROGRESS = re.compile(r" left$| epoch \d|^resum|^warning: ")
NAMELESS = re.compile(r"^error: \[Errno \d+\] [^:]*$")
"""An error of the operating system without the file that it is about."""
NOT_RESULTS = (".checkpoints", "results/provenance", ".git", ".dvc", ".snakemake", "logs")
"""Folders whose contents may differ between two equal runs: where and when a network was trained, logs and costs."""
MARK = ".snakemake_timestamp"
"""File that Snakemake adds to a folder that it made."""


def complaint(ended: Ended, *, may_succeed: bool = True, is_measured: bool = True) -> str:
    """What is wrong with the end of a child, in one line; empty if nothing is."""
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    last = lines[-1] if lines else "silence"
    if ended.hangs:
        return "hangs"
    if "Traceback" in ended.stderr:
        return f"traceback: {last}"
    if ended.status < 0:
        return f"killed by {signal.Signals(-ended.status).name}"
    if is_measured and ended.seconds > SECONDS:
        return f"took {ended.seconds:.1f} s: {last}"
    if is_measured and ended.mebibytes > MEBIBYTES:
        return f"took {ended.mebibytes:.0f} MiB: {last}"
    if ASKED_FOR_MEMORY.search(ended.stderr):
        return f"took memory before looking: {last}"
    if ended.status == 2:
        said = [line for line in lines if not PROGRESS.search(line)]
        if NAMELESS.search(last):
            return f"names no file: {last}"
        return (
            HELD if len(said) == 1 and said[0].startswith("error: ") else f"said {len(said)} lines: {' / '.join(said)}"
        )
    if ended.status:
        return f"exit status {ended.status}: {last}"
    if not may_succeed:
        return "accepted"
    if any("Warning" in line for line in lines):
        return f"a warning of a library: {next(line for line in lines if 'Warning' in line)}"
    return HELD


def digests(folder: Path, *results: str) -> dict[str, str]:
    """SHA-256 of the files that match a pattern, by path below the folder; without patterns, of all results."""
    found = {path for pattern in results or ("**/*",) for path in folder.glob(pattern) if path.is_file()}
    names = {path.relative_to(folder).as_posix(): path for path in sorted(found) if path.name != MARK}
    return {name: sha256(path) for name, path in names.items() if not name.startswith(NOT_RESULTS)}


def difference(expected: dict[str, str], folder: Path, *results: str) -> str:
    """The first file that a folder lacks, has in addition, or has with other bytes; empty if there is none."""
    found = digests(folder, *results)
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            return f"{name} is missing"
        if name not in expected:
            return f"{name} is left over"
        if found[name] != expected[name]:
            return f"{name} has other bytes"
    return HELD
