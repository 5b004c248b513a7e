"""A study that is kept: its parameters, what was looked at before it, its claims, changes and scores."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from jointaware.analysis.comparison import percent_cell
from jointaware.analysis.controls import closest_control
from jointaware.analysis.intervals import Bootstrap, Motion
from jointaware.artifacts.files import read_text_table
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import Experiment, Parameters, load
from jointaware.errors import InputError
from jointaware.lineage.describe import NOT_RECORDED
from jointaware.report.studies import CONTROLS, read_scores

RUNS, SCORES = "runs.csv", "by_sequence.csv"


def every_error(change_of: Callable[[str], Any]) -> str:
    """The change of every metric with its interval: `MPJPE -1.0 % [-2.0, +0.1], ...`."""
    return ", ".join(f"{each.name} {percent_cell(change_of(metric))}" for metric, each in METRICS.items())


def frames_seen(experiment: Experiment) -> int:
    """Frames that the network lifts one from, or all of a clip."""
    arguments = experiment.network.arguments()
    return arguments.get("frames") or math.prod(arguments["widths"])


class About(NamedTuple):
    """How often the test people had been looked at, what the recipe was chosen on, and the studies before.

    history: rows of the table, whose columns are those of the first.
    """

    looked_at: str
    chosen_on: str
    history: list[dict[str, str]]


@dataclass(frozen=True)
class Study:
    """What the page is made of.

    finished: the parameters, of the finished experiments. differences: by row, variant, against, against_variant and
    metric.
    """

    name: str
    folder: Path
    parameters: Parameters
    finished: Parameters
    about: About
    commits: str
    claims: pd.DataFrame
    differences: pd.DataFrame
    bootstrap: Bootstrap

    @classmethod
    def open(cls, folder: Path) -> Study:
        """A study that was kept, from its own files alone."""
        path = folder / "about.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            about, commits = About(*(content[name] for name in About._fields)), content.get("commits")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{path}: expected what `python -m workflow.study` wrote; found {error!r:.100}") from error
        parameters, scores = load(folder / "params.yaml"), read_scores(folder / SCORES)
        scored = set(scores["experiment"])
        experiments = {name: each for name, each in parameters.experiments.items() if name in scored}
        finished = parameters.model_copy(update={"experiments": experiments})
        if not commits and (folder / RUNS).is_file():
            commits = " and ".join(sorted(set(read_text_table(folder / RUNS)["commit"])))
        claims = pd.read_csv(folder / "claims.csv", keep_default_na=False)
        changes = pd.read_csv(folder / "tables/differences.csv", keep_default_na=False, na_values=[""])
        changes = changes.set_index(["row", "variant", "against", "against_variant", "metric"])
        return cls(
            folder.name, folder, parameters, finished, about, commits or NOT_RECORDED, claims, changes,
            Bootstrap.of(scores),
        )  # fmt: skip

    def with_role(self, role: str) -> str:
        """The finished experiment with this role; empty where there is none."""
        return self.finished.with_role(role) or ""

    def changes(self, run: Motion, against: Motion) -> str:
        """Every error of a run against another, with intervals: `MPJPE -1.0 % [-2.0, +0.1], ...`."""
        return every_error(lambda metric: self.differences.loc[(*run, *against, metric)])

    def sample(self) -> str:
        """Of what the intervals of the main comparison speak, or of the first other one; empty where there is none."""
        main = self.with_role("ours"), self.control
        ours, control = main if all(main) else next(iter(self.effects.items()), ("", ""))
        return str(self.bootstrap.sample("mpjpe_mm", Motion(ours), Motion(control))) if ours else ""

    @property
    def control(self) -> str:
        """The fairest control of joint-aware training that there is; empty where there is none."""
        return next(filter(None, map(self.with_role, CONTROLS)), "")

    @property
    def effects(self) -> dict[str, str]:
        """Each finished experiment with losses, and the one that tells what the losses alone do."""
        settings = {name: each.model_dump() for name, each in self.finished.experiments.items()}
        found = {name: closest_control(name, settings) for name, each in settings.items() if each["losses"]}
        return {name: control for name, control in found.items() if control}
