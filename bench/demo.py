"""Measure what a newcomer waits for: the demo from nothing, again with nothing to do, and the start of each stage.

Clones the last commit to a new folder, so that nothing there was made before, and writes bench/results/demo.csv.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench._table import row, write

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/demo.csv"
STAGES = ("fetch", "preprocess", "train", "predict", "evaluate", "aggregate")


def main() -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--repetitions", type=int, default=5, help="of what takes seconds; default: %(default)s")
    command.add_argument("--folder", type=Path, help="where to clone to and leave the results; default: nowhere")
    arguments = command.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        whole = seconds("dvc repro", folder)
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        idle = [seconds("dvc repro", folder) for _ in range(arguments.repetitions)]
        starts = {stage: beyond_torch(stage, arguments.repetitions) for stage in STAGES}
    rows = [
        row("dvc repro from nothing", [whole], "seconds"),
        row("largest process of it", [largest], "MiB"),
        row("dvc repro with nothing to do", idle, "seconds"),
        *(row(f"start of stages.{name} beyond importing torch", times, "seconds") for name, times in starts.items()),
    ]
    write(OUT, rows)


def beyond_torch(stage: str, repetitions: int) -> list[float]:
    """Seconds until a stage has said what its arguments are, less those of importing torch, measured in turn."""
    commands = (f"{sys.executable} -m stages.{stage} --help", f"{sys.executable} -W ignore -m torch.version")
    pairs = [[seconds(command, ROOT) for command in commands] for _ in range(repetitions)]
    return [stage_seconds - torch_seconds for stage_seconds, torch_seconds in pairs]


def seconds(command: str, folder: Path) -> float:
    """How long a command takes in a folder."""
    start = time.perf_counter()
    subprocess.run(command.split(), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
