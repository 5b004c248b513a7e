"""What the losses change: every run as it is and smoothed, beside the runs without losses, and how sure that is.

Two tables that the paper does not have. `comparison` has a row for each experiment and variant: errors and measures of
constraints, mean and standard deviation over the seeds. `differences` has the change of each of them against each
experiment without joint-aware terms, as it is and smoothed: percent, and a 95 % interval by `statistics`. Runs of an
ablation are left to `ablation`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from jointaware.analysis.statistics import paired_change
from jointaware.analysis.typesetting import WORDING
from jointaware.artifacts.scores import CONSTRAINTS, METRICS, MOTION_METRICS, Scores

VARIANTS = {"raw": "predicted", "smoothed": "smoothed"}
"""The variants of a run, and what constraints.csv calls their motion."""
CHANGE = ("row", "variant", "against", "against_variant", "metric", "percent", "low", "high")
"""Columns of a table of changes."""
HEADERS = {
    **{metric: f"{wording.label}, {wording.unit}" for metric, wording in WORDING.items()},
    "bone_length_deviation_mm": "bone lengths off their mean, mm",
    "left_right_difference_mm": "left from right, mm",
    "limit_violation_percent": "angles beyond limits, %",
}


def compare(scores: Scores) -> pd.DataFrame:
    """row, variant, statistic (mean | std), METRICS, CONSTRAINTS; a first row has the constraints of the truth."""
    errors = {"raw": scores.averages, "smoothed": scores.smoothed_averages}
    keys = ["experiment", "seed"]
    parts = []
    for variant, motion in VARIANTS.items():
        constraints = scores.constraints[scores.constraints["motion"] == motion].drop(columns="motion")
        parts.append(errors[variant].merge(constraints, on=keys).assign(variant=variant))
    table = pd.concat(parts)
    values = table.groupby(["experiment", "variant"], sort=False)[[*METRICS, *CONSTRAINTS]]
    ours = pd.concat([values.mean().assign(statistic="mean"), values.std(ddof=1).assign(statistic="std")]).reset_index()
    true = scores.constraints[scores.constraints["motion"] == "true"].iloc[:1][list(CONSTRAINTS)]
    true = true.assign(experiment="truth", variant="raw", statistic="mean")
    table = pd.concat([true, ours]).rename(columns={"experiment": "row"})
    return table[["row", "variant", "statistic", *METRICS, *CONSTRAINTS]]


def differences(scores: Scores, experiments: dict[str, Any]) -> pd.DataFrame:
    """A row for each run, as it is and smoothed, each that it is held against, and each metric, with `CHANGE`.

    experiments: that section of the parameters, which says which of them are without terms.
    """
    sequences = {"raw": scores.sequences, "smoothed": scores.smoothed_sequences}
    by_run = {
        (experiment, variant): table[table["experiment"] == experiment]
        for experiment in experiments
        for variant, table in sequences.items()
    }
    plain = [name for name, settings in experiments.items() if not any(settings.get("weights", {}).values())]
    rows = [
        (*run, *other, metric, *paired_change(by_run[run], by_run[other], metric))
        for run in by_run
        for other in by_run
        if other[0] in plain and other != run
        for metric in MOTION_METRICS
    ]
    return pd.DataFrame(rows, columns=list(CHANGE))


def comparison_markdown(table: pd.DataFrame) -> str:
    """The table of `compare` for readers."""
    keys = ["row", "variant"]
    means, spreads = (
        table[table["statistic"] == statistic].set_index(keys)[list(HEADERS)] for statistic in ("mean", "std")
    )
    lines = [["", *HEADERS.values()], ["---", *["---:"] * len(HEADERS)]]
    for key in means.index:
        cells = []
        for column in HEADERS:
            mean, spread = means.at[key, column], spreads[column].get(key)
            text = "" if pd.isna(mean) else f"{mean:.2f}"
            cells.append(text if pd.isna(spread) else f"{text} ± {spread:.2f}")
        lines.append([_name(*key), *cells])
    note = "Mean ± standard deviation over the seeds; lower is better. Smoothed: after the Savitzky-Golay filter."
    return f"{note}\n\n" + markdown_rows(lines)


def differences_markdown(table: pd.DataFrame) -> str:
    """The table of `differences` for readers."""
    lines = [["", "against", *(HEADERS[metric].partition(",")[0] for metric in MOTION_METRICS)]]
    lines.append(["---", "---", *["---:"] * len(MOTION_METRICS)])
    for (row, variant, against, other), group in table.groupby(list(table.columns[:4]), sort=False):
        changes = group.set_index("metric").loc[list(MOTION_METRICS)]
        lines.append([_name(row, variant), _name(against, other), *map(percent_cell, changes.itertuples())])
    note = "Change of the mean over seeds, and its 95 % interval by a paired bootstrap over the takes of the test set."
    return f"{note}\n\n" + markdown_rows(lines)


def percent_cell(change: Any) -> str:
    """A change in percent, and its interval, where there are such."""
    if pd.isna(change.percent):
        return ""
    interval = "" if pd.isna(change.low) else f" [{change.low:+.1f}, {change.high:+.1f}]"
    return f"{change.percent:+.1f} %{interval}"


def markdown_rows(lines: list[list[str]]) -> str:
    """Lines of cells as a table; the first two are its header."""
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _name(row: str, variant: str) -> str:
    return row if variant == "raw" else f"{row}, {variant}"
