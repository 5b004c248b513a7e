"""What the page shows of the run of this checkout: tables with traces, what is missing, its parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jointaware.analysis.ablation import group_of
from jointaware.analysis.claims import Claim
from jointaware.analysis.tables import LAYOUTS, in_paper_order
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.records import unusable
from jointaware.artifacts.scores import Run, read_scores, runs_of
from jointaware.artifacts.sequences import Sequences
from jointaware.errors import InputError
from jointaware.lineage.cells import DIFFERENCES, Cell, Row
from jointaware.lineage.chain import Chain, Places
from jointaware.lineage.tables import Tables
from jointaware.report.found import Found, attempt
from jointaware.report.grids import DASH, Grid, Numbers, all_grids, average_cell
from jointaware.report.traces import Traces, trace_everything


@dataclass(frozen=True)
class Shown:
    """The tables of the page with the traces of their numbers; empty where there are none."""

    tables: dict[str, Grid] = field(default_factory=dict)
    traces: Traces | None = None
    colours: dict[str, str] = field(default_factory=dict)
    claimed: dict[str, int] = field(default_factory=dict)
    """Index of the cell with our number of each claim."""

    @property
    def by_action(self) -> list[Grid]:
        """The paper's tables by action."""
        return [self.tables[name] for name, layout in LAYOUTS.items() if layout.by_action and name in self.tables]

    @property
    def wrong(self) -> set[int]:
        """Indices of the cells whose number is in doubt."""
        return self.traces.wrong if self.traces else set()


def find_faults(places: Places, runs: list[Run], sequences: Sequences | None) -> Found[list[str]]:
    """The runs without numbers, and why."""
    actions = in_paper_order(set(sequences.of("test")["action"])) if sequences else []
    faults = {run.name: _fault(run, places, actions) for run in runs}
    return Found(
        [name for name, why in faults.items() if why], [f"run {name}: {why}" for name, why in faults.items() if why]
    )


def _fault(run: Run, places: Places, actions: list[str]) -> str:
    """Why a run has no numbers; empty where it has."""
    files = {places.network(run): "train", places.prediction(run): "predict", places.smoothed(run): "smooth"}
    try:
        for path, stage in files.items():
            if not path.is_file():
                raise unusable(path, "missing", f"{stage}@{run.experiment}")
        if actions:
            read_scores([run], places.runs, places.models, places.provenance, actions)
    except InputError as error:
        return str(error)
    return ""


def show_tables(parameters: Parameters, places: Places, known: Mapping[str, Claim]) -> Found[Shown]:
    """Every table with the traces of its numbers."""
    try:
        numbers = Numbers(Tables(Chain.open(places)))
        tables = {grid.name: grid for grid in all_grids(numbers)}
    except InputError as error:
        return Found(Shown(), [f"no tables: {error}"])
    named = {run.name for run in numbers.tables.chain.runs(numbers.experiments)}
    absent = [f"run {run.name}: not in the tables" for run in runs_of(parameters) if run.name not in named]
    traces = trace_everything(numbers.tables)
    found = Shown(tables, traces, colours_of(parameters), find_claimed(known, numbers))
    return Found(found, [*absent, *traces.problems])


def find_claimed(known: Mapping[str, Claim], numbers: Numbers) -> dict[str, int]:
    """Index of the cell with our number of each claim, where a table has it."""
    cells = {name: _claimed_cell(claim, numbers.tables.chain) for name, claim in known.items()}
    return {name: numbers.places[cell] for name, cell in cells.items() if cell in numbers.places}


def _claimed_cell(claim: Claim, chain: Chain) -> Cell | None:
    """The cell with our number of a claim, whose experiments are named by role; None if no table has it."""
    ours = chain.with_role(claim.run) or ""
    if claim.kind == "value":
        return average_cell(ours, claim.metric)
    if not claim.kind.startswith("change"):
        return None
    variant, against_variant = claim.variants
    row = Row(ours, variant, chain.with_role(claim.against) or "", against_variant)
    return Cell(DIFFERENCES, row, claim.metric)


def compare_parameters(ours: Mapping[str, object], others: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Every key in which two flat sets of parameters differ, with both values; a dash where one lacks the key."""
    keys = [key for key in {**ours, **others} if ours.get(key) != others.get(key)]
    return [(key, str(ours.get(key, DASH)), str(others.get(key, DASH))) for key in keys]


def compare_with(parameters: Parameters, profile: Path) -> Found[list[tuple[str, str, str]] | None]:
    """The same, with a complete parameter set; None where that cannot be read."""
    return attempt(lambda: compare_parameters(parameters.leaves(), load(profile).leaves()), "no comparison")


def read_plausibility(path: Path) -> dict[str, Any]:
    """What preprocess recorded: the distance of keypoints from projected joints, and what was unusual but allowed."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["plausibility"]
        return {"distance": found["keypoint_distance_pixels"], "unusual": dict(found["unusual"])}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):  # the trace says what is wrong with the file
        return {"distance": None, "unusual": {}}


def colours_of(parameters: Parameters) -> dict[str, str]:
    """Colour of each experiment's group in the figures, as CSS."""
    from jointaware.analysis.figures.style import colours

    palette = colours()
    return {name: palette[group_of(each)] for name, each in parameters.experiments.items()}
