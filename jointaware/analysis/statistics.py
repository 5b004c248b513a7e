"""Significance of a difference between two experiments: a paired bootstrap over the takes of the test set.

All cameras of a take are drawn together, because their errors are correlated: drawn independently, they would make the
interval too narrow. Seeds are averaged first; their spread is reported beside the interval, not within it.

This is not `scipy.stats.bootstrap`, with which a test compares it, because all pairs share their resamples here, which
is five times as fast.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

TAKE = ["subject", "action", "subaction"]
RESAMPLES = 2000
CONFIDENCE = 0.95


class Change(NamedTuple):
    """Relative change of the average error in percent, and its 95 % interval; the interval of a single take is NaN."""

    percent: float
    low: float
    high: float


def paired_change(run: pd.DataFrame, against: pd.DataFrame, metric: str) -> Change:
    """Relative change of the published average (over actions, weighted by frames within one) from `against` to `run`.

    run, against: rows of `by_sequence.csv` for every seed, of the same test sequences.
    """
    keys = [*TAKE, "camera", "frames"]
    errors = [rows.groupby(keys)[metric].mean() for rows in (run, against)]
    paired = pd.concat(errors, axis=1, keys=["run", "against"]).dropna().reset_index()
    for name in ("run", "against"):
        paired[name] *= paired["frames"]
    takes = paired.groupby(TAKE)[["run", "against", "frames"]].sum().reset_index()
    actions, sums = pd.get_dummies(takes["action"]).to_numpy(float), takes[["run", "against", "frames"]].to_numpy()

    counts = np.vstack([np.ones(len(takes)), _draws(len(takes))])  # the sample itself, then every resample
    by_action = (counts @ np.einsum("ta,ts->tas", actions, sums).reshape(len(takes), -1)).reshape(len(counts), -1, 3)
    with np.errstate(invalid="ignore"):  # an action that was not drawn is left out of the mean
        means = np.nanmean(by_action[..., :2] / by_action[..., 2:], axis=1)
    percent = 100 * (means[:, 0] / means[:, 1] - 1)
    if len(takes) < 2:
        return Change(float(percent[0]), np.nan, np.nan)
    low, high = np.quantile(percent[1:], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Change(float(percent[0]), float(low), float(high))


@cache
def _draws(takes: int) -> np.ndarray:
    """Count of each take in each resample with replacement, (resamples, takes); cached and the same for every pair."""
    drawn = np.random.default_rng(0).integers(takes, size=(RESAMPLES, takes))
    rows = np.arange(RESAMPLES)[:, None]
    counts = np.zeros((RESAMPLES, takes))
    np.add.at(counts, (rows, drawn), 1)
    return counts
