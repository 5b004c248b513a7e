"""The ablation: what each joint-aware term does alone, and what is lost when it is left out.

Its runs are `joint_aware` and every experiment that differs from it in nothing but that some weights are 0. Each is
held against the one in which all are: errors with the interval of `statistics`, constraints without one.
"""

from __future__ import annotations

from math import nan
from typing import Any

import pandas as pd

from jointaware.analysis.comparison import CHANGE, HEADERS, markdown_rows, percent_cell
from jointaware.analysis.statistics import Change, paired_change
from jointaware.artifacts.scores import CONSTRAINTS, MOTION_METRICS, Scores

FULL = "joint_aware"
MEASURES = (*MOTION_METRICS, *CONSTRAINTS)


def kept_terms(experiments: dict[str, Any]) -> dict[str, list[str]]:
    """The terms that each run of the ablation keeps, by its name; the whole first."""
    full = experiments.get(FULL, {})
    kept = {}
    for name, settings in {FULL: full, **experiments}.items():
        terms = [term for term, weight in settings.get("weights", {}).items() if weight > 0]
        weights = {term: weight if term in terms else 0.0 for term, weight in full.get("weights", {}).items()}
        if terms and settings == full | {"weights": weights}:
            kept[name] = terms
    return kept


def without_ablation(experiments: dict[str, Any]) -> dict[str, Any]:
    """The experiments that are compared in full: all but the ablation, whose whole stays."""
    left_out = kept_terms(experiments).keys() - {FULL}
    return {name: settings for name, settings in experiments.items() if name not in left_out}


def ablate(scores: Scores, experiments: dict[str, Any]) -> pd.DataFrame:
    """The columns of `differences` and `terms`, the kept ones: for each run of the ablation and each of `MEASURES`.

    A change from nothing is no number. Empty where no term is left out anywhere, or where no experiment leaves out all.
    """
    columns = [*CHANGE, "terms"]
    kept, full = kept_terms(experiments), experiments.get(FULL, {})
    bare = full | {"weights": dict.fromkeys(full.get("weights", {}), 0.0)}
    against = next((name for name, settings in experiments.items() if settings == bare), None)
    if against is None or len(kept) < 2:
        return pd.DataFrame(columns=columns)
    sequences = dict(list(scores.sequences.groupby("experiment")))
    predicted = scores.constraints[scores.constraints["motion"] == "predicted"]
    constraints = predicted.groupby("experiment")[list(CONSTRAINTS)].mean()
    percent = 100 * (constraints / constraints.loc[against].replace(0, nan) - 1)
    rows: list[tuple[Any, ...]] = []
    for name, terms in kept.items():
        key, ours, other = (name, "raw", against, "raw"), sequences[name], sequences[against]
        changes = {metric: paired_change(ours, other, metric) for metric in MOTION_METRICS}
        changes |= {column: Change(percent.at[name, column], nan, nan) for column in CONSTRAINTS}
        rows += [(*key, measure, *changes[measure], " ".join(terms)) for measure in MEASURES]
    return pd.DataFrame(rows, columns=columns)


def ablation_markdown(table: pd.DataFrame) -> str:
    """The table of `ablate` for readers."""
    lines = [["", "terms", *(HEADERS[measure].rpartition(",")[0] for measure in MEASURES)]]
    lines.append(["---", "---", *["---:"] * len(MEASURES)])
    for (row, terms), group in table.groupby(["row", "terms"], sort=False):
        changes = group.set_index("metric").loc[list(MEASURES)]
        lines.append([row, terms.replace(" ", ", ").replace("_", " "), *map(percent_cell, changes.itertuples())])
    against = table["against"].iloc[0]
    note = f"Change against `{against}`, which has no terms and all else alike; of errors with a 95 % interval."
    return f"{note}\n\n" + markdown_rows(lines)
