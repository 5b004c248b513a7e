"""Experiments that differ from each other in little, and their errors after filters."""

import functools
from collections.abc import Sequence

import pandas as pd

from jointaware.artifacts.parameters import Experiment, load
from jointaware.artifacts.predictions import FILTERS
from tests.house import ROOT


@functools.cache
def _plain() -> Experiment:
    return load(ROOT / "profiles/demo.yaml").experiments["baseline"]


def make_experiment(**changes: object) -> Experiment:
    """The demo's baseline with other values, and with the role `other` unless that is one of them."""
    return _plain().model_copy(update={"role": "other", **changes})


def after_filters(table: pd.DataFrame, columns: Sequence[str], **factors: float) -> pd.DataFrame:
    """Errors after each filter, each its factor times those in these columns of the raw ones."""
    scaled = {name: table.assign(**table[list(columns)] * factor, variant=name) for name, factor in factors.items()}
    assert scaled.keys() == FILTERS.keys()
    return pd.concat(scaled.values(), ignore_index=True)
