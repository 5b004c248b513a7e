"""Content of the report, and the HTML page made of it.

The page shows whatever exists: each part is returned with the problems met in reading it, which become the warnings at
the top of the page.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from jointaware.analysis.claims import Claim, read_claims
from jointaware.analysis.figures.table import FIGURES
from jointaware.analysis.tables import LAYOUTS, in_paper_order
from jointaware.analysis.verdicts import MEANINGS
from jointaware.artifacts.files import read_text_table
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.records import RECORD, unusable
from jointaware.artifacts.scores import Run, read_scores, runs_of
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.errors import InputError
from jointaware.foreign import visible
from jointaware.lineage.cells import ABLATION, DIFFERENCES, Cell, Row
from jointaware.lineage.chain import Chain, Places
from jointaware.lineage.tables import Tables
from jointaware.mocap.sources import SOURCES
from jointaware.report.grids import DASH, Grid, Numbers, all_grids, average_cell
from jointaware.report.player import pack
from jointaware.report.traces import Traces, trace_everything

STYLE = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("page.js")
PLAYER = Path(__file__).with_name("player.js")

Value = TypeVar("Value")


class Found(NamedTuple, Generic[Value]):
    """A part of the page, and the problems met in reading it, one line each."""

    value: Value
    problems: list[str]


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


def collect(parameters: Parameters, places: Places, profiles: Path, bench: Path) -> Found[dict[str, Any]]:
    """Everything that the page shows.

    profiles: folder of complete parameter sets. bench: folder of tables that benchmarks wrote.
    """
    runs = runs_of(parameters)
    sequences = _attempt(lambda: open_sequences(places.sequences), "no skeletons")
    parts: dict[str, Found[Any]] = {
        "player": show_motion(places, runs, sequences, parameters.with_role("ours")),
        "faults": find_faults(places, runs, sequences.value),
        "benchmarks": _each(visible(bench, "*.csv"), read_rows),
        "claims": read_rows(places.results / "claims.csv"),
        "inconsistencies": read_rows(places.results / "inconsistencies.csv"),
        "figures": read_figures(places.results / "figures"),
        "shown": show_tables(places, runs),
        "profiles": _each(visible(profiles, "*.yaml"), lambda path: _compare_with(parameters, path)),
    }
    content = {name: found.value for name, found in parts.items()}
    source = parameters.data.source
    content |= {"source": source, "is_published": SOURCES[source].is_published, "seeds": parameters.seeds}
    content["plausibility"] = read_plausibility(places.sequences.with_name(RECORD))
    content["meanings"] = MEANINGS
    return Found(content, [problem for found in parts.values() for problem in found.problems])


def show_motion(
    places: Places, runs: list[Run], sequences: Found[Sequences | None], headline: str | None
) -> Found[dict[str, Any] | None]:
    """Motion for the player: the first seed of each experiment; the headline experiment is shown first."""
    if sequences.value is None:
        return Found(None, sequences.problems)
    test = sequences.value
    problems, predicted = [], {}
    for run in (run for run in runs if run.seed == runs[0].seed):
        found = _attempt(partial(read_predictions, places.prediction(run), test), f"no skeletons of {run.name}")
        problems += found.problems
        if found.value is not None:
            predicted[run.name] = found.value
    motion = pack(test, predicted.items())
    shown = [run.name for run in runs if run.name in predicted]
    first = next((run.name for run in runs if run.name in predicted and run.experiment == headline), "")
    return Found(motion | {"first": first or next(iter(shown), "")}, problems)


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


def show_tables(places: Places, runs: list[Run]) -> Found[Shown]:
    """Every table with the traces of its numbers."""
    try:
        numbers = Numbers(Tables(Chain.open(places)))
        tables = {grid.name: grid for grid in all_grids(numbers)}
    except InputError as error:
        return Found(Shown(), [f"no tables: {error}"])
    named = {run.name for run in numbers.tables.chain.runs(numbers.experiments)}
    absent = [f"run {run.name}: not in the tables" for run in runs if run.name not in named]
    traces, claimed = trace_everything(numbers.tables), find_claimed(places.paper / "claims.yaml", numbers)
    found = Shown(tables, traces, _colours(numbers.experiments), claimed.value)
    return Found(found, [*absent, *traces.problems, *claimed.problems])


def find_claimed(path: Path, numbers: Numbers) -> Found[dict[str, int]]:
    """Index of the cell with our number of each claim, where a table has it."""
    claims = _attempt(lambda: read_claims(path).claims, "no traces of claims")
    cells = {name: _claimed_cell(claim, numbers.tables.chain) for name, claim in (claims.value or {}).items()}
    places = {name: numbers.places[cell] for name, cell in cells.items() if cell in numbers.places}
    return Found(places, claims.problems)


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


def _compare_with(parameters: Parameters, profile: Path) -> Found[list[tuple[str, str, str]] | None]:
    return _attempt(lambda: compare_parameters(parameters.leaves(), load(profile).leaves()), "no comparison")


def read_rows(path: Path) -> Found[list[dict[str, str]]]:
    """Rows of a CSV file as text; none where it cannot be read."""
    try:
        return Found(read_text_table(path).to_dict("records"), [])
    except (OSError, ValueError) as error:
        return Found([], [f"{path}: {error}"])


def read_plausibility(path: Path) -> dict[str, Any]:
    """What preprocess recorded: the distance of keypoints from projected joints, and what was unusual but allowed."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["plausibility"]
        return {"distance": found["keypoint_distance_pixels"], "unusual": dict(found["unusual"])}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):  # the trace says what is wrong with the file
        return {"distance": None, "unusual": {}}


