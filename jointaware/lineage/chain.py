"""From a run back to the raw files: every file in between, and the SHA-256 recorded for it.

    results/record.json -> results/runs/<run>/record.json -> predictions -> network; run.json -> network, sequences
    results/runs/<run>/record.json -> smoothed predictions -> smoother, predictions, network
    results/record.json -> data/record.json -> sequences, manifest -> raw files -> the user's originals

Each record was written by the stage that read or made the next file. A file with another digest is no longer what the
number was made from. Where and when a network was trained (results/provenance) is not part of the chain, because a
rerun on another machine makes the same network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from jointaware.artifacts.predictions import read_origin
from jointaware.artifacts.provenance import Provenance, read_provenance
from jointaware.artifacts.records import (
    RECORD,
    AggregateRecord,
    DamagedError,
    Listed,
    Manifest,
    Origin,
    Record,
    SmoothedOrigin,
    TrainingRecord,
    is_whole,
    read_record,
)
from jointaware.artifacts.scores import Run
from jointaware.errors import InputError
from jointaware.lineage.files import Expected, Problem, compare, digest_now

__all__ = ["Chain", "DamagedError", "Places", "find_provenance", "read_training"]
FILE_URL = "file://"
Shape = TypeVar("Shape")
AnyOrigin = TypeVar("AnyOrigin", bound=Origin)


@dataclass(frozen=True)
class Places:
    """Layout of dvc.yaml, relative to the root of a checkout."""

    results: Path = Path("results")
    models: Path = Path("models")
    predictions: Path = Path("predictions")
    smoothers: Path = Path("smoothers")
    sequences: Path = Path("data/sequences.safetensors")
    paper: Path = Path("paper")

    @property
    def record(self) -> Path:
        """Record of aggregate."""
        return self.results / RECORD

    @property
    def runs(self) -> Path:
        """Folder of all scores."""
        return self.results / "runs"

    @property
    def provenance(self) -> Path:
        """Folder of where and when each network was trained."""
        return self.results / "provenance"

    def scores(self, run: Run) -> Path:
        """Folder of a run's scores."""
        return self.runs / run.path

    def model(self, run: Run) -> Path:
        """Folder of a run's network."""
        return self.models / run.path

    def network(self, run: Run) -> Path:
        """A run's network."""
        return self.model(run) / "network.safetensors"

    def prediction(self, run: Run) -> Path:
        """A run's predicted joints."""
        return self.predictions / f"{run.path.as_posix()}.safetensors"

    def smoother(self, run: Run) -> Path:
        """A run's learned smoother."""
        return self.smoothers / run.path / "smoother.safetensors"

    def smoothed(self, run: Run) -> Path:
        """A run's predicted joints after its learned smoother."""
        return self.smoothers / run.path / "predictions.safetensors"

    def printed(self, number: int) -> Path:
        """Copy of a table of the paper."""
        return self.paper / f"table_{number:02}.csv"


