"""Effect of the losses: experiments with and without them, raw and filtered, and the significance of the difference.

These two tables are not in the paper. `comparison` has a row for each experiment and variant: errors and physical
plausibility, mean and standard deviation over seeds. `differences` has the relative change of each of them against each
experiment without joint-aware losses, raw and filtered, with the 95 % interval of `intervals`: with one filter against
another only within an experiment. The experiments of an ablation are in the table `ablation` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from jointaware.analysis.intervals import Bootstrap, Motion, by_sequence
from jointaware.analysis.tables import CAPTIONS, TRUTH, full_name
from jointaware.analysis.typesetting import markdown_table, mean_and_spread
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.parameters import Experiment
from jointaware.artifacts.predictions import RAW, VARIANTS
from jointaware.artifacts.scores import Scores

KEYS = ("row", "variant", "against", "against_variant")
CHANGE = (*KEYS, "metric", "percent", "low", "high")
"""Columns of a table of relative changes."""


def compare(scores: Scores) -> pd.DataFrame:
    """row, variant, statistic (mean | std), METRICS, CONSTRAINTS; first the constraints of the true motion."""
    measures = [*METRICS, *CONSTRAINTS]
    errors = pd.concat([scores.averages.assign(variant=RAW), scores.filtered_averages])
    parts = []
    for variant, motion in VARIANTS.items():
        constraints = scores.constraints[scores.constraints["motion"] == motion].drop(columns="motion")
        parts.append(errors[errors["variant"] == variant].merge(constraints, on=["experiment", "seed"]))
    values = pd.concat(parts).groupby(["experiment", "variant"], sort=False)[measures]
    ours = pd.concat([values.mean().assign(statistic="mean"), values.std(ddof=1).assign(statistic="std")]).reset_index()
    true = scores.constraints[scores.constraints["motion"] == "true"].iloc[:1][list(CONSTRAINTS)]
    true = true.assign(experiment=TRUTH, variant=RAW, statistic="mean")
    table = pd.concat([true, ours]).rename(columns={"experiment": "row"})
    return table[["row", "variant", "statistic", *measures]]


def differences(scores: Scores, experiments: Mapping[str, Experiment]) -> pd.DataFrame:
    """The columns `CHANGE`: every experiment and variant against each one without losses, for each metric.

    experiments: those to compare.
    """
    bootstrap = Bootstrap.of(by_sequence(scores))
    motions = [Motion(name, variant) for name in experiments for variant in VARIANTS]
    references = [motion for motion in motions if not experiments[motion.experiment].losses]
    rows = [
        (*motion, *reference, metric, *bootstrap.change(motion, reference, metric))
        for motion in motions
        for reference in references
        if reference != motion and _is_compared(motion, reference)
        for metric in METRICS
    ]
    return pd.DataFrame(rows, columns=list(CHANGE))


def _is_compared(motion: Motion, reference: Motion) -> bool:
    """Whether the table has a pair: two filters are compared only on the predictions of one experiment."""
    variants = {motion.variant, reference.variant} - {RAW}
    return len(variants) < 2 or motion.experiment == reference.experiment


def comparison_markdown(table: pd.DataFrame) -> str:
    """The table of `compare` in Markdown."""
    measures = METRICS | CONSTRAINTS
    means, spreads = (
        table[table["statistic"] == statistic].set_index(["row", "variant"])[list(measures)]
        for statistic in ("mean", "std")
    )
    spreads = spreads.reindex(means.index)
    rows = [
        [
            row_name(*key),
            *(
                mean_and_spread(means.at[key, column], spreads.at[key, column], measure.decimals)
                for column, measure in measures.items()
            ),
        ]
        for key in means.index
    ]
    return f"{CAPTIONS['comparison']}\n\n" + markdown_table(["", *(each.label for each in measures.values())], rows)


def differences_markdown(table: pd.DataFrame) -> str:
    """The table of `differences` in Markdown."""
    rows = []
    for (row, variant, against, other), group in table.groupby(list(KEYS), sort=False):
        changes = group.set_index("metric").loc[list(METRICS)]
        rows.append([row_name(row, variant), row_name(against, other), *map(percent_cell, changes.itertuples())])
    header = ["", "against", *map(full_name, METRICS)]
    return f"{CAPTIONS['differences']}\n\n" + markdown_table(header, rows, text_columns=2)


def percent_cell(change: Any) -> str:
    """A change in percent with its interval; without the interval, or empty, where they are NaN."""
    if pd.isna(change.percent):
        return ""
    interval = "" if pd.isna(change.low) else f" [{change.low:+.1f}, {change.high:+.1f}]"
    return f"{change.percent:+.1f} %{interval}"


def row_name(row: str, variant: str) -> str:
    """Name of an experiment and its variant, as in `joint_aware, smoothed`."""
    return row if variant == RAW else f"{row}, {variant}"
