"""From a run back to the raw files: every file on the way, and the SHA-256 that was recorded of it.

    results/record.json -> results/runs/<run>/record.json -> predictions -> network; run.json -> network, sequences
    results/record.json -> data/record.json -> sequences, manifest -> raw files

Each record is of the stage that read the next file, or of the one that made it. A file that differs from any of them
no longer is what the number was made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from jointaware.artifacts.files import sha256
from jointaware.artifacts.predictions import read_origin
from jointaware.artifacts.records import RECORD, is_whole
from jointaware.artifacts.scores import Run
from jointaware.errors import InputError


class DamagedError(InputError):
    """A file that is there and not what the pipeline wrote."""


class Expected(NamedTuple):
    """A file, the digest it must have, who recorded that, and the run it belongs to (empty: to all)."""

    path: str
    sha256: str
    recorded_by: str
    run: str = ""


class Problem(NamedTuple):
    """A file that is not what a number was made from. kind: changed, missing, or value for a number in a table."""

    path: str
    kind: str
    text: str


@dataclass(frozen=True)
class Places:
    """Where everything lies: the layout of dvc.yaml, seen from the root of a checkout."""

    results: Path = Path("results")
    models: Path = Path("models")
    predictions: Path = Path("predictions")
    sequences: Path = Path("data/sequences.safetensors")
    paper: Path = Path("paper")

    @property
    def record(self) -> Path:
        """What aggregate recorded."""
        return self.results / RECORD

    def scores(self, run: Run) -> Path:
        """The folder that evaluate wrote for a run."""
        return self.results / "runs" / run.name


@dataclass(frozen=True)
class Chain:
    """The records of one checkout, followed. Each file is read once, however many numbers rest on it."""

    places: Places
    record: dict[str, Any]
    found: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every file that was looked at; empty if it is not there."""
    followed: dict[str, list[Expected]] = field(default_factory=dict)
    """The links of each run, and without a name those of the data."""

    @classmethod
    def open(cls, places: Places) -> Chain:
        """The chain that ends in the tables; InputError if there are none."""
        record = _json(places.record)
        keys = {"source", "actions", "experiments", "seeds", "made", "made_from"}
        if missing := sorted(keys - record.keys()):
            raise DamagedError(f"{places.record}: found no {missing[0]}, expected what `dvc repro aggregate` writes")
        return cls(places, record)

    @cached_property
    def is_whole(self) -> bool:
        """Whether what aggregate recorded is as it wrote it."""
        return is_whole(self.places.record)

    def runs(self, experiments: list[str]) -> list[Run]:
        """The runs of these experiments that the tables were made from."""
        return [Run(experiment, seed) for experiment in experiments for seed in self.record["seeds"]]

    def links(self, runs: list[Run]) -> list[Expected]:
        """Every file between the tables and the raw motion that these runs rest on, the nearest first."""
        if not self.followed:
            self.followed[""] = list(self._data())
        for run in runs:
            if run.name not in self.followed:
                self.followed[run.name] = list(self._links_of(run))
        names = dict.fromkeys([*(run.name for run in runs), *([""] if runs else [])])
        return [link for name in names for link in self.followed[name]]

    def made(self, *prefixes: str) -> list[Expected]:
        """What aggregate wrote below these paths, without a suffix or with."""
        return self._recorded("made", *prefixes)

    def read(self, *prefixes: str) -> list[Expected]:
        """What aggregate read below these paths."""
        return self._recorded("made_from", *prefixes)

    def problems(self, links: list[Expected]) -> list[Problem]:
        """What no longer has the digest that was recorded, or is not there; each file once."""
        found = {}
        if not self.is_whole:
            path = str(self.places.record)
            found[path] = Problem(path, "changed", f"{path}: is not as `dvc repro aggregate` wrote it")
        for link in links:
            if link.path in found:
                continue
            digest = self.digest(link.path)
            if not link.sha256:
                text = f"{link.path}: {link.recorded_by} has no digest of it, expected one"
                found[link.path] = Problem(link.path, "changed", text)
            elif not digest:
                found[link.path] = Problem(link.path, "missing", f"{link.path}: not here")
            elif digest != link.sha256:
                text = f"{link.path}: SHA-256 is {digest[:12]}…, expected {link.sha256[:12]}… as in {link.recorded_by}"
                found[link.path] = Problem(link.path, "changed", text)
        return list(found.values())

    def digest(self, path: str) -> str:
        """The SHA-256 of a file as it is now; empty if it is not there."""
        if path not in self.found:
            self.found[path] = sha256(Path(path)) if Path(path).is_file() else ""
        return self.found[path]

    def training(self, run: Run) -> dict[str, Any]:
        """What training recorded of a run; empty where it cannot be read."""
        return _json(self.places.models / run.name / "run.json", default={})

    def parameters(self, run: Run) -> dict[str, Any]:
        """The resolved parameters of every stage on the way to a run's scores, as the stages recorded them."""
        data = _json(self.places.sequences.with_name(RECORD), default={})
        manifest = _json(next(iter(data.get("made_from", {})), ""), default={})
        resolved = {**data.get("parameters", {}), **manifest.get("parameters", {})}
        resolved |= self.training(run).get("parameters", {})
        resolved |= self._origin(run).get("parameters", {})
        return resolved | _json(self.places.scores(run) / RECORD, default={}).get("parameters", {})

    def _recorded(self, section: str, *prefixes: str) -> list[Expected]:
        recorded, by = self.record[section], str(self.places.record)
        return [Expected(path, digest, by) for path, digest in recorded.items() if path.startswith(prefixes)]

    def _links_of(self, run: Run) -> Iterator[Expected]:
        scores, model = self.places.scores(run) / RECORD, self.places.models / run.name
        for path in (scores, model / "run.json", model / "history.csv"):
            digest = self.record["made_from"].get(path.as_posix(), "")
            yield Expected(path.as_posix(), digest, str(self.places.record), run.name)
        yield from _contents(scores, run.name)
        shared = {"network_sha256": model / "network.safetensors", "sequences_sha256": self.places.sequences}
        predictions = self.places.predictions / f"{run.name}.safetensors"
        for by, recorded in ((predictions, self._origin(run)), (model / "run.json", self.training(run))):
            for key, path in shared.items() if recorded else ():
                yield Expected(path.as_posix(), recorded.get(key, ""), str(by), run.name)
        if checkpoint := self.training(run).get("checkpoint"):
            yield _listed(checkpoint, model / "run.json", run.name)

    def _data(self) -> Iterator[Expected]:
        record = self.places.sequences.with_name(RECORD)
        digest = self.record["made_from"].get(record.as_posix(), "")
        yield Expected(record.as_posix(), digest, str(self.places.record))
        for link in _contents(record):
            yield link
            if link.path in _json(record, default={}).get("made_from", {}):
                for file in _json(link.path, default={}).get("files", []):
                    yield _listed(file, link.path)

    def _origin(self, run: Run) -> dict[str, Any]:
        try:
            return read_origin(self.places.predictions / f"{run.name}.safetensors")
        except (InputError, OSError):
            return {}


def _contents(record: Path, run: str = "") -> Iterator[Expected]:
    """What a stage's record says it wrote and read; nothing if it cannot be read, which its own digest tells."""
    content = _json(record, default={})
    for path, digest in (content.get("made", {}) | content.get("made_from", {})).items():
        yield Expected(path, digest, str(record), run)


def _listed(file: dict[str, str], by: Path | str, run: str = "") -> Expected:
    """A file that a list names with its path and digest; by: the list, named itself where one of them is lost."""
    return Expected(file.get("path", str(by)), file.get("sha256", ""), str(by), run)


def _json(path: Path | str, *, default: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object from a JSON file; without a default, InputError if that cannot be read."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
        found: object = type(content).__name__
    except (OSError, ValueError) as error:
        found = error
    if default is None:
        kind = InputError if isinstance(found, OSError) else DamagedError
        raise kind(f"{path}: expected what `dvc repro aggregate` writes; found {found}")
    return default
