"""Small trainings for tests."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from jointaware.artifacts.parameters import Experiment, check
from tests.house import ROOT

ALL_TERMS = {
    "angle": 0.002,
    "distance": 0.01,
    "symmetry": 0.01,
    "range_of_motion": 0.002,
    "velocity": 10.0,
    "acceleration": 1.0,
    "angular_acceleration": 0.002,
}
"""Weights of all terms, so that small runs have each of them."""


def small_parameters() -> dict[str, Any]:
    """The demo's parameters with a small network, as they stand in a file; tests may change them."""
    parameters = YAML(typ="safe", pure=True).load(ROOT / "profiles/demo.yaml")
    parameters["train"] |= {"channels": 8, "epochs": 3, "batch_size": 32}
    parameters["train"]["network"]["filter_widths"] = [3, 3]
    parameters["experiments"]["joint_aware"] |= {"losses": dict(ALL_TERMS), "extra_frames": 0}
    for experiment in parameters["experiments"].values():
        experiment.pop("channels", None)
    return parameters


def with_transformer(parameters: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same parameters with an experiment `transformer`: a small one, with two terms."""
    parameters["experiments"]["transformer"] = {
        "network": {"name": "spatiotemporal_transformer", "depth": 1, "heads": 2, "mlp_ratio": 2, "frames": 9},
        "losses": {"velocity": 1.0, "angle": 0.1},
        **changes,
    }
    return parameters


def small_experiment(role: str, **changes: Any) -> Experiment:
    """The experiment of a role, with changes."""
    parameters = check(small_parameters(), "small")
    return parameters.experiments[parameters.with_role(role)].model_copy(update=changes)


def write_yaml(path: Path, parameters: dict[str, Any]) -> None:
    """Write parameters to a file, in their order."""
    yaml = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False
    yaml.dump(parameters, path)
