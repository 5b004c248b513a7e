"""Data and SVG file of each figure, by its name in `FIGURES`."""

from __future__ import annotations

from pathlib import Path
from pkgutil import resolve_name

import pandas as pd

from jointaware.analysis.figures.data import Results
from jointaware.analysis.figures.style import drawing
from jointaware.analysis.figures.table import FIGURES


def figure_data(results: Results) -> dict[str, pd.DataFrame]:
    """The data of every figure, by name; without figures that have nothing to draw."""
    tables = {name: resolve_name(figure.data)(results) for name, figure in FIGURES.items()}
    return {name: table for name, table in tables.items() if not table.empty}


def draw_figure(name: str, csv: Path, svg: Path) -> None:
    """Draw one figure from its CSV file."""
    with drawing(svg):
        resolve_name(FIGURES[name].draw)(csv)
