"""Rows of a benchmark's table: median, range, and the machine."""

from __future__ import annotations

import os
import platform
import statistics
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from jointaware.artifacts.provenance import processor


def row(what: str, values: list[float], unit: str) -> dict[str, object]:
    """One line of a table."""
    spread = {"median": statistics.median(values), "least": min(values), "most": max(values), "unit": unit}
    return {"what": what, **spread, "repetitions": len(values), **machine()}


def comparison(what: str, ours: list[float], peer: list[float], unit: str) -> dict[str, object]:
    """One line of a table of rates measured alternately, with the ratios of the pairs."""
    ratios = [mine / other for mine, other in zip(ours, peer, strict=True)]
    rates = {"ours": statistics.median(ours), "peer": statistics.median(peer), "unit": unit}
    spread = {"ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}
    return {"what": what, **rates, **spread, "repetitions": len(ratios), **machine()}


def machine() -> dict[str, object]:
    """The machine of a measurement."""
    return {
        "cores": os.cpu_count(),
        "processor": processor(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "dvc": version("dvc"),
    }


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Write a table and print it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(path, index=False, float_format="%.4g")
    print(path.read_text(encoding="utf-8"), end="")
