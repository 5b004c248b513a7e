"""The graph of dvc.yaml for Snakemake's rules: command, inputs, outputs and parameters of each stage.

Commands and paths are written only in dvc.yaml. A stage with `foreach` becomes a rule with the wildcard `experiment`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from jointaware.analysis.figures.table import FIGURES
from jointaware.analysis.tables import CAPTIONS
from jointaware.artifacts.parameters import Parameters, load

DVC_YAML = Path("dvc.yaml")
PARAMS = Path("params.yaml")
KEY = "${key}"
"""Placeholder of the experiment in dvc.yaml."""


@dataclass(frozen=True)
class Rule:
    """What a rule of Snakemake takes from a stage; paths and command may hold the wildcard `{experiment}`."""

    command: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    keys: tuple[str, ...]
    """Dotted keys of params.yaml that the stage depends on."""


class Graph:
    """All stages of dvc.yaml with the parameters of params.yaml."""

    def __init__(self) -> None:
        self.parameters: Parameters = load(PARAMS)
        self._leaves = self.parameters.leaves()
        self._stages = YAML(typ="safe", pure=True).load(DVC_YAML.read_text(encoding="utf-8"))["stages"]

    def rule(self, stage: str) -> Rule:
        """One stage as a rule."""
        fields = self._fields(stage)
        outputs = self._outputs(stage)
        return Rule(
            command=_wildcards(" ".join(fields["cmd"].split()), "{wildcards.experiment}"),
            inputs=tuple(_wildcards(path) for dep in fields["deps"] for path in self._inputs(dep)),
            outputs=tuple(map(_wildcards, outputs)),
            keys=tuple(map(_wildcards, fields.get("params", []))),
        )

    def values(self, stage: str) -> Callable[[Any], dict[str, object]]:
        """A function for a rule's `params`, from wildcards to the values of all keys that the stage depends on."""
        keys = self.rule(stage).keys

        def values(wildcards: Any) -> dict[str, object]:
            chosen = [key.format(**dict(wildcards.items())) for key in keys]
            return {
                leaf: value
                for leaf, value in self._leaves.items()
                if any(leaf == key or leaf.startswith(f"{key}.") for key in chosen)
            }

        return values

    def _inputs(self, dependency: str) -> Iterable[str]:
        """Files of a dependency: for a folder that stages write into, their outputs; for any other, the files in it."""
        path = self._resolved(dependency)
        makers = [stage for stage in self._stages if path in map(_parent, self._outputs(stage))]
        written = [out for stage in makers for out in self._outputs(stage) if _parent(out) == path]
        if written:
            return [out.replace(KEY, name) for out in written for name in self.parameters.experiments]
        if not any(path in self._outputs(stage) for stage in self._stages) and Path(path).is_dir():
            return files_below(path)
        return [path]

    def _outputs(self, stage: str) -> list[str]:
        return outputs_of(self._fields(stage))

    def _fields(self, stage: str) -> dict[str, Any]:
        fields: dict[str, Any] = self._stages[stage]
        return fields.get("do", fields)

    def _resolved(self, path: str) -> str:
        for key, value in self._leaves.items():
            path = path.replace(f"${{{key}}}", str(value))
        return path


def outputs_of(fields: dict[str, Any]) -> list[str]:
    """Paths of all outputs and metrics in the fields of a stage."""
    listed = [*fields.get("outs", []), *fields.get("metrics", [])]
    return [next(iter(each)) if isinstance(each, dict) else each for each in listed]


def files_below(folder: str) -> list[str]:
    """All files below a folder, whose own modification time does not change when a file is edited in place."""
    paths = sorted(Path(folder).rglob("*"))
    return [path.as_posix() for path in paths if path.is_file() and not path.name.startswith(".")]


def captions() -> dict[str, dict[str, str]]:
    """Captions of all tables and figures by name, for Snakemake's report."""
    return {"tables": dict(CAPTIONS), "figures": {name: row.caption for name, row in FIGURES.items()}}


def _parent(path: str) -> str:
    return path.rpartition("/")[0] if path.endswith(f"/{KEY}") else ""


def _wildcards(text: str, wildcard: str = "{experiment}") -> str:
    return text.replace(KEY, wildcard)
