"""The paper's experiments (profiles/paper.yaml) at the size of a benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jointaware.artifacts.networks import SpatiotemporalTransformer
from jointaware.artifacts.parameters import Experiment, Parameters, load

PROFILE = Path(__file__).resolve().parents[1] / "profiles/paper.yaml"


def paper_experiment(role: str, *, filter_widths: Sequence[int], channels: int, batch_size: int) -> Experiment:
    """The experiment of the paper's profile that has a role, with another network size and batch size."""
    experiment = next(found for found in _paper().experiments.values() if found.role == role)
    network = experiment.network.model_copy(update={"filter_widths": tuple(filter_widths)})
    return experiment.model_copy(update={"network": network, "channels": channels, "batch_size": batch_size})


def transformer_experiment(role: str, network: SpatiotemporalTransformer, *, channels: int, clips: int) -> Experiment:
    """The same with a transformer, whose batches have so many clips."""
    experiment = next(found for found in _paper().experiments.values() if found.role == role)
    sizes = {"network": network, "channels": channels, "batch_size": clips * network.frames}
    return experiment.model_copy(update=sizes | {"dropout": 0.0, "clips": 0, "extra_frames": 0})


@cache
def _paper() -> Parameters:
    return load(PROFILE)
