"""Measure what a newcomer waits for: the demo from nothing, and again with nothing to do.

Clones the last commit to a new folder, so that nothing there was made before, and writes bench/results/demo.csv.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench/results/demo.csv"


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
    rows = [
        row("dvc repro from nothing", [whole], "seconds"),
        row("largest process of it", [largest], "MiB"),
        row("dvc repro with nothing to do", idle, "seconds"),
    ]
    OUT.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_csv(OUT, index=False, float_format="%.1f")
    print(OUT.read_text(encoding="utf-8"), end="")


def seconds(command: str, folder: Path) -> float:
    """How long a command takes in a folder."""
    start = time.perf_counter()
    subprocess.run(command.split(), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def row(what: str, values: list[float], unit: str) -> dict[str, object]:
    """One line of the table: median and spread, and the machine they were measured on."""
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ": unknown")
    return {
        "what": what,
        "median": statistics.median(values),
        "least": min(values),
        "most": max(values),
        "unit": unit,
        "repetitions": len(values),
        "cores": os.cpu_count(),
        "processor": model.split(":", 1)[1].strip(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "dvc": version("dvc"),
    }


if __name__ == "__main__":
    main()
