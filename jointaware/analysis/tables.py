"""The paper's result tables as tidy data: its rows, and below them ours.

A tidy table has the columns `row, origin (published | ours), seeds, statistic (mean | std)` and then the values. In a
table by action the values are the actions and last, under the metric's name, their average. Published values stay the
text that was printed: 2.8 is not 2.80. `typesetting` makes Markdown and LaTeX of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jointaware.artifacts.scores import METRICS, Scores
from jointaware.errors import InputError

PUBLISHED_ROWS = ("Pavllo et al. 2019", "Gupta 2020")
NOT_LEGIBLE = "not legible"
ABBREVIATIONS = {
    "Directions": "Dir",
    "Discussion": "Dis",
    "Eating": "Eat",
    "Greeting": "Grt",
    "Phoning": "Phn",
    "Photo": "Pht",
    "Posing": "Pos",
    "Purchases": "Pur",
    "Sitting": "Sit",
    "SittingDown": "SitD",
    "Smoking": "Smk",
    "Waiting": "Wat",
    "WalkDog": "WD",
    "Walking": "Wlk",
    "WalkTogether": "WT",
}
"""The 15 actions of Human3.6M in the order of the paper, and how it writes them."""


@dataclass(frozen=True)
class Layout:
    """One table of the paper: its number there, and the metrics that are its columns, or the one it has by action."""

    number: int
    metrics: tuple[str, ...]
    by_action: bool


LAYOUTS = {
    "protocols": Layout(5, METRICS[:3], by_action=False),
    "motion": Layout(6, METRICS[3:], by_action=False),
    "protocol1": Layout(7, METRICS[:1], by_action=True),
    "protocol2": Layout(8, METRICS[1:2], by_action=True),
    "velocity": Layout(9, METRICS[3:4], by_action=True),
    "acceleration": Layout(10, METRICS[4:], by_action=True),
}


def are_published(actions: Iterable[str]) -> bool:
    """Whether these are the 15 actions of Human3.6M; a single name in common, as Walking, compares nothing."""
    return set(actions) == set(ABBREVIATIONS)


def in_paper_order(actions: set[str]) -> list[str]:
    """The actions as the paper orders them if they are Human3.6M's, else by name."""
    return list(ABBREVIATIONS) if are_published(actions) else sorted(actions)


def read_published(folder: Path, layout: Layout) -> pd.DataFrame:
    """The published rows of a table, text as printed; a cell that is not legible is empty."""
    path = folder / f"table_{layout.number:02}.csv"
    expected = ["row", *(ABBREVIATIONS if layout.by_action else ()), *layout.metrics]
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)[expected]
        return table.set_index("row").loc[list(PUBLISHED_ROWS)].replace(NOT_LEGIBLE, "").reset_index()
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: expected {', '.join(expected)} of {', '.join(PUBLISHED_ROWS)}; {error}") from error


def tidy(layout: Layout, scores: Scores, published: pd.DataFrame) -> pd.DataFrame:
    """The whole table: published rows, then mean and standard deviation over the seeds of each experiment."""
    values = scores.averages.set_index(["experiment", "seed"])[list(layout.metrics)]
    if layout.by_action:
        actions = scores.actions["action"].unique()
        by_action = scores.actions.pivot(index=["experiment", "seed"], columns="action", values=layout.metrics[0])
        values = by_action[actions].join(values)
        if not are_published(actions):
            published = published[["row", *layout.metrics]]
    groups = values.groupby(level="experiment", sort=False)
    ours = pd.concat([groups.mean().assign(statistic="mean"), groups.std(ddof=1).assign(statistic="std")])
    ours = ours.loc[scores.averages["experiment"].unique()].rename_axis("row").reset_index()
    seeds = " ".join(str(seed) for seed in scores.averages["seed"].unique())
    above = published.reindex(columns=["row", *values.columns]).assign(origin="published", statistic="mean")
    table = pd.concat([above.astype(object), ours.assign(origin="ours", seeds=seeds).astype(object)], ignore_index=True)
    return table[["row", "origin", "seeds", "statistic", *values.columns]].fillna("")
