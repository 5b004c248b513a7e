"""Run a stage where the disk fills up: one line that names the file, earlier results whole; with space, the same bytes.

The disk is a small file system in memory where this process may mount one, else a limit on the size of a file.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from bench.faults._checkout import STEPS, Grounds, Step, Try
from bench.faults._child import Child, Ended
from bench.faults._verdict import HELD, complaint, difference, digests

SHARES = (0.3, 0.7, 0.0, 0.05, 0.5, 0.9, 0.97)
"""Of what a stage writes, what there is space for."""


def tries(grounds: Grounds, seed: int) -> Sequence[Try]:
    """Every stage with every share of the space that it needs, over earlier results and from nothing."""
    return [
        Try(
            f"{step} with {share:.0%} of the space{', from nothing' * anew}", partial(_fill, grounds, step, share, anew)
        )
        for share in SHARES
        for anew in (False, True)
        for step in STEPS
    ]


def _fill(grounds: Grounds, step: Step, share: float, anew: bool) -> str:
    expected = grounds.results
    with _disk(grounds) as disk:
        folder = disk.folder / "checkout"
        shutil.copytree(grounds.finished, folder)
        if step.stage == "train":
            shutil.rmtree(folder / ".checkpoints")
        needed = sum(path.stat().st_size for name in step.outputs for path in _files(folder / name))
        if anew:
            for name in step.outputs:
                _remove(folder / name)
        before = digests(folder)
        ended = disk.run_full(step, folder, round(needed * share))
        grounds.ended.append(ended)
        wrong = complaint(ended)
        if not wrong and ended.status == 2:
            wrong = _unnamed(ended, step) or difference(before, folder)
        return wrong or complaint(disk.run_with_space(step, folder)) or difference(expected, folder)


def _unnamed(ended: Ended, step: Step) -> str:
    """Whether the line names none of the files of the stage."""
    places = [*step.outputs, ".checkpoints", "frame_errors", "results", "data", "models", "predictions", "smoothers"]
    return HELD if any(name in ended.stderr for name in places) else f"names no file: {ended.stderr.strip()}"


class _Mounted:
    """A file system in memory of limited size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run_full(self, step: Step, folder: Path, space: int) -> Ended:
        used = shutil.disk_usage(self.folder).used
        self._resize(used + space)
        with Child(step.call, folder) as child:
            return child.wait()

    def run_with_space(self, step: Step, folder: Path) -> Ended:
        self._resize(2**30)
        with Child(step.call, folder) as child:
            return child.wait()

    def _resize(self, size: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True)


class _Limited:
    """A limit on the size of each file, for users who may not mount anything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run_full(self, step: Step, folder: Path, space: int) -> Ended:
        with Child(step.call, folder, file_bytes=space) as child:
            return child.wait()

    def run_with_space(self, step: Step, folder: Path) -> Ended:
        with Child(step.call, folder) as child:
            return child.wait()


@contextmanager
def _disk(grounds: Grounds) -> Iterator[_Mounted | _Limited]:
    with tempfile.TemporaryDirectory(dir=grounds.folder) as temporary:
        if not _may_mount():
            yield _Limited(Path(temporary))
            return
        with mounted(Path(temporary)):
            yield _Mounted(Path(temporary))


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A file system in memory on a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", folder], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@cache
def _may_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            with mounted(Path(folder)):
                return True
        except (subprocess.CalledProcessError, FileNotFoundError):
            return False


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
