"""The data of each figure: one function for each row of `table.FIGURES`, from the results of all experiments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import pandas as pd

from jointaware.analysis.tables import LAYOUTS
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.predictions import RAW
from jointaware.artifacts.scores import CURVES, Scores
from jointaware.pose.skeleton import JOINTS, ROOT

AVERAGE = "average"
"""Name of the mean over actions, which is drawn beside the actions."""


@dataclass(frozen=True)
class Results:
    """What figures are made from.

    comparison, differences, ablation: tables of these names. skeleton: the frame chosen by `skeleton.choose_frame`.
    published: the paper's tables by name. is_comparable: whether they were measured on the same motion as ours.
    wide: the experiment that `differences` is drawn against, with the role wide; None if there is none.
    """

    scores: Scores
    comparison: pd.DataFrame
    differences: pd.DataFrame
    ablation: pd.DataFrame
    skeleton: pd.DataFrame
    published: dict[str, pd.DataFrame]
    is_comparable: bool
    wide: str | None


def drawn_metrics() -> list[str]:
    """The metrics that have a panel in figures."""
    return [name for name, metric in METRICS.items() if metric.is_drawn]


def training_curves(results: Results) -> pd.DataFrame:
    """epoch, experiment, seed, CURVES."""
    return results.scores.history[["epoch", "experiment", "seed", *CURVES]]


def actions(results: Results) -> pd.DataFrame:
    """Action (or AVERAGE), row, origin (ours | published), seed, drawn metrics; published rows only if comparable."""
    metrics = drawn_metrics()
    columns = ["action", "row", "origin", "seed", *metrics]
    scores = results.scores
    ours = pd.concat([scores.actions, scores.averages.assign(action=AVERAGE)]).assign(origin="ours")
    parts = [ours.rename(columns={"experiment": "row"})[columns]]
    published = [
        results.published[name].rename(columns={metric: AVERAGE}).melt("row", var_name="action", value_name=metric)
        for name, layout in LAYOUTS.items()
        if results.is_comparable and layout.by_action
        for metric in layout.metrics
        if metric in metrics
    ]
    if published:
        parts.append(reduce(pd.merge, published).assign(origin="published").reindex(columns=columns))
    return pd.concat([part.astype(object) for part in parts], ignore_index=True)


def joints(results: Results) -> pd.DataFrame:
    """experiment, seed, joint and the metrics that exist for a single joint; without the root."""
    table = results.scores.joints
    return table[table["joint"] != JOINTS[ROOT]]


def skeleton(results: Results) -> pd.DataFrame:
    """The skeletons of one frame."""
    return results.skeleton


def comparison(results: Results) -> pd.DataFrame:
    """The table `comparison`."""
    return results.comparison


def differences(results: Results) -> pd.DataFrame:
    """The rows of the table `differences` against one raw reference: the wide network, or else the first."""
    table = results.differences
    table = table[table["against_variant"] == RAW]
    references = list(table["against"].unique())
    reference = results.wide if results.wide in references else next(iter(references), None)
    return table[table["against"] == reference]


def ablation(results: Results) -> pd.DataFrame:
    """The table `ablation`."""
    return results.ablation
