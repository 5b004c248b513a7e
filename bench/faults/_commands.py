"""Commands as a user types them, in a process group of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SECONDS = 900.0


def start_command(command: str, folder: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a command with this Python's tools; one process uses one thread unless the environment says otherwise."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        command.split(),
        cwd=folder,
        env=os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"} | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for a started command; one that takes forever is killed with all that it started."""
    try:
        output = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, *output)


def run_command(
    command: str, folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return finish(start_command(command, folder, environment))
