"""Rounded tables, mean and standard deviation in one cell, as Markdown, LaTeX or plain text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from jointaware.analysis.tables import KEYS, TRUTH, Layout, are_published, full_name
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.predictions import RAW
from jointaware.mocap.actions import ACTIONS
from jointaware.mocap.sources import SOURCES

DASH = "\N{EN DASH}"
AVERAGE = "Avg."
LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: "\\" + character for character in "&%$#_{}"},
        DASH: "--",
        "±": r"$\pm$",
        "²": "$^2$",
    }
)
WIDE = 6
"""A table with more columns spans both columns of the page, with standard deviations below the means."""
FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""Shrinks a table that is too wide for the line; never enlarges one."""


class Cell(NamedTuple):
    """One cell: rounded value, rounded standard deviation (or empty), and whether it is our best result."""

    value: str
    spread: str = ""
    is_best: bool = False

    def markdown(self) -> str:
        """The cell in Markdown."""
        text = f"{self.value} ± {self.spread}" if self.spread else self.value
        return f"**{text}**" if self.is_best else text

    def latex(self) -> str:
        """The cell in LaTeX."""
        return rf"{self.latex_value()} $\pm$ {self.spread}" if self.spread else self.latex_value()

    def latex_value(self) -> str:
        """The value alone."""
        value = self.value.translate(LATEX)
        return rf"\textbf{{{value}}}" if self.is_best else value

    def latex_spread(self) -> str:
        """The standard deviation alone."""
        return rf"\scriptsize $\pm$ {self.spread}" if self.spread else ""


def markdown(layout: Layout, table: pd.DataFrame, caption: str) -> str:
    """The table in Markdown, published rows in italics."""
    rows = {f"*{name}*": cells for name, cells in _published(table).items()} | _ours(layout, table)
    lines = [[name, *(cell.markdown() for cell in cells)] for name, cells in rows.items()]
    return f"{caption}\n\n" + markdown_table(["", *_header(layout, table)], lines)


def markdown_table(header: list[str], rows: Iterable[list[str]], *, text_columns: int = 1) -> str:
    """Rows of cells as a Markdown table: text columns first, left-aligned, then numbers, right-aligned."""
    rule = ["---"] * text_columns + ["---:"] * (len(header) - text_columns)
    return "".join(f"| {' | '.join(row)} |\n" for row in [header, rule, *rows])


def latex(name: str, layout: Layout, table: pd.DataFrame, caption: str) -> str:
    r"""The table in LaTeX for \input, published rows above the midrule."""
    header = _header(layout, table)
    is_wide = len(header) > WIDE
    environment = "table*" if is_wide else "table"

    def row(label: str, cells: list[str]) -> str:
        return " & ".join([label, *cells]) + r" \\"

    def ours(label: str, cells: list[Cell]) -> list[str]:
        if not is_wide or not any(cell.spread for cell in cells):
            return [row(label, [cell.latex() for cell in cells])]
        means = row(label, [cell.latex_value() for cell in cells])
        return [means, row("", [cell.latex_spread() for cell in cells]), r"\addlinespace"]

    lines = [
        r"% Preamble: \usepackage{booktabs,graphicx}",
        rf"\begin{{{environment}}}",
        r"\centering",
        rf"\caption{{{caption.translate(LATEX)}}}",
        rf"\label{{tab:{name}}}",
        FITTED,
        rf"\begin{{tabular}}{{l{'r' * len(header)}}}",
        r"\toprule",
        row("", [column.translate(LATEX) for column in header]),
        r"\midrule",
        *(row(name, [cell.latex() for cell in cells]) for name, cells in _published(table).items()),
        r"\midrule",
        *(line for name, cells in _ours(layout, table).items() for line in ours(name.translate(LATEX), cells)),
        r"\bottomrule",
        r"\end{tabular}",
        "}",
        rf"\end{{{environment}}}",
    ]
    return "\n".join(lines) + "\n"


