"""Tables of `tables` as readers see them: rounded, mean and spread in one cell, in Markdown and in LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from jointaware.analysis.tables import ABBREVIATIONS, Layout, are_published
from jointaware.artifacts.scores import METRICS

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
"""A table of more columns goes over both columns of a page, and its spreads below the means."""
FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""Made smaller where it is too wide, never larger."""


class Metric(NamedTuple):
    """How a metric is written."""

    label: str
    unit: str
    decimals: int


WORDING = dict(
    zip(
        METRICS,
        (
            Metric("MPJPE (Protocol 1)", "mm", 1),
            Metric("P-MPJPE (Protocol 2)", "mm", 1),
            Metric("N-MPJPE (Protocol 3)", "mm", 1),
            Metric("MPJVE", "mm/frame", 2),
            Metric("MPJAE", "mm/frame²", 2),
        ),
        strict=True,
    )
)


class Cell(NamedTuple):
    """One cell: rounded value, rounded spread (may be empty), and whether it is the best of ours."""

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
        """The spread alone."""
        return rf"\scriptsize $\pm$ {self.spread}" if self.spread else ""


def markdown(layout: Layout, table: pd.DataFrame, caption: str) -> str:
    """The table in Markdown, published rows in italics."""
    header = ["", *_header(layout, table)]
    rows = [header, ["---", *["---:"] * (len(header) - 1)]]
    for name, cells in _published(table).items():
        rows.append([f"*{name}*", *(cell.markdown() for cell in cells)])
    for name, cells in _ours(layout, table).items():
        rows.append([name, *(cell.markdown() for cell in cells)])
    return f"{caption}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def latex(name: str, layout: Layout, table: pd.DataFrame, caption: str) -> str:
    """The table in LaTeX, ready for \\input; published rows above the line."""
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
        r"% In the preamble: \usepackage{booktabs,graphicx}",
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
    """A LaTeX document of the tables beside it."""
    lines = [
        r"% All tables, to look at: pdflatex paper.tex",
        r"\documentclass{article}",
        r"\usepackage[margin=2cm]{geometry}",
        r"\usepackage{booktabs,graphicx}",
        r"\begin{document}",
        *(rf"\input{{{name}}}" for name in names),
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def caption(layout: Layout, source: str, table: pd.DataFrame) -> str:
    """What a reader must know: metric, unit, direction, spread, and whether the rows can be compared."""
    metrics = ", ".join(f"{WORDING[metric].label} in {WORDING[metric].unit}" for metric in layout.metrics)
    seeds = table["seeds"].iloc[-1].split()
    over = f"mean ± standard deviation over the seeds {', '.join(seeds)}" if len(seeds) > 1 else f"seed {seeds[0]}"
    sentences = [
        f"{metrics}, {'by action' if layout.by_action else 'mean over actions'}; lower is better.",
        f"Published rows, then ours: {over}, the best of ours in bold.",
        f"Laid out as Table {layout.number} of arXiv 2002.11251, which calls the row Gupta 2020 ours.",
    ]
    if source != "h36m":
        sentences.append(f"Our data is {source}, not Human3.6M, and so not comparable with the published rows.")
    if layout.by_action and not are_published(table.columns[4:-1]):
        sentences.append("The published rows have other actions: only their average is shown.")
    elif (table[table["origin"] == "published"].iloc[:, 4:] == "").any(axis=None):
        sentences.append("A dash: not legible in the source.")
    return " ".join(sentences)


def _header(layout: Layout, table: pd.DataFrame) -> list[str]:
    if not layout.by_action:
        return [f"{WORDING[metric].label}, {WORDING[metric].unit}" for metric in layout.metrics]
    actions = table.columns[4:-1]
    return [*(map(ABBREVIATIONS.get, actions) if are_published(actions) else actions), AVERAGE]


def _published(table: pd.DataFrame) -> dict[str, list[Cell]]:
    rows = table[table["origin"] == "published"].set_index("row").iloc[:, 3:]
    return {name: [Cell(value or DASH) for value in row] for name, row in zip(rows.index, rows.to_numpy(), strict=True)}


def _ours(layout: Layout, table: pd.DataFrame) -> dict[str, list[Cell]]:
    """Cells of each experiment. What is equal after rounding is equally the best."""
    ours = table[table["origin"] == "ours"].set_index("row")
    means, spreads = (ours[ours["statistic"] == statistic].iloc[:, 3:] for statistic in ("mean", "std"))
    cells: dict[str, list[Cell]] = {experiment: [] for experiment in means.index}
    for column in means.columns:
        decimals = WORDING[column if column in WORDING else layout.metrics[0]].decimals
        best = _rounded(min((value for value in means[column] if value != ""), default=""), decimals)
        for experiment in means.index:
            value, spread = (_rounded(part.at[experiment, column], decimals) for part in (means, spreads))
            cells[experiment].append(Cell(value or DASH, spread, is_best=bool(value) and value == best))
    return cells


def _rounded(value: float | str, decimals: int) -> str:
    return "" if value == "" else f"{value:.{decimals}f}"
