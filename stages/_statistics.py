"""How sure a difference between two experiments is: a paired bootstrap over the takes of the test set.

All cameras of a take go together, because what one sees the others see too: counted singly they would make an interval
look narrower than it is. Seeds are averaged first; their spread is told beside the interval, not within it.
"""

from __future__ import annotations

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
    from scipy.stats import bootstrap

    keys = [*TAKE, "camera", "frames"]
    errors = [rows.groupby(keys)[metric].mean() for rows in (run, against)]
    paired = pd.concat(errors, axis=1, keys=["run", "against"]).dropna().reset_index()
    for name in ("run", "against"):
        paired[name] *= paired["frames"]
    takes = paired.groupby(TAKE)[["run", "against", "frames"]].sum().reset_index()
    sums = takes[["run", "against", "frames"]].to_numpy()
    actions = pd.get_dummies(takes["action"]).to_numpy(float)

    def percent(drawn: np.ndarray, axis: int = -1) -> np.ndarray:
        """Of takes drawn by number, (..., takes)."""
        times = (drawn[..., None, :] == np.arange(len(takes))[:, None]).sum(axis=-1)  # (..., takes)
        by_action = np.einsum("...t,ta,ts->...as", times, actions, sums)
        with np.errstate(invalid="ignore"):  # an action that was not drawn counts for nothing
            means = np.nanmean(by_action[..., :2] / by_action[..., 2:], axis=-2)
        return 100 * (means[..., 0] / means[..., 1] - 1)

    everything = np.arange(len(takes))
    if len(takes) < 2:
        return Change(float(percent(everything)), np.nan, np.nan)
    interval = bootstrap(
        (everything,), percent, n_resamples=RESAMPLES, batch=100, confidence_level=CONFIDENCE, method="percentile",
        vectorized=True, rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return Change(float(percent(everything)), float(interval.low), float(interval.high))
