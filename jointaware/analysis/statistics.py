"""How sure a difference between two experiments is: a paired bootstrap over the takes of the test set.

All cameras of a take go together, because what one sees the others see too: counted singly they would make an interval
look narrower than it is. Seeds are averaged first; their spread is told beside the interval, not within it.
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
    """Percent by which the average error changes, and its 95 % interval; NaN where one take allows none."""

    percent: float
    low: float
    high: float


def paired_change(run: pd.DataFrame, against: pd.DataFrame, metric: str) -> Change:
    """Change of the published average (over actions, weighted by frames within one) from `against` to `run`.

    run, against: rows of `by_sequence.csv` of every seed, of the same test sequences.
    """
    keys = [*TAKE, "camera", "frames"]
    errors = [rows.groupby(keys)[metric].mean() for rows in (run, against)]
    paired = pd.concat(errors, axis=1, keys=["run", "against"]).dropna().reset_index()
    for name in ("run", "against"):
        paired[name] *= paired["frames"]
    takes = paired.groupby(TAKE)[["run", "against", "frames"]].sum().reset_index()
    actions, sums = pd.get_dummies(takes["action"]).to_numpy(float), takes[["run", "against", "frames"]].to_numpy()

    times = np.vstack([np.ones(len(takes)), _draws(len(takes))])  # the takes as they are, then every draw
    by_action = (times @ np.einsum("ta,ts->tas", actions, sums).reshape(len(takes), -1)).reshape(len(times), -1, 3)
    with np.errstate(invalid="ignore"):  # an action that was not drawn counts for nothing
        means = np.nanmean(by_action[..., :2] / by_action[..., 2:], axis=1)
    percent = 100 * (means[:, 0] / means[:, 1] - 1)
    if len(takes) < 2:
        return Change(float(percent[0]), np.nan, np.nan)
    low, high = np.quantile(percent[1:], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Change(float(percent[0]), float(low), float(high))


@cache
def _draws(takes: int) -> np.ndarray:
    """How often each take is in each draw with replacement, (draws, takes); the same draws for every pair."""
    drawn = np.random.default_rng(0).integers(takes, size=(RESAMPLES, takes))
    rows = np.arange(RESAMPLES)[:, None]
    times = np.zeros((RESAMPLES, takes))
    np.add.at(times, (rows, drawn), 1)
    return times