def read_figures(folder: Path) -> Found[dict[str, tuple[str, str]]]:
    """Each figure as a data URL, and its caption."""
    figures, problems = {}, []
    for name, row in FIGURES.items():
        path = folder / f"{name}.svg"
        if path.is_file():
            image = base64.b64encode(path.read_bytes()).decode()
            figures[name] = (f"data:image/svg+xml;base64,{image}", row.caption)
        elif name != ABLATION:
            problems.append(str(unusable(path, "missing", "aggregate")))
    return Found(figures, problems)


def render(content: dict[str, Any], warnings: list[str]) -> str:
    """The page as HTML."""
    plotly = _plotly() if content["player"] else ""
    return _fill("page.html", **content, plotly=plotly, has_truth=True, warnings=dict.fromkeys(warnings))


def render_take(motion: dict[str, Any], title: str, words: str) -> str:
    """The player with a single motion, as HTML. motion: as `jointaware.report.player.pack_take` returns it."""
    return _fill("take.html", player=motion, title=title, words=words, plotly=_plotly(), has_truth=False)


def _fill(template: str, **content: Any) -> str:
    """A template of this folder with its content, styles and scripts."""
    environment = Environment(
        loader=FileSystemLoader(STYLE.parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["json"] = lambda value: Markup(json.dumps(value, allow_nan=False).replace("<", "\\u003c"))
    files = {"style": STYLE, "script": SCRIPT, "player_script": PLAYER}
    code = {name: Markup(path.read_text(encoding="utf-8")) for name, path in files.items()}
    return environment.get_template(template).render(**content, **code) + "\n"


@cache
def _plotly() -> str:
    """The plotting library, compressed to a third of its size; the browser inflates it when the player comes near."""
    from plotly.offline import get_plotlyjs

    return base64.b64encode(zlib.compress(get_plotlyjs().encode(), 9)).decode()


def _attempt(read: Callable[[], Value], what: str) -> Found[Value | None]:
    """The result of reading a file; None and a problem where that fails."""
    try:
        return Found(read(), [])
    except (InputError, OSError) as error:
        return Found(None, [f"{what}: {error}"])


def _each(paths: list[Path], read: Callable[[Path], Found[Value]]) -> Found[dict[str, Value]]:
    """What each file holds, by name."""
    found = {path.name: read(path) for path in paths}
    problems = [problem for each in found.values() for problem in each.problems]
    return Found({name: each.value for name, each in found.items()}, problems)


def _colours(experiments: list[str]) -> dict[str, str]:
    """Colour of each experiment in the figures, as CSS."""
    from matplotlib.colors import to_hex

    from jointaware.analysis.figures.style import colours

    return {name: to_hex((red, green, blue)) for name, (red, green, blue) in colours(experiments).items()}
