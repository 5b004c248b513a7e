"""Experiments that differ from each other in little."""

import functools

from jointaware.artifacts.parameters import Experiment, load
from tests.house import ROOT


@functools.cache
def _plain() -> Experiment:
    return load(ROOT / "profiles/demo.yaml").experiments["baseline"]


def make_experiment(**changes: object) -> Experiment:
    """The demo's baseline with other values, and with the role `other` unless that is one of them."""
    return _plain().model_copy(update={"role": "other", **changes})
