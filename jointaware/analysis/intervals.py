"""95 % intervals: the relative change between two experiments, and the mean of one.

A hierarchical bootstrap resamples subjects, takes within subject and action, and seeds (`resampling`), and scores each
resample exactly as `scoring` scores the test set: weighted by frames within an action, the unweighted mean over the
actions that were drawn, the mean over seeds. All cameras of a take go together, because their errors are correlated.
The interval is that of the percentiles.

Both experiments have the same resample of the test set. Their seeds are drawn independently, because trainings of
different experiments share no more than a number, or at most the initial weights: then the interval is too wide rather
than too narrow. The variants of one experiment are the same networks, and have the same draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from jointaware.analysis.resampling import count_seeds, count_takes
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.predictions import RAW
from jointaware.artifacts.scores import SEQUENCE, Scores
from jointaware.errors import InputError

TAKE = ["subject", "action", "subaction"]
CONFIDENCE = 0.95
MANY = 6
"""From this many subjects on, their names are left out."""


class Change(NamedTuple):
    """Relative change of the mean error in percent, and its interval, NaN where there is none."""

    percent: float
    low: float
    high: float


class Motion(NamedTuple):
    """The predictions of an experiment, all seeds: raw or after a filter."""

    experiment: str
    variant: str = RAW


class Sample(NamedTuple):
    """Of what an interval speaks."""

    subjects: tuple[str, ...]
    takes: int
    seeds: tuple[int, ...]
    """Number of seeds of the experiment, and of its reference if it has one."""

    def __str__(self) -> str:
        """`10 takes of subject 02, 3 seeds`."""
        takes = f"{self.takes} takes" if self.takes > 1 else "one take"
        names = f" ({', '.join(self.subjects)})" if len(self.subjects) < MANY else ""
        people = f"subject {self.subjects[0]}" if len(self.subjects) == 1 else f"{len(self.subjects)} subjects{names}"
        seeds = " against ".join(dict.fromkeys("one" if count == 1 else str(count) for count in self.seeds))
        return f"{takes} of {people}, {seeds} seed{'' if set(self.seeds) == {1} else 's'}"


@dataclass(frozen=True)
class _Errors:
    """Errors of an experiment by take, summed over the frames of all cameras.

    takes: subject, action and subaction of each. sums: (takes, seeds) of each metric. frames: (takes,), those on which
    the metric was measured: none in sequences too short for it.
    """

    takes: list[tuple[str, str, str]]
    sums: dict[str, np.ndarray]
    frames: dict[str, np.ndarray]

    def measured(self, metric: str, action: str) -> list[int]:
        """Places of the takes of an action, by default of all, on which a metric was measured."""
        return [
            place
            for place, (_, name, _) in enumerate(self.takes)
            if self.frames[metric][place] and action in ("", name)
        ]


class Bootstrap:
    """Intervals of experiments that were scored on the same test set.

    read: from experiment and variant to its rows of `by_sequence.csv`, with the seed.
    """

    def __init__(self, read: Callable[[str, str], pd.DataFrame]) -> None:
        self._errors = cache(lambda motion: _sum_up(read(*motion)))
        self._averages = cache(self._average)

    @classmethod
    def of(cls, table: pd.DataFrame) -> Bootstrap:
        """The intervals of a table as `by_sequence` returns it, and as each study keeps it."""
        groups = dict(list(table.groupby(["experiment", "variant"])))
        return cls(lambda experiment, variant: groups[experiment, variant])

    def change(
        self, run: Motion, against: Motion, metric: str, *, action: str = "", confidence: float = CONFIDENCE
    ) -> Change:
        """Relative change of the mean over actions, or of the error of one action, from `against` to `run`.

        A single take says nothing about others, and has no interval. NaN where a metric was not measured, and relative
        to zero.
        """
        ours, reference = (self._errors(motion) for motion in (run, against))
        if odd := set(ours.takes) ^ set(reference.takes):
            raise InputError(f"{run.experiment}, {against.experiment}: only one was scored on {' '.join(min(odd))}")
        takes = ours.measured(metric, action)
        if not takes or takes != reference.measured(metric, action):
            return Change(np.nan, np.nan, np.nan)
        stream = int(run.experiment != against.experiment)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = self._averages(run, metric, action, 0) / self._averages(against, metric, action, stream)
        percent = 100 * (ratios - 1)
        if not np.isfinite(percent).all():
            return Change(np.nan, np.nan, np.nan)
        if len(takes) == 1:
            return Change(float(percent[0]), np.nan, np.nan)
        return Change(float(percent[0]), *_percentiles(percent[1:], confidence))

    def sample(self, metric: str, *motions: Motion, action: str = "") -> Sample:
        """Of what an interval of these experiments speaks."""
        errors = [self._errors(motion) for motion in motions]
        takes = [errors[0].takes[place] for place in errors[0].measured(metric, action)]
        subjects = tuple(dict.fromkeys(subject for subject, *_ in takes))
        return Sample(subjects, len(takes), tuple(each.sums[metric].shape[1] for each in errors))

    def actions(self, motion: Motion) -> list[str]:
        """The actions of the test set."""
        return sorted({action for _, action, _ in self._errors(motion).takes})

    def _average(self, motion: Motion, metric: str, action: str, stream: int) -> np.ndarray:
        """The error as published in the sample itself and in each resample, (1 + RESAMPLES,)."""
        errors = self._errors(motion)
        places = errors.measured(metric, action)
        names = np.array([errors.takes[place][1] for place in places])
        sums, frames = errors.sums[metric][places], errors.frames[metric][places]
        counts = count_takes(tuple(errors.takes[place][:2] for place in places))
        total, weights = np.zeros((len(counts.takes), sums.shape[1])), np.zeros(len(counts.takes))
        for name, weight in zip(np.unique(names), counts.actions.T, strict=True):
            drawn = counts.takes[:, names == name]
            frames_drawn = drawn @ frames[names == name]
            weight = np.where(frames_drawn > 0, weight, 0)  # an action that was not drawn is left out of the mean
            total += (weight / np.maximum(frames_drawn, 1e-9))[:, None] * (drawn @ sums[names == name])
            weights += weight
        return (total * count_seeds(sums.shape[1], stream)).sum(axis=1) / weights


def interval_over_seeds(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean of a value over seeds with its interval, which is NaN for a single seed."""
    means = count_seeds(len(values), 0) @ np.asarray(values, float)
    ends = _percentiles(means[1:], CONFIDENCE) if len(values) > 1 else (np.nan, np.nan)
    return float(means[0]), *ends