def document(names: Iterable[str]) -> str:
    """A LaTeX document that includes all tables in its folder."""
    lines = [
        r"% Preview of all tables: pdflatex paper.tex",
        r"\documentclass{article}",
        r"\usepackage[margin=2cm]{geometry}",
        r"\usepackage{booktabs,graphicx}",
        r"\begin{document}",
        *(rf"\input{{{name}}}" for name in names),
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def caption(layout: Layout, source: str, table: pd.DataFrame) -> str:
    """Full caption of a table of the paper: metrics, spread, and whether its rows are comparable."""
    seeds = table["seeds"].iloc[-1].split()
    over = f"mean ± standard deviation over seeds {', '.join(seeds)}" if len(seeds) > 1 else f"seed {seeds[0]}"
    sentences = [layout.caption, f"Published rows first, then ours: {over}; best of ours in bold."]
    if not SOURCES[source].is_published:
        sentences.append(f"Our data is {source}, not Human3.6M, and therefore not comparable with the published rows.")
    if layout.by_action and not are_published(layout.actions(table)):
        sentences.append("The published rows have other actions: only their averages are shown.")
    elif (_values(table[table["origin"] == "published"]) == "").any(axis=None):
        sentences.append("A dash: not legible in the source.")
    return " ".join(sentences)


def overview(comparison: pd.DataFrame) -> str:
    """Mean ± standard deviation of each metric (columns) for each experiment (rows) as aligned plain text.

    comparison: the table `comparison`, as computed or as read from its CSV file.
    """
    raw = comparison[(comparison["variant"] == RAW) & (comparison["row"] != TRUTH)].set_index("row")
    means, spreads = (raw[raw["statistic"] == statistic] for statistic in ("mean", "std"))
    lines = [["", *(metric.label for metric in METRICS.values())]]
    for experiment in means.index:
        values = (
            mean_and_spread(means.at[experiment, key], spreads.at[experiment, key], metric.decimals)
            for key, metric in METRICS.items()
        )
        lines.append([str(experiment), *values])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = (
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() + "\n" for line in lines
    )
    return "".join(rows) + "Mean ± standard deviation over seeds; lower is better.\n"


def mean_and_spread(mean: float, spread: float, decimals: int) -> str:
    """`41.9 ± 0.5`; without the spread if that is NaN (a single seed), empty if the mean is NaN."""
    if pd.isna(mean):
        return ""
    return f"{mean:.{decimals}f}" + ("" if pd.isna(spread) else f" ± {spread:.{decimals}f}")


def _values(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=[key for key in KEYS if key in table])


def _header(layout: Layout, table: pd.DataFrame) -> list[str]:
    if not layout.by_action:
        return [f"{full_name(metric)}, {METRICS[metric].unit}" for metric in layout.metrics]
    actions = layout.actions(table)
    return [*([ACTIONS[action] for action in actions] if are_published(actions) else actions), AVERAGE]


def _published(table: pd.DataFrame) -> dict[str, list[Cell]]:
    rows = _values(table[table["origin"] == "published"].set_index("row"))
    return {str(name): [Cell(value or DASH) for value in row] for name, row in rows.iterrows()}


def _ours(layout: Layout, table: pd.DataFrame) -> dict[str, list[Cell]]:
    """Cells of each experiment. Values that are equal after rounding are equally the best."""
    ours = table[table["origin"] == "ours"].set_index("row")
    means, spreads = (_values(ours[ours["statistic"] == statistic]) for statistic in ("mean", "std"))
    cells: dict[str, list[Cell]] = {experiment: [] for experiment in means.index}
    for column in means.columns:
        [metric] = [column] if column in METRICS else layout.metrics
        decimals = METRICS[metric].decimals
        best = _rounded(min((value for value in means[column] if value != ""), default=""), decimals)
        for experiment in means.index:
            value, spread = (_rounded(part.at[experiment, column], decimals) for part in (means, spreads))
            cells[experiment].append(Cell(value or DASH, spread, is_best=bool(value) and value == best))
    return cells


def _rounded(value: float | str, decimals: int) -> str:
    return "" if value == "" else f"{value:.{decimals}f}"
