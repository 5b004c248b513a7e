"""The paper's result tables as tidy data, published rows above ours, and the captions of all tables.

A tidy table has the columns `KEYS` (row, origin: published | ours, seeds, statistic: mean | std), then the values: the
actions, in a table by action, and the metrics. Published values stay text as printed: 2.8 is not 2.80. `typesetting`
turns a tidy table into Markdown and LaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jointaware.artifacts.files import read_text_table
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.predictions import FILTERS
from jointaware.artifacts.scores import Scores
from jointaware.errors import InputError
from jointaware.mocap.actions import ACTIONS

VIDEOPOSE3D, PAPER = "Pavllo et al. 2019", "Gupta 2020"
PUBLISHED_ROWS = (VIDEOPOSE3D, PAPER)
NOT_LEGIBLE, NUMBER = "not legible", re.compile(r"-?\d+(\.\d+)?")
TRUTH = "truth"
"""Row of the true motion in the comparison."""
KEYS = ("row", "origin", "seeds", "statistic")
"""Columns of a tidy table that hold no values."""


def full_name(metric: str) -> str:
    """A metric with the name of its protocol: `MPJPE (Protocol 1)`."""
    row = METRICS[metric]
    return f"{row.name} ({row.protocol})" if row.protocol else row.name


@dataclass(frozen=True)
class Layout:
    """A table of the paper: its number there, its metrics, and whether it is by action, and so of a single metric."""

    number: int
    metrics: tuple[str, ...]
    by_action: bool

    @property
    def caption(self) -> str:
        """Metrics, units and averaging, and the table of the paper that has this layout."""
        metrics = ", ".join(f"{full_name(metric)} in {METRICS[metric].unit}" for metric in self.metrics)
        return (
            f"{metrics}, {'by action' if self.by_action else 'mean over actions'}; lower is better. "
            f"Layout of Table {self.number} of arXiv 2002.11251, whose own method is the row {PAPER}."
        )

    def actions(self, table: pd.DataFrame) -> list[str]:
        """The actions that are columns of a tidy table."""
        return [column for column in table.columns if column not in (*KEYS, *self.metrics)]


LAYOUTS = {
    "protocols": Layout(5, ("mpjpe_mm", "p_mpjpe_mm", "n_mpjpe_mm"), by_action=False),
    "motion": Layout(6, ("mpjve_mm_per_frame", "mpjae_mm_per_frame2"), by_action=False),
    "protocol1": Layout(7, ("mpjpe_mm",), by_action=True),
    "protocol2": Layout(8, ("p_mpjpe_mm",), by_action=True),
    "velocity": Layout(9, ("mpjve_mm_per_frame",), by_action=True),
    "acceleration": Layout(10, ("mpjae_mm_per_frame2",), by_action=True),
}
"""The paper's tables by the name of our counterpart."""

FILTERED = " or ".join(f"{row.words} ({name})" for name, row in FILTERS.items())
"""The filters in words."""

CAPTIONS = {
    **{name: layout.caption for name, layout in LAYOUTS.items()},
    "comparison": f"Errors and physical plausibility of every experiment, raw and after {FILTERED}: mean ± standard "
    "deviation over seeds; lower is better.",
    "differences": f"Relative change against each experiment without joint-aware losses, raw and after {FILTERED}: "
    "change of the mean over seeds with its 95 % interval, by a bootstrap over subjects, takes and seeds.",
    "ablation": "Relative change of each choice of joint-aware losses and of their weights against the same training "
    "without any; errors with a 95 % interval over subjects, takes and seeds.",
}
"""One caption for each table, in the order of the report."""


def are_published(actions: Iterable[str]) -> bool:
    """Whether these are exactly the 15 actions of Human3.6M; a shared name such as Walking is not comparable."""
    return set(actions) == set(ACTIONS)


def in_paper_order(actions: set[str]) -> list[str]:
    """The actions in the order of the paper if they are Human3.6M's, else sorted by name."""
    return list(ACTIONS) if are_published(actions) else sorted(actions)


def read_published(folder: Path, layout: Layout) -> pd.DataFrame:
    """The published rows of a table, text as printed; cells that are not legible are empty."""
    path = folder / f"table_{layout.number:02}.csv"
    expected = ["row", *(ACTIONS if layout.by_action else ()), *layout.metrics]
    try:
        table = read_text_table(path)[expected]
        rows = table.set_index("row").loc[list(PUBLISHED_ROWS)].replace(NOT_LEGIBLE, "")
    except InputError:
        raise
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: expected {', '.join(expected)} of {', '.join(PUBLISHED_ROWS)}; {error}") from error
    for name, cells in rows.items():
        if unusual := [cell for cell in cells if cell and not NUMBER.fullmatch(cell)]:
            raise InputError(f"{path}: {name}: found {unusual[0]!r:.60}, expected a number such as 46.8")
    return rows.reset_index()


def tidy(layout: Layout, scores: Scores, published: pd.DataFrame) -> pd.DataFrame:
    """The whole table: published rows, then mean and standard deviation over the seeds of each experiment."""
    values = scores.averages.set_index(["experiment", "seed"])[list(layout.metrics)]
    if layout.by_action:
        [metric] = layout.metrics
        actions = scores.actions["action"].unique()
        by_action = scores.actions.pivot(index=["experiment", "seed"], columns="action", values=metric)
        values = by_action[actions].join(values)
        if not are_published(actions):
            published = published[["row", metric]]
    groups = values.groupby(level="experiment", sort=False)
    ours = pd.concat([groups.mean().assign(statistic="mean"), groups.std(ddof=1).assign(statistic="std")])
    ours = ours.loc[scores.averages["experiment"].unique()].rename_axis("row").reset_index()
    seeds = " ".join(str(seed) for seed in scores.averages["seed"].unique())
    above = published.reindex(columns=["row", *values.columns]).assign(origin="published", statistic="mean")
    table = pd.concat([above.astype(object), ours.assign(origin="ours", seeds=seeds).astype(object)], ignore_index=True)
    return table[[*KEYS, *values.columns]].fillna("")
