"""The studies of results/studies as the page shows them: each from its own files, whatever their numbers.

Which there are, and what each asks, is a row of paper/studies.yaml with the key `asks`; the first is the one that the
verdict is about. A study kept in part has scores and parameters only.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from jointaware.analysis.claims import Claim
from jointaware.analysis.controls import closest_control
from jointaware.analysis.intervals import Bootstrap, Change, Motion, Sample
from jointaware.artifacts.fields import immutable
from jointaware.artifacts.files import read_table, read_yaml
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.subjects import Split
from jointaware.errors import InputError
from jointaware.lineage.files import digest_now
from jointaware.lineage.studies import LIST, check
from jointaware.report.found import Found, read_rows
from jointaware.report.grids import number

TEXTS = ("subject", "action", "subaction", "camera", "experiment", "variant")
CONTROLS = ("more_frames", "clips", "wide", "baseline")
"""Roles that joint-aware training is compared with, the fairest first."""
CLOSE = 1e-3
"""By how much a claim's number may differ from the one computed of the scores, relative to it."""


class Effect(NamedTuple):
    """The change of every error from a control to an experiment with losses."""

    experiment: str
    control: str
    changes: dict[str, Change]


@dataclass(frozen=True)
class Study:
    """A study in git.

    scored: its experiments that have scores. claims: rows of claims.csv, none if it was kept in part. about: how often
    the test people had been looked at before, and what the recipe was chosen on. digest: of the list of its files.
    """

    name: str
    asks: str
    folder: Path
    parameters: Mapping[str, Any]
    scores: Bootstrap
    scored: tuple[str, ...]
    claims: list[dict[str, str]]
    about: str
    digest: str

    def with_role(self, role: str) -> str:
        """The scored experiment with this role; empty where there is none."""
        return next((name for name in self.scored if self.settings(name).get("role") == role), "")

    @property
    def unfinished(self) -> list[str]:
        """Its experiments without scores."""
        return [name for name in self.parameters["experiments"] if name not in self.scored]

    @property
    def control(self) -> str:
        """The fairest control of joint-aware training that there is."""
        return next(filter(None, map(self.with_role, CONTROLS)), "")

    def settings(self, experiment: str) -> dict[str, Any]:
        """What an experiment was trained with; sections that it overrides are replaced whole."""
        return {**self.parameters["train"], **self.parameters["experiments"][experiment]}

    def size(self, experiment: str) -> str:
        """Channels, and the frames that the network sees."""
        settings = self.settings(experiment)
        network = settings["network"]
        frames = network.get("frames") or math.prod(network["filter_widths"])
        return f"{settings['channels']:,} channels, {frames} frames"

    @property
    def split(self) -> str:
        """Who was trained on and who was tested, in words."""
        return str(Split.model_validate(immutable(self.parameters["preprocess"]["subjects"][self.source])))

    @property
    def source(self) -> str:
        """Where its motion is from."""
        return str(self.parameters["data"]["source"])

    def sample(self, *experiments: str) -> Sample:
        """Of what the numbers of these experiments speak; of the first one scored if none is named."""
        return self.scores.sample(next(iter(METRICS)), *map(Motion, experiments or self.scored[:1]))

    def change(self, run: Motion, against: Motion) -> dict[str, Change]:
        """Every error of one against another, with its interval; NaN where one has no scores."""
        try:
            return {metric: self.scores.change(run, against, metric) for metric in METRICS}
        except KeyError:
            return dict.fromkeys(METRICS, Change(np.nan, np.nan, np.nan))

    @property
    def effects(self) -> list[Effect]:
        """Each experiment with losses, its control, and the change of every error."""
        with_losses = [name for name in self.scored if self.settings(name).get("losses")]
        settings = {name: self.settings(name) for name in self.scored}
        pairs = [(name, closest_control(name, settings)) for name in with_losses]
        return [Effect(name, other, self.change(Motion(name), Motion(other))) for name, other in pairs if other]


class Listed(NamedTuple):
    """Studies in the order of studies.yaml. first: name of the first one. absent: a line on each that is not here."""

    first: str
    studies: list[Found[Study | None]]
    absent: list[str]