@dataclass(frozen=True)
class Chain:
    """All records of a checkout. Each file is read once, however many numbers depend on it."""

    places: Places
    record: AggregateRecord
    found: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every file checked so far; empty where the file is missing."""
    followed: dict[str, list[Expected]] = field(default_factory=dict)
    """Files of each run by its name; those of the data, which all runs share, under the empty name."""

    @classmethod
    def open(cls, places: Places) -> Chain:
        """The chain that ends in results/tables; InputError where aggregate has not run."""
        return cls(places, read_record(places.record, AggregateRecord, "aggregate"))

    @cached_property
    def is_whole(self) -> bool:
        """Whether aggregate's record is unchanged."""
        return is_whole(self.places.record)

    def with_role(self, role: str) -> str | None:
        """Name of the experiment that has a role."""
        return next((name for name, has in self.record.roles.items() if has == role), None)

    def runs(self, experiments: list[str]) -> list[Run]:
        """The runs of these experiments that the tables were made from."""
        return [Run(experiment, seed) for experiment in experiments for seed in self.record.seeds]

    def links(self, runs: list[Run]) -> list[Expected]:
        """Every file between the tables and the raw motion that these runs depend on, nearest first."""
        if not self.followed:
            self.followed[""] = list(self._data())
        for run in runs:
            if run.name not in self.followed:
                self.followed[run.name] = list(self._links_of(run))
        names = dict.fromkeys([*(run.name for run in runs), *([""] if runs else [])])
        return [link for name in names for link in self.followed[name]]

    def made(self, *prefixes: str) -> list[Expected]:
        """Files written by aggregate whose paths start with a prefix."""
        return self._recorded(self.record.made, *prefixes)

    def everything(self) -> list[Expected]:
        """Every file that any record of the checkout names."""
        return [*self.made(""), *self.read(""), *self.links(self.runs(self.record.experiments))]

    def read(self, *prefixes: str) -> list[Expected]:
        """Files read by aggregate whose paths start with a prefix."""
        return self._recorded(self.record.made_from, *prefixes)

    def problems(self, links: list[Expected]) -> list[Problem]:
        """Files that are missing or differ from their recorded digest; each file once."""
        found = {}
        if not self.is_whole:
            path = str(self.places.record)
            found[path] = Problem(path, "changed", f"{path}: changed since `dvc repro aggregate` wrote it")
        for link in links:
            if link.path not in found and (problem := compare(link, self.digest(link.path))):
                found[link.path] = problem
        return list(found.values())

    def digest(self, path: str) -> str:
        """SHA-256 of a file as it is now; empty where it is missing."""
        if path not in self.found:
            self.found[path] = digest_now(path)
        return self.found[path]

    def training(self, run: Run) -> TrainingRecord | None:
        """Training's record of a run; None where it cannot be read."""
        return read_training(self.places, run)

    def parameters(self, run: Run) -> dict[str, Any]:
        """Resolved parameters of every stage from the motion to a run's scores, as recorded by the stages."""
        data = _read(self.places.sequences.with_name(RECORD), Record)
        manifest = _read(Path(next(iter(data.made_from), "")), Manifest) if data else None
        scores = _read(self.places.scores(run) / RECORD, Record)
        resolved = [each.parameters for each in (data, manifest) if each]
        resolved += [{"train": each.parameters} for each in [self.training(run)] if each]
        origins = (_origin(self.places.prediction(run), Origin), _origin(self.places.smoothed(run), SmoothedOrigin))
        resolved += [each.parameters for each in (*origins, scores) if each]
        return {key: value for parameters in resolved for key, value in parameters.items()}

    def _recorded(self, digests: dict[str, str], *prefixes: str) -> list[Expected]:
        by = str(self.places.record)
        return [Expected(path, digest, by) for path, digest in digests.items() if path.startswith(prefixes)]

    def _links_of(self, run: Run) -> Iterator[Expected]:
        scores, training = self.places.scores(run) / RECORD, self.places.model(run) / "run.json"
        for path in (scores, training, training.with_name("history.csv")):
            digest = self.record.made_from.get(path.as_posix(), "")
            yield Expected(path.as_posix(), digest, str(self.places.record), run.name)
        yield from _contents(scores, run.name)
        predictions, smoothed = self.places.prediction(run), self.places.smoothed(run)
        of_network = {"network_sha256": self.places.network(run), "sequences_sha256": self.places.sequences}
        of_smoother = of_network | {
            "predictions_sha256": predictions,
            "smoother_sha256": self.places.smoother(run),
            "history_sha256": smoothed.with_name("history.csv"),
        }
        trained = self.training(run)
        for by, recorded, files in (
            (predictions, _origin(predictions, Origin), of_network),
            (smoothed, _origin(smoothed, SmoothedOrigin), of_smoother),
            (training, trained, of_network),
        ):
            for key, path in files.items() if recorded else ():
                yield Expected(path.as_posix(), getattr(recorded, key), str(by), run.name)
        if trained and trained.checkpoint:
            yield from _listed(trained.checkpoint, training, run.name)

    def _data(self) -> Iterator[Expected]:
        record = self.places.sequences.with_name(RECORD)
        digest = self.record.made_from.get(record.as_posix(), "")
        yield Expected(record.as_posix(), digest, str(self.places.record))
        yield from _contents(record)
        content = _read(record, Record)
        for manifest in content.made_from if content else ():
            listed = _read(Path(manifest), Manifest)
            for file in listed.files if listed else ():
                yield from _listed(file, manifest)


def _origin(path: Path, shape: type[AnyOrigin]) -> AnyOrigin | None:
    """What predictions say they were made from; None for those made elsewhere."""
    try:
        return shape.model_validate(read_origin(path)) if path.is_file() else None
    except (ValueError, OSError):
        return None


def read_training(places: Places, run: Run) -> TrainingRecord | None:
    """Training's record of a run; None where it cannot be read."""
    return _read(places.model(run) / "run.json", TrainingRecord)


def find_provenance(places: Places, run: Run) -> Provenance | None:
    """Where and when a run's network was trained; None if that is not recorded for exactly this network."""
    path, trained = places.provenance / f"{run.name}.json", read_training(places, run)
    if trained is None or not path.is_file():
        return None
    try:
        return read_provenance(path, trained.network_sha256)
    except (InputError, OSError):
        return None


def _contents(record: Path, run: str = "") -> Iterator[Expected]:
    """Files that a stage's record lists; none if it cannot be read, which shows as a wrong digest of the record."""
    content = _read(record, Record)
    for path, digest in (content.made | content.made_from).items() if content else ():
        yield Expected(path, digest, str(record), run)


def _listed(file: Listed, by: Path | str, run: str = "") -> Iterator[Expected]:
    """A file listed with path and digest, and the user's original that it is a copy of, if its digest is listed too."""
    yield Expected(file.path, file.sha256, str(by), run)
    if file.origin_sha256:
        yield Expected(file.origin.removeprefix(FILE_URL), file.origin_sha256, str(by), run)


def _read(path: Path, shape: type[Shape]) -> Shape | None:
    """A record; None where it cannot be read, which shows as a wrong digest in the record that lists it."""
    try:
        return read_record(path, shape, "")
    except (InputError, OSError, ValueError):
        return None
