"""The graph of dvc.yaml for Snakemake's rules: command, inputs, outputs and parameters of each stage.

Commands and paths are written only in dvc.yaml. A stage with `foreach` becomes a rule with the wildcard `experiment`.
DVC compares the content of the user's files, Snakemake only looks for newer ones: size and time of each are therefore
also parameters of the rules that read them, so that a file replaced by an older one is seen.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from posixpath import normpath
from typing import Any

from jointaware.analysis.figures.table import FIGURES
from jointaware.analysis.tables import CAPTIONS
from jointaware.artifacts.files import read_yaml
from jointaware.artifacts.parameters import Parameters, load
from jointaware.errors import InputError

DVC_YAML = Path("dvc.yaml")
PARAMS = Path("params.yaml")
KEY = "${key}"
"""Placeholder of the experiment in dvc.yaml's paths."""
STAGE = '"$DVC_STAGE"'
"""Placeholder of the stage and its experiment in dvc.yaml's commands."""


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
        content: Any = read_yaml(DVC_YAML)
        self._stages: dict[str, Any] = content["stages"]
        self._check_path()

    def rule(self, stage: str) -> Rule:
        """One stage as a rule."""
        fields = self._fields(stage)
        outputs = self._outputs(stage)
        return Rule(
            command=" ".join(fields["cmd"].split()).replace(STAGE, f"{stage}@{{wildcards.experiment:q}}"),
            inputs=tuple(path for dep in fields["deps"] for path in self._inputs(dep)),
            outputs=tuple(map(_wildcards, outputs)),
            keys=tuple(map(_wildcards, fields.get("params", []))),
        )

    def values(self, stage: str) -> Callable[[Any], dict[str, object]]:
        """A function for a rule's `params`, from wildcards to all that the stage depends on beside code and outputs.

        That is the values of its keys, and size and time of each file of the user's that it reads.
        """
        keys, dependencies = self.rule(stage).keys, map(self._resolved, self._fields(stage)["deps"])
        files = {file: stamp(file) for file in self._originals} if self._path in dependencies else {}

        def values(wildcards: Any) -> dict[str, object]:
            chosen = [key.format(**dict(wildcards.items())) for key in keys]
            return {
                leaf: value
                for leaf, value in self._leaves.items()
                if any(leaf == key or leaf.startswith(f"{key}.") for key in chosen)
            } | files

        return values

    def _check_path(self) -> None:
        """Snakemake deletes outputs before it makes them: InputError if the user's motion lies in one. DVC refuses."""
        for stage in self._stages:
            for output in self._outputs(stage):
                place = Path(output.replace(f"/{KEY}", "")).resolve()
                if Path(self._path).resolve().is_relative_to(place):
                    raise InputError(f"{PARAMS}: data.path: found {self._path}, in {place.name}, which is replaced")

    def _inputs(self, dependency: str) -> list[str]:
        """Files of a dependency: for a folder that stages write into, their outputs; for any other, the files in it."""
        path = self._resolved(dependency)
        makers = [stage for stage in self._stages if path in map(_parent, self._outputs(stage))]
        written = [out for stage in makers for out in self._outputs(stage) if _parent(out) == path]
        if written:
            return [out.replace(KEY, name) for out in written for name in self.parameters.experiments]
        if any(path in self._outputs(stage) for stage in self._stages):
            return [_wildcards(path)]
        files = self._originals if path == self._path else files_below(path)
        return [file for file in files if "{" not in file]  # which would be a wildcard

    @property
    def _path(self) -> str:
        return self.parameters.data.path

    @cached_property
    def _originals(self) -> list[str]:
        """The user's files: in `data.path`, and in a local copy that `data.cmu.url` names, which dvc.yaml cannot."""
        url = getattr(self.parameters.data.settings, "url", "")
        folders = [self._path, *([url.removeprefix("file://")] if url.startswith("file://") else [])]
        return [file for folder in folders for file in files_below(folder)]

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
    """Paths of all outputs and metrics in the fields of a stage, without the source of motion that dvc.lock has."""
    listed = [*fields.get("outs", []), *fields.get("metrics", [])]
    return [normpath(next(iter(each)) if isinstance(each, dict) else each) for each in listed]


def files_below(folder: str) -> list[str]:
    """All files below a folder, whose own modification time says nothing of them; a file or nothing stands for itself.

    Links to files and folders are followed, each folder once, and hidden files count, as they do for DVC.
    """
    if not Path(folder).is_dir():
        return [folder]
    files, seen = [], set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(parent))
        folders[:] = [name for name in folders if os.path.realpath(os.path.join(parent, name)) not in seen]
        files += [Path(parent, name).as_posix() for name in names]
    return sorted(file for file in files if os.path.isfile(file))


def stamp(file: str) -> list[int]:
    """Size and time of modification of a file; nothing where it is missing."""
    try:
        about = os.stat(file)
    except OSError:
        return []
    return [about.st_size, about.st_mtime_ns]


def captions() -> dict[str, dict[str, str]]:
    """Captions of all tables and figures by name, for Snakemake's report."""
    return {"tables": dict(CAPTIONS), "figures": {name: row.caption for name, row in FIGURES.items()}}


def _parent(path: str) -> str:
    return path.rpartition("/")[0] if path.endswith(f"/{KEY}") else ""


def _wildcards(text: str) -> str:
    return text.replace(KEY, "{experiment}")