def by_sequence(scores: Scores) -> pd.DataFrame:
    """Scores by sequence of all experiments, variants and seeds, from which every interval can be computed."""
    table = pd.concat([scores.sequences.assign(variant=RAW), scores.filtered_sequences], ignore_index=True)
    return table[["experiment", "variant", "seed", *SEQUENCE, "frames", *METRICS]]


def _sum_up(rows: pd.DataFrame) -> _Errors:
    """A seed whose errors are those of the first adds nothing: the same network, trained elsewhere."""
    metrics = [metric for metric in METRICS if metric in rows]
    values = rows.set_index([*SEQUENCE, "frames", "seed"])[metrics].unstack("seed")
    frames = values.index.get_level_values("frames").to_numpy(float)
    takes = values.groupby(level=TAKE).ngroup().to_numpy()
    sums, measured = {}, {}
    for metric in metrics:
        errors = values[metric].to_numpy(float)
        if np.array_equal(errors, np.broadcast_to(errors[:, :1], errors.shape), equal_nan=True):
            errors = errors[:, :1]
        has = ~np.isnan(errors).all(axis=1)
        sums[metric], measured[metric] = np.zeros((takes.max() + 1, errors.shape[1])), np.zeros(takes.max() + 1)
        np.add.at(sums[metric], takes[has], errors[has] * frames[has, None])
        np.add.at(measured[metric], takes[has], frames[has])
    return _Errors(list(values.groupby(level=TAKE).groups), sums, measured)


def _percentiles(values: np.ndarray, confidence: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
