"""Resamples of a test set: how often each take, action and seed counts in each of them.

Subjects are drawn with replacement, and for each drawn subject its takes of each action. Every level draws one unit
fewer than it has, because drawing all n of n gives a variance too small by (n - 1) / n: by half for two takes of an
action, by a third for three seeds (McCarthy and Snowden 1985; Rao and Wu 1988). `tests/analysis/test_coverage.py`
measures what that is worth.

- Several subjects: the spread between them holds that of their takes, so the only take of an action stays as it is.
- One subject: actions with a single take say nothing about the spread between takes, and keeping them as they are would
  make the interval too narrow. They are drawn among each other as wholes, and such an action counts in the mean over
  actions as often as it was drawn (collapsed strata: at worst too wide). One that is alone is joined by the action
  with the next fewest takes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

RESAMPLES = 10_000


class Counts(NamedTuple):
    """How often takes, (1 + RESAMPLES, takes), and actions, (1 + RESAMPLES, actions), count; first the sample itself.

    Actions are in sorted order; the frames of an action's takes are weighted by the counts of the takes.
    """

    takes: np.ndarray
    actions: np.ndarray


@lru_cache(maxsize=64)
def count_takes(takes: tuple[tuple[str, str], ...]) -> Counts:
    """Counts of each take and action in each resample; cached, do not modify. takes: subject and action of each."""
    generator = np.random.default_rng(0)
    strata: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, (subject, action) in enumerate(takes):
        strata[subject][action].append(place)
    actions = sorted({action for _, action in takes})
    counts = np.ones((1 + RESAMPLES, len(takes)))
    weights = np.ones((1 + RESAMPLES, len(actions)))

    drawn_subjects = _draw(generator, len(strata), np.ones(RESAMPLES, int))
    for by_action, times in zip(strata.values(), drawn_subjects.T, strict=True):
        for places in by_action.values():
            scale = len(places) / max(1, len(places) - 1)  # keeps the weight of this subject in the action
            counts[1:, places] = scale * _draw(generator, len(places), times)
    if len(strata) == 1:
        [by_action] = strata.values()
        wholes = [actions.index(action) for action in _drawn_as_wholes(by_action)]
        scale = len(wholes) / max(1, len(wholes) - 1)
        weights[1:, wholes] = scale * _draw(generator, len(wholes), np.ones(RESAMPLES, int))
    return Counts(counts, weights)


def _drawn_as_wholes(by_action: Mapping[str, list[int]]) -> list[str]:
    """Actions with a single take; if there is one of them, it and the one with the next fewest takes."""
    by_takes = sorted(by_action, key=lambda action: (len(by_action[action]), action))
    single = sum(len(places) == 1 for places in by_action.values())
    return by_takes[: max(single, 2)] if single else by_takes[:1]


@lru_cache(maxsize=64)
def count_seeds(seeds: int, stream: int) -> np.ndarray:
    """Weight of each seed in each resample, (1 + RESAMPLES, seeds), rows of sum 1; cached, do not modify.

    stream: experiments with another stream draw independently.
    """
    drawn = _draw(np.random.default_rng([1, stream]), seeds, np.ones(RESAMPLES, int)) / max(1, seeds - 1)
    return np.vstack([np.full(seeds, 1 / seeds), drawn])


def _draw(generator: np.random.Generator, units: int, times: np.ndarray) -> np.ndarray:
    """How often each of the units is drawn, (resamples, units): `units` - 1 draws, repeated `times` in each resample.

    A single unit is taken as it is.
    """
    return generator.multinomial(times * max(1, units - 1), np.full(units, 1 / units))
