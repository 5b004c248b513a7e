"""Rows of a benchmark's table: median and spread, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
import statistics
from importlib.metadata import version
from pathlib import Path

import pandas as pd


def row(what: str, values: list[float], unit: str) -> dict[str, object]:
    """One line of a table."""
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


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Write a table and show it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(path, index=False, float_format="%.4g")
    print(path.read_text(encoding="utf-8"), end="")
