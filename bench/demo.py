"""Measure the waiting times of a new user: the demo from nothing, a rerun with nothing to do, the start of each stage.

Clones the last commit to new folders, so that every stage runs, and writes bench/results/demo.csv. The demo is also
measured while another process keeps one core busy.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench._table import row, write

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/demo.csv"
STAGES = ("fetch", "preprocess", "train", "predict", "smooth", "evaluate", "aggregate", "report")
BUSY = (sys.executable, "-c", "while True: pass")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--repetitions", type=int, default=5, help="of short measurements; default: %(default)s")
    command.add_argument("--folder", type=Path, help="folder to clone to and to keep; default: a temporary one")
    arguments = command.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary) / "demo"
        whole = from_nothing(folder)
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        idle = [seconds("dvc repro", folder) for _ in range(arguments.repetitions)]
        starts = {stage: beyond_torch(stage, arguments.repetitions) for stage in STAGES}
        with keeping_a_core_busy():
            beside = from_nothing(Path(temporary) / "beside")
    rows = [
        row("dvc repro from nothing", [whole], "seconds"),
        row("largest process of it", [largest], "MiB"),
        row("dvc repro with nothing to do", idle, "seconds"),
        row("dvc repro from nothing, one core busy", [beside], "seconds"),
        *(row(f"start of stages.{name} beyond importing torch", times, "seconds") for name, times in starts.items()),
    ]
    write(OUT, rows)


def from_nothing(folder: Path) -> float:
    """Seconds of `dvc repro` in a new clone."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return seconds("dvc repro", folder)


@contextmanager
def keeping_a_core_busy() -> Iterator[None]:
    """Run a process that keeps a core busy until the block ends."""
    other = subprocess.Popen(BUSY)
    try:
        yield
    finally:
        other.kill()
        other.wait()


def beyond_torch(stage: str, repetitions: int) -> list[float]:
    """Seconds until a stage has printed its help, minus those of importing torch, measured alternately."""
    commands = (f"{sys.executable} -m stages.{stage} --help", f"{sys.executable} -W ignore -m torch.version")
    pairs = [[seconds(command, ROOT) for command in commands] for _ in range(repetitions)]
    return [stage_seconds - torch_seconds for stage_seconds, torch_seconds in pairs]


def seconds(command: str, folder: Path) -> float:
    """Seconds that a command takes in a folder."""
    start = time.perf_counter()
    subprocess.run(command.split(), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
