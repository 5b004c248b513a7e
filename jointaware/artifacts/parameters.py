"""params.yaml, read and held against its schema."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from jointaware.errors import InputError

SCHEMA = Path(__file__).parents[1] / "workflow" / "parameters.schema.yaml"
TIME_TERMS = {"velocity": 2, "acceleration": 3, "angular_acceleration": 3}
"""Frames that the joint-aware terms of motion need at least."""


def load(path: Path) -> dict[str, Any]:
    """All parameters; InputError names the first key that is unknown, missing, mistyped or out of range."""
    try:
        parameters = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected YAML; found {error}") from error
    check(parameters, path)
    return parameters


def check(parameters: Any, path: Path) -> None:
    """Raise InputError unless the parameters fit the schema and each other."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))
    error = next(
        iter(sorted(validator.iter_errors(parameters), key=lambda error: [str(key) for key in error.path])), None
    )
    if error is not None:
        raise InputError(f"{path}: {_explain(error)}")
    for problem in _contradictions(parameters):
        raise InputError(f"{path}: {problem}")


def _explain(error: Any) -> str:
    key = ".".join(str(part) for part in error.path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = next(name for name in error.instance if name not in known)
        near = difflib.get_close_matches(str(unknown), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
        return f"unknown key {f'{key}.' if key else ''}{unknown}; {hint}"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"missing key {f'{key}.' if key else ''}{missing}"
    unit = f" {error.schema['unit']}" if "unit" in error.schema else ""
    return (
        f"{key}: found {error.instance!r}, expected {_expectation(error)}{unit}. {error.schema.get('description', '')}"
    )


def _expectation(error: Any) -> str:
    value = error.validator_value
    wordings = {
        "type": f"{value}",
        "enum": f"one of {', '.join(str(item) for item in value)}" if error.validator == "enum" else "",
        "minimum": f"at least {value}",
        "maximum": f"at most {value}",
        "exclusiveMinimum": f"more than {value}",
        "exclusiveMaximum": f"less than {value}",
        "uniqueItems": "no repetition",
        "minItems": f"at least {value} items",
        "not": "an odd number",
        "pattern": f"text of the form {value}",
    }
    return wordings.get(error.validator, f"{error.validator} {value}")


def _contradictions(parameters: dict[str, Any]) -> Iterator[str]:
    """What no single key can show to be wrong."""
    for key, value in _leaves(parameters):
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{key}: found {value}, expected a finite number"
    smoothing = parameters["evaluate"]["savitzky_golay"]
    if smoothing["order"] >= smoothing["window"]:
        yield f"evaluate.savitzky_golay.order: found {smoothing['order']}, expected less than window"
    for source, split in parameters["preprocess"]["subjects"].items():
        if both := sorted(set(split["train"]) & set(split["test"])):
            yield f"preprocess.subjects.{source}: found {', '.join(both)} in train and in test, expected each in one"
    if parameters["train"]["monitor"] == "validation" and parameters["preprocess"]["validation_every"] == 0:
        yield "train.monitor: found validation, expected test, because preprocess.validation_every is 0"
    for name, experiment in parameters["experiments"].items():
        if "checkpoint" in experiment:
            continue
        weighted = [term for term, weight in experiment["weights"].items() if weight > 0]
        needed = max((TIME_TERMS.get(term, 1) for term in weighted), default=1)
        window = experiment["window"]
        if window < needed:
            yield f"experiments.{name}.window: found {window}, expected at least {needed} for these weights"
        if weighted and experiment["windows"] == 0:
            yield f"experiments.{name}.windows: found 0, expected more: the joint-aware terms see only windows"


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        yield key, value
    for name, inner in items:
        yield from _leaves(inner, f"{key}.{name}" if key else str(name))
