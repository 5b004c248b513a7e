"""Where a result comes from: code, versions and machine."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("pose", "mocap", "stages")
PACKAGES = ("torch", "numpy", "scipy", "pandas", "safetensors")


def describe() -> dict[str, Any]:
    """Commit (with a plus where files differ from it), digest of the code in use, versions and machine."""
    return {
        "commit": _commit(),
        "code_sha256": code_digest(),
        "python": platform.python_version(),
        "packages": {package: version(package) for package in PACKAGES},
        "machine": platform.machine(),
        "processor": _processor(),
    }


def code_digest() -> str:
    """SHA-256 over the project's own modules that this process has imported."""
    origins = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    files = {Path(origin).resolve() for origin in origins if origin}
    digest = hashlib.sha256()
    for file in sorted(file for file in files if any(file.is_relative_to(ROOT / room) for room in ROOMS)):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
