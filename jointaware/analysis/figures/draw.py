"""Figures by name: what they show, and the SVG file drawn from it."""

from __future__ import annotations

from pathlib import Path
from pkgutil import resolve_name

import pandas as pd

from jointaware.analysis.figures.data import Results
from jointaware.analysis.figures.style import drawing
from jointaware.analysis.figures.table import FIGURES


def figure_data(results: Results) -> dict[str, pd.DataFrame]:
    """The data of every figure that there is something to draw in, by name."""
    tables = {name: resolve_name(figure.data)(results) for name, figure in FIGURES.items()}
    return {name: table for name, table in tables.items() if not table.empty}


def draw_figure(name: str, csv: Path, svg: Path) -> None:
    """Draw one figure from its CSV file."""
    with drawing(svg):
        resolve_name(FIGURES[name].draw)(csv)
