"""The data of each figure: one function for each row of `table.FIGURES`, from the results of all experiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import pandas as pd

from jointaware.analysis.ablation import group_of
from jointaware.analysis.figures.skeleton import shown_experiments
from jointaware.analysis.tables import LAYOUTS
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import Experiment
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
    experiments: as the parameters have them, by name.
    """

    scores: Scores
    comparison: pd.DataFrame
    differences: pd.DataFrame
    ablation: pd.DataFrame
    skeleton: pd.DataFrame
    published: dict[str, pd.DataFrame]
    is_comparable: bool
    experiments: Mapping[str, Experiment]

    def with_role(self, role: str) -> str | None:
        """The experiment with this role; None if there is none."""
        return next((name for name, each in self.experiments.items() if each.role == role), None)

    def grouped(self, table: pd.DataFrame, names: str) -> pd.DataFrame:
        """A table with the group of the experiment that a column names; empty where it names none."""
        groups = {name: group_of(each) for name, each in self.experiments.items()}
        return table.assign(group=table[names].map(groups).fillna(""))


def training_curves(results: Results) -> pd.DataFrame:
    """epoch, experiment, seed, CURVES, group."""
    return results.grouped(results.scores.history[["epoch", "experiment", "seed", *CURVES]], "experiment")


def actions(results: Results) -> pd.DataFrame:
    """Action (or AVERAGE), row, origin (ours | published), seed, METRICS, role; published rows if comparable."""
    columns = ["action", "row", "origin", "seed", *METRICS]
    roles = {name: each.role for name, each in results.experiments.items()}
    scores = results.scores
    ours = pd.concat([scores.actions, scores.averages.assign(action=AVERAGE)]).assign(origin="ours")
    parts = [ours.rename(columns={"experiment": "row"})[columns]]
    published = [
        results.published[name].rename(columns={metric: AVERAGE}).melt("row", var_name="action", value_name=metric)
        for name, layout in LAYOUTS.items()
        if results.is_comparable and layout.by_action
        for metric in layout.metrics
    ]
    if published:
        parts.append(reduce(pd.merge, published).assign(origin="published").reindex(columns=columns))
    table = pd.concat([part.astype(object) for part in parts], ignore_index=True)
    return table.assign(role=table["row"].map(roles).fillna(""))


def joints(results: Results) -> pd.DataFrame:
    """experiment, seed, joint and the metrics that exist for a single joint; of the two experiments shown."""
    table = results.scores.joints
    shown = shown_experiments({name: each.role for name, each in results.experiments.items()})
    table = table[(table["joint"] != JOINTS[ROOT]) & table["experiment"].isin(shown)]
    return table.sort_values("experiment", key=lambda names: names.map(shown.index), kind="stable")


def skeleton(results: Results) -> pd.DataFrame:
    """The skeletons of one frame."""
    return results.skeleton


def comparison(results: Results) -> pd.DataFrame:
    """The table `comparison` with groups."""
    return results.grouped(results.comparison, "row")


def differences(results: Results) -> pd.DataFrame:
    """The rows of the table `differences` against one raw reference: the wide network, or else the first."""
    table = results.differences
    table = table[table["against_variant"] == RAW]
    compared = set(table["against"])
    references = [name for name in (results.with_role("wide"), *results.experiments) if name in compared]
    reference = next(iter(references), None)
    return results.grouped(table[table["against"] == reference], "row")


def ablation(results: Results) -> pd.DataFrame:
    """The table `ablation` with groups."""
    return results.grouped(results.ablation, "row")