def read_studies(path: Path, folder: Path, known: Mapping[str, Claim]) -> Listed:
    """Every study of paper/studies.yaml that asks something.

    path: studies.yaml. folder: of the studies. known: the claims of claims.yaml, which those of a study are checked by.
    """
    content: Any = read_yaml(path)
    try:
        rows = {name: row["asks"] for name, row in content["studies"].items() if "asks" in row}
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected studies, each with the key asks; found {error!r}") from error
    there = {name: asks for name, asks in rows.items() if (folder / name).is_dir()}
    absent = [f"{folder / name} is not in this checkout: {asks}" for name, asks in rows.items() if name not in there]
    return Listed(
        next(iter(rows), ""), [_read(name, asks, folder / name, known) for name, asks in there.items()], absent
    )


def _read(name: str, asks: str, folder: Path, known: Mapping[str, Claim]) -> Found[Study | None]:
    needed = [folder / each for each in ("by_sequence.csv", "params.yaml")]
    if missing := [path for path in needed if not path.is_file()]:
        return Found(None, [f"study {name}: {missing[0]}: missing"])
    problems = [f"study {name}: {problem.text}" for problem in check(folder)[1]]
    claims: list[dict[str, str]] = []
    if (folder / "claims.csv").is_file():
        claims, odd = read_rows(folder / "claims.csv")
        problems += odd
    try:
        scores = read_scores(folder / "by_sequence.csv")
        scored = tuple(scores["experiment"].unique())
        study = Study(
            name, asks, folder, _parameters(folder / "params.yaml", scored), Bootstrap.of(scores), scored, claims,
            _about(folder / "about.json"), digest_now(str(folder / LIST)),
        )  # fmt: skip
        _ = study.split, study.sample(), [f"{study.size(each)}, {study.settings(each)['epochs']:d}" for each in scored]
    except (InputError, OSError) as error:
        return Found(None, [f"study {name}: {error}"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        return Found(None, [f"study {name}: {folder}: found {error!r:.80}, expected the files of a study"])
    return Found(study, [*problems, *_mismatches(study, known)])


def read_scores(path: Path) -> pd.DataFrame:
    """The scores by sequence that a study keeps, as `Bootstrap.of` takes them."""
    return read_table(path, text=TEXTS, numbers=("seed", "frames", *METRICS))


def _parameters(path: Path, scored: tuple[str, ...]) -> Mapping[str, Any]:
    """Parameters as they were then: keys may have come since."""
    content: Any = read_yaml(path)
    try:
        experiments = content["experiments"]
        if odd := sorted(set(scored) - set(experiments)):
            raise InputError(f"{path}: has no experiment {odd[0]}, expected those of by_sequence.csv")
        _ = [{**each} for each in experiments.values()]
        return {key: content[key] for key in ("train", "data", "preprocess", "experiments")}
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected the parameters of a study; found {error!r}") from error


def _about(path: Path) -> str:
    """Who had been looked at, and what the recipe was chosen on; empty where a study does not say."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return " ".join(str(content[key]) for key in ("looked_at", "chosen_on"))
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _mismatches(study: Study, known: Mapping[str, Claim]) -> list[str]:
    """Claims whose number is not that of the scores: an edit, or files of another study."""
    odd = []
    for row in study.claims:
        claim = known.get(row.get("claim", ""))
        if claim is None or "change" not in claim.kind or not row.get("ours"):
            continue
        ours, reference = claim.variants
        try:
            run, against = Motion(study.with_role(claim.run), ours), Motion(study.with_role(claim.against), reference)
            expected = study.scores.change(run, against, claim.metric).percent
        except (InputError, KeyError):
            expected = np.nan
        ours_now = number(row["ours"])
        if ours_now is None or not abs(ours_now - expected) <= CLOSE * max(1, abs(expected)):
            odd.append(row["claim"])
    if not odd:
        return []
    what = odd[0] if len(odd) == 1 else f"{odd[0]} and {len(odd) - 1} more"
    return [f"{study.folder / 'claims.csv'}: {what}: not the number of by_sequence.csv beside it"]
