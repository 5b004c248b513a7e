"""The ablation: the effect of each joint-aware loss alone, and of leaving it out.

It consists of the experiment with the role `ours` and of every experiment that differs from it only in its losses:
which there are, and their weights. All are compared with the one that has no losses. Changes of errors have a
confidence interval (`intervals`), changes of physical plausibility have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

import pandas as pd

from jointaware.analysis.comparison import CHANGE, percent_cell
from jointaware.analysis.intervals import Bootstrap, Change, Motion, by_sequence
from jointaware.analysis.tables import CAPTIONS
from jointaware.analysis.typesetting import markdown_table
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.parameters import Experiment
from jointaware.artifacts.predictions import RAW
from jointaware.artifacts.scores import Scores
from jointaware.pose.terms import TERMS

GROUPS = ("without losses", "one loss", "some losses", "all losses but one", "all losses")
"""Groups of experiments that figures keep apart, by the number of their loss terms."""


def group_of(experiment: Experiment) -> str:
    """The group of an experiment."""
    count = len(experiment.losses)
    places = {0: 0, 1: 1, len(TERMS) - 1: 3, len(TERMS): 4}
    return GROUPS[places.get(count, 2)]


def kept_terms(experiments: Mapping[str, Experiment]) -> dict[str, list[str]]:
    """The loss terms of each experiment of the ablation, by its name; that with the role `ours` first."""
    name_of_ours = _ours(experiments)
    if name_of_ours is None:
        return {}
    ours = experiments[name_of_ours]
    return {
        name: list(experiment.losses)
        for name, experiment in {name_of_ours: ours, **experiments}.items()
        if experiment.losses and _without_losses(experiment) == _without_losses(ours)
    }


def without_ablation(experiments: Mapping[str, Experiment]) -> dict[str, Experiment]:
    """The experiments outside the ablation, and the one with the role `ours`."""
    left_out = kept_terms(experiments).keys() - {_ours(experiments)}
    return {name: experiment for name, experiment in experiments.items() if name not in left_out}


def ablate(scores: Scores, experiments: Mapping[str, Experiment]) -> pd.DataFrame:
    """The columns `CHANGE` and `terms` (its losses) for each experiment of the ablation and each measure.

    Relative change from zero is NaN. Empty if no other experiment has losses, or if none has no losses.
    """
    kept = kept_terms(experiments)
    reference = _reference(experiments)
    if reference is None or len(kept) < 2:
        return pd.DataFrame(columns=[*CHANGE, "terms"])
    bootstrap = Bootstrap.of(by_sequence(scores))
    predicted = scores.constraints[scores.constraints["motion"] == "predicted"]
    constraints = predicted.groupby("experiment")[list(CONSTRAINTS)].mean()
    percent = 100 * (constraints / constraints.loc[reference].replace(0, nan) - 1)
    rows: list[tuple[Any, ...]] = []
    for name, terms in kept.items():
        changes = {metric: bootstrap.change(Motion(name), Motion(reference), metric) for metric in METRICS}
        changes |= {column: Change(percent.at[name, column], nan, nan) for column in CONSTRAINTS}
        key = (name, RAW, reference, RAW)
        rows += [(*key, measure, *change, " ".join(terms)) for measure, change in changes.items()]
    return pd.DataFrame(rows, columns=[*CHANGE, "terms"])


def ablation_markdown(table: pd.DataFrame) -> str:
    """The table of `ablate` in Markdown."""
    measures = METRICS | CONSTRAINTS
    rows = []
    for (row, terms), group in table.groupby(["row", "terms"], sort=False):
        changes = group.set_index("metric").loc[list(measures)]
        rows.append([row, terms_in_words(terms), *map(percent_cell, changes.itertuples())])
    header = ["", "losses", *(measure.name for measure in measures.values())]
    note = f"{CAPTIONS['ablation']} Reference: `{table['against'].iloc[0]}`."
    return f"{note}\n\n" + markdown_table(header, rows, text_columns=2)


def terms_in_words(terms: str) -> str:
    """The column `terms` for readers: `angle, range of motion`."""
    return terms.replace(" ", ", ").replace("_", " ")


def _ours(experiments: Mapping[str, Experiment]) -> str | None:
    return next((name for name, experiment in experiments.items() if experiment.role == "ours"), None)


def _reference(experiments: Mapping[str, Experiment]) -> str | None:
    """The experiment that differs from `ours` only in having no losses."""
    name_of_ours = _ours(experiments)
    if name_of_ours is None:
        return None
    alike = _without_losses(experiments[name_of_ours])
    found = (name for name, each in experiments.items() if not each.losses and _without_losses(each) == alike)
    return next(found, None)


def _without_losses(experiment: Experiment) -> dict[str, Any]:
    return experiment.model_dump(exclude={"role", "losses"})
