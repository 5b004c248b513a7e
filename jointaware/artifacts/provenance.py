"""Where and when a network was made: code, versions, machine, time.

None of this is in files that DVC hashes, so that a rerun that makes the same network changes none of them. It is kept
in `results/provenance/<experiment>-<seed>.json`, tracked by git, with the digest of the network that it describes.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from jointaware.artifacts.fields import Frozen
from jointaware.artifacts.files import write_json
from jointaware.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
"""The checkout; where the package is installed without one, the folder that it is installed in."""
ROOMS = ("jointaware", "stages")
STARTED = ("__main__", "__mp_main__")
"""Names of the main module, in this process and in processes that it spawns."""
PACKAGES = ("torch", "numpy", "scipy", "pandas", "safetensors")
WRITTEN_BY_RUNS = ("dvc.lock", "results", "README.md")
"""Tracked files that running the pipeline changes."""


class Environment(Frozen):
    """What a process runs on. commit: followed by + if tracked files other than `WRITTEN_BY_RUNS` have changed."""

    commit: str
    code_sha256: str
    python: str
    packages: dict[str, str]
    machine: str
    processor: str


class Provenance(Environment):
    """Where and when a network was made. epoch_seconds: duration of each epoch; seconds: their sum."""

    network_sha256: str
    device: str
    threads: int
    processes: int
    seconds: float
    epoch_seconds: tuple[float, ...]


def environment() -> Environment:
    """What this process runs on."""
    return Environment(
        commit=_commit(),
        code_sha256=code_digest(),
        python=platform.python_version(),
        packages={package: version(package) for package in PACKAGES},
        machine=platform.machine(),
        processor=processor(),
    )


def provenance(
    network_sha256: str, *, device: str, threads: int, processes: int, epoch_seconds: tuple[float, ...]
) -> Provenance:
    """The provenance of a network that this process has made."""
    return Provenance(
        **environment().model_dump(),
        network_sha256=network_sha256,
        device=device,
        threads=threads,
        processes=processes,
        seconds=float(sum(epoch_seconds)),
        epoch_seconds=epoch_seconds,
    )


def write_provenance(path: Path, made: Provenance) -> None:
    """Write a network's provenance, unless the file already describes how the same bytes were first made."""
    try:
        is_known = read_provenance(path, made.network_sha256) is not None
    except InputError:
        is_known = False
    if not is_known:
        write_json(path, made.model_dump(mode="json"))


def read_provenance(path: Path, network_sha256: str) -> Provenance | None:
    """The provenance of this network; None if there is no file or it is about another network."""
    try:
        found = Provenance.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InputError(f"{path}: {first['msg']}, expected what stages.train wrote, or no file") from error
    return found if found.network_sha256 == network_sha256 else None


def code_digest() -> str:
    """SHA-256 over the project's own modules that this process has imported."""
    loaded = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in (*ROOMS, *STARTED)]
    files = {Path(origin).resolve() for module in loaded if (origin := getattr(module, "__file__", None))}
    digest = hashlib.sha256()
    for file in sorted(file for file in files if any(file.is_relative_to(ROOT / room) for room in ROOMS)):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def processor() -> str:
    """Model name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    changes = (".", *(f":(exclude){path}" for path in WRITTEN_BY_RUNS))
    try:
        # Fails in a repository that merely contains an installed copy of this package.
        git("ls-files", "--error-unmatch", "jointaware/__init__.py")
        is_changed = git("status", "--porcelain", "--untracked-files=no", "--", *changes)
        return git("rev-parse", "HEAD") + ("+" if is_changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
