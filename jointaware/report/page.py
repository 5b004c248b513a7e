"""Content of the report, and the HTML page made of it.

The page shows whatever exists: each part is returned with the problems met in reading it, which become the warnings at
the top of the page.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from jointaware.analysis.claims import Claim, read_claims
from jointaware.analysis.figures.skeleton import SHOWN
from jointaware.analysis.figures.table import FIGURES
from jointaware.analysis.verdicts import MEANINGS
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import Parameters
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.records import RECORD, unusable
from jointaware.artifacts.scores import Run, runs_of
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.foreign import visible
from jointaware.lineage.cells import ABLATION
from jointaware.lineage.chain import Places
from jointaware.mocap.sources import SOURCES
from jointaware.pose.terms import TERMS
from jointaware.report.claimed import Claimed, between, read_claimed, signed
from jointaware.report.found import Found, attempt, each_of, read_rows
from jointaware.report.glossary import define, describe_runs, marker
from jointaware.report.player import pack, takes_of
from jointaware.report.run import compare_with, find_faults, read_plausibility, show_tables
from jointaware.report.speed import in_words
from jointaware.report.studies import Effect, Study, read_studies
from jointaware.report.verdict import extent, verdict

TEMPLATES = (
    Path(__file__).with_name("page.html"),
    Path(__file__).with_name("macros.html"),
    Path(__file__).with_name("player.html"),
    Path(__file__).with_name("take.html"),
)
STYLE = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("page.js")
PLAYER = Path(__file__).with_name("player.js")
PLAYER_STYLE = Path(__file__).with_name("player.css")
DIFFERENCES = "differences"
"""The figure of changes against one control; not shown where each network has a control of its own."""
OF_STUDIES = (DIFFERENCES, "ablation", "actions", "joints", "comparison", "training_curves")
"""The figures of a study that the page shows: none that draws its motion."""

SIZE = re.compile(rb'<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"')
"""Of an SVG image, points."""


class Image(NamedTuple):
    """An image as a data URL, its caption and its size in CSS pixels."""

    url: str
    caption: str
    width: int
    height: int


Figures = list[Image]


class Shelf(NamedTuple):
    """Folders of what is shown beside the run: complete parameter sets, tables of benchmarks, studies."""

    profiles: Path
    bench: Path
    studies: Path


@dataclass(frozen=True)
class Told:
    """A study with its claims, its effects and its size in words."""

    study: Study
    claimed: Claimed
    effects: list[Effect]
    extent: str
    figures: Figures


def collect(parameters: Parameters, places: Places, shelf: Shelf) -> Found[dict[str, Any]]:
    """Everything that the page shows."""
    runs = runs_of(parameters)
    sequences = attempt(lambda: open_sequences(places.sequences), "no skeletons")
    known = attempt(lambda: read_claims(places.paper / "claims.yaml").claims, "no claims")
    claims = known.value or {}
    studies = tell_studies(places.paper / "studies.yaml", shelf.studies, claims)
    rows = read_rows(places.results / "claims.csv")
    parts: dict[str, Found[Any]] = {
        "known": Found(None, known.problems),
        "studies": studies,
        "player": show_motion(places, runs, sequences, [parameters.with_role(role) for role in SHOWN]),
        "faults": find_faults(places, runs, sequences.value),
        "benchmarks": each_of(visible(shelf.bench, "*.csv"), read_rows),
        "claimed": Found(read_claimed(rows.value, claims), rows.problems),
        "inconsistencies": read_rows(places.results / "inconsistencies.csv"),
        "figures": read_figures(places.results / "figures"),
        "shown": show_tables(parameters, places, claims),
        "profiles": each_of(visible(shelf.profiles, "*.yaml"), partial(compare_with, parameters)),
    }
    content = {name: found.value for name, found in parts.items()}
    source, headline = SOURCES[parameters.data.source], studies.value.headline
    experiments = [headline.study.parameters["experiments"]] if headline else []
    ours = {name: each.model_dump() for name, each in parameters.experiments.items()}
    content |= {
        **studies.value._asdict(),
        "sentences": verdict(headline.study, headline.claimed) if headline else [],
        "motion_words": source.words,
        "is_generated": parameters.data.source == "synthetic",
        "seeds": parameters.seeds,
        "plausibility": read_plausibility(places.sequences.with_name(RECORD)),
        "meanings": MEANINGS,
        "metrics": METRICS,
        "terms": [term.words for term in TERMS.values()],
        "glossary": define(*map(describe_runs, [*experiments, ours])),
        "speed": {name: list(in_words(rows)) for name, rows in content["benchmarks"].items()},
    }
    return Found(content, [problem for found in parts.values() for problem in found.problems])


class Studies(NamedTuple):
    """The study that the verdict is about, if it is whole; the others; and a line on each that is not here."""

    headline: Told | None
    others: list[Told]
    absent: list[str]


def tell_studies(path: Path, folder: Path, known: Mapping[str, Claim]) -> Found[Studies]:
    """Every study that paper/studies.yaml puts on the page."""
    found = attempt(lambda: read_studies(path, folder, known), "no studies")
    if found.value is None:
        return Found(Studies(None, [], []), found.problems)
    first, studies, absent = found.value
    problems = [problem for each in studies for problem in each.problems]
    parts = [attempt(partial(_tell, each.value, known), f"study {each.value.name}") for each in studies if each.value]
    problems += [problem for each in parts for problem in each.problems]
    told = [each.value for each in parts if each.value]
    headline = next((each for each in told if each.study.name == first and each.claimed.own), None)
    return Found(Studies(headline, [each for each in told if each is not headline], absent), problems)


def _tell(study: Study, known: Mapping[str, Claim]) -> Told:
    claimed = read_claimed(study.claims, known)
    figures = read_figures(study.folder / "figures").value
    shown = [image for name in OF_STUDIES if study.control or name != DIFFERENCES for image in figures[name]]
    return Told(study, claimed, study.effects, extent(study), shown)


def read_figures(folder: Path) -> Found[dict[str, Figures]]:
    """Each figure as a list of one, or of none where it is missing."""
    figures: dict[str, Figures] = {name: [] for name in FIGURES}
    problems = []
    for name, row in FIGURES.items():
        path = folder / f"{name}.svg"
        if path.is_file():
            figures[name] = [_image(path.read_bytes(), row.caption)]
        elif name != ABLATION:
            problems.append(str(unusable(path, "missing", "aggregate")))
    return Found(figures, problems)


def show_motion(
    places: Places, runs: list[Run], sequences: Found[Sequences | None], first: list[str | None]
) -> Found[dict[str, Any] | None]:
    """Motion for the player, of every run that has predictions. first: the experiments that are shown first."""
    if sequences.value is None:
        return Found(None, sequences.problems)
    test, shown, problems = sequences.value, [], []

    def predicted() -> Iterator[tuple[Run, np.ndarray]]:
        for run in runs:
            found = attempt(partial(read_predictions, places.prediction(run), test), f"no skeletons of {run.name}")
            problems.extend(found.problems)
            if found.value is not None:
                shown.append(run)
                yield run, found.value

    takes = takes_of(test, predicted())
    return Found(pack(takes, shown, first=first), problems)


def _image(svg: bytes, caption: str) -> Image:
    size = SIZE.search(svg)
    width, height = (round(float(points) * 96 / 72) for points in size.groups()) if size else (400, 300)
    return Image(f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}", caption, width, height)


def render(content: dict[str, Any], warnings: list[str]) -> str:
    """The page as HTML."""
    return _fill("page.html", **content, warnings=dict.fromkeys(warnings))


def render_take(motion: dict[str, Any], title: str, words: str) -> str:
    """The player with a single motion, as HTML. motion: as `jointaware.report.player.pack` returns it."""
    return _fill("take.html", player=motion, title=title, words=words)


def _fill(template: str, **content: Any) -> str:
    """A template of this folder with its content, styles and scripts."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in (*TEMPLATES, STYLE, SCRIPT, PLAYER, PLAYER_STYLE)}
    environment = Environment(
        loader=DictLoader(texts), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    glossary = content.get("glossary", {})
    environment.filters |= {
        "json": lambda value: Markup(json.dumps(value, allow_nan=False).replace("<", "\\u003c")),
        "named": marker(glossary),
        "measures": marker({"": {metric.name: "" for metric in METRICS.values()}}),
        "signed": signed,
        "between": lambda change: between(change.low, change.high),
    }
    files = {"style": STYLE, "script": SCRIPT, "player_script": PLAYER, "player_style": PLAYER_STYLE}
    code = {name: Markup(texts[path.name]) for name, path in files.items()}
    return environment.get_template(template).render(**content, **code) + "\n"
