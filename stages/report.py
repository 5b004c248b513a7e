"""Put everything the runs have shown on one page: tables, claims, figures, speed, and a player of skeletons.

Writes --out, a single HTML file that asks the network for nothing. Every number of a table leads to its trace on a
click, and is marked where it no longer follows from its run. The page is made of whatever is there; what is missing or
has failed is named at its top. It holds poses of test subjects: one made from licensed motion stays on the machine.
"""

from __future__ import annotations

import argparse
import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from jointaware.analysis.tables import LAYOUTS, in_paper_order
from jointaware.artifacts.files import write_text
from jointaware.artifacts.parameters import load
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.scores import Run, read_scores, runs_of, unusable
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.errors import InputError
from jointaware.lineage.chain import Chain, Places
from jointaware.lineage.tables import ABLATION, Cell, Row, Tables
from jointaware.report import grids as views
from jointaware.report.player import pack
from jointaware.report.traces import trace_everything
from stages.command import parser, run

TEMPLATE = Path(__file__).with_name("report.html")
STYLE = Path(__file__).with_name("report.css")
SCRIPT = Path(__file__).with_name("report.js")
PLAYER = Path(__file__).with_name("player.js")
VARIANTS_OF_CLAIMS = {"change": "raw", "change_from_filtered": "smoothed"}
"""What claims of these kinds hold a run against."""
FIGURES = {
    "skeleton": "Keypoints, true joints and predicted joints of one test frame",
    "training_curves": "Training curves: error in training and on held-out sequences by epoch",
    "actions": "Error of position, velocity and acceleration by action",
    "joints": "Position error of each joint in each run",
    "differences": "Change against the equally wide network without losses",
    "ablation": "Each term alone and left out: change against the same training without terms, the whole dashed",
    "comparison": "How far each run keeps to what bodies keep to, the truth dashed",
}


def main() -> None:
    """Run the stage from the command line."""
    arguments = _arguments()
    parameters = load(arguments.params)
    places = Places(arguments.results, arguments.models, arguments.predictions, arguments.sequences, arguments.paper)
    notes: list[str] = []
    runs = runs_of(parameters)
    player, actions = show_motion(places, runs, notes)
    states = {each.name: fault(each, places, actions) for each in runs}
    notes += [f"run {name}: {why}" for name, why in states.items() if why]
    page: dict[str, Any] = {
        "source": parameters["data"]["source"],
        "seeds": parameters["seeds"],
        "player": player,
        "profiles": {
            path.name: compare_parameters(parameters, load(path)) for path in sorted(arguments.profiles.glob("*.yaml"))
        },
        "speed": {path.name: read_text_table(path, notes) for path in sorted(arguments.bench.glob("*.csv"))},
        "claims": read_text_table(places.results / "claims.csv", notes),
        "inconsistencies": read_text_table(places.results / "inconsistencies.csv", notes),
        "figures": draw(places.results / "figures", notes),
    }
    page |= show_tables(places, parameters, notes)
    write_text(arguments.out, render(page, notes))
    for note in notes:
        print(f"note: {note}")
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


def show_motion(places: Places, runs: list[Run], notes: list[str]) -> tuple[dict[str, Any] | None, list[str]]:
    """What the player shows, the first seed of each experiment whose predictions can be read, and the test actions."""
    try:
        sequences = open_sequences(places.sequences)
    except (InputError, OSError) as error:
        notes.append(f"no skeletons: {error}")
        return None, []
    names = [each.name for each in runs if each.seed == runs[0].seed]
    motion = pack(sequences, _predicted(names, places.predictions, sequences, notes))
    shown = motion["skeletons"][1:]
    first = next((name for name in shown if name.startswith(f"{views.LOSSES}-")), next(iter(shown), ""))
    return motion | {"first": first}, in_paper_order(set(sequences.of("test")["action"]))


def _predicted(
    names: list[str], folder: Path, sequences: Sequences, notes: list[str]
) -> Iterator[tuple[str, np.ndarray]]:
    for name in names:
        try:
            yield name, read_predictions(folder / f"{name}.safetensors", sequences)
        except (InputError, OSError) as error:
            notes.append(f"no skeletons of {name}: {error}")


def fault(each: Run, places: Places, actions: list[str]) -> str:
    """Why a run has no numbers; empty if it has."""
    files = {
        places.models / each.name / "network.safetensors": "train",
        places.predictions / f"{each.name}.safetensors": "predict",
    }
    try:
        for path, stage in files.items():
            if not path.is_file():
                raise unusable(path, "not there", f"{stage}@{each.name}")
        if actions:
            read_scores([each], places.results / "runs", places.models, actions)
    except InputError as error:
        return str(error)
    return ""


def show_tables(places: Places, parameters: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Every table with the traces of its numbers; empty if there are none."""
    try:
        tables = Tables(Chain.open(places))
        numbers = views.Numbers(tables, tables.chain.record["experiments"])
    except InputError as error:
        notes.append(f"no tables: {error}")
        return {"grids": {}, "traces": None, "wrong": set(), "colours": {}, "claimed": {}}
    chain = tables.chain
    names = [each.name for each in chain.runs(chain.record["experiments"])]
    notes += [f"run {each.name}: not in the tables" for each in runs_of(parameters) if each.name not in names]
    grids = [
        views.averages(numbers),
        *(views.by_action(numbers, name) for name, layout in LAYOUTS.items() if layout.by_action),
        views.comparison(numbers),
        views.changes(numbers),
        views.ablation(numbers),
    ]
    traces = trace_everything(tables)
    notes += traces.notes
    return {
        "grids": {grid.name: grid for grid in grids},
        "traces": traces.content,
        "wrong": traces.wrong,
        "colours": _colours(numbers.experiments),
        "claimed": claimed_numbers(places.paper / "claims.yaml", numbers, notes),
    }


def claimed_numbers(path: Path, numbers: views.Numbers, notes: list[str]) -> dict[str, int]:
    """The cell behind our number of each claim, where a table has it."""
    try:
        claims = yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        notes.append(f"{path}: expected claims; found {error!r}")
        return {}
    found = {}
    for name, claim in claims.items():
        metric = claim.get("metric", "")
        if claim["kind"] in VARIANTS_OF_CLAIMS:
            row = Row(claim["run"], against=claim["against"], against_variant=VARIANTS_OF_CLAIMS[claim["kind"]])
            cell = Cell("differences", row, metric)
        else:
            cell = Cell(views.AVERAGE_TABLES.get(metric, ""), Row(claim["run"]), metric)
        if cell in numbers.places:
            found[name] = numbers.places[cell]
    return found


def compare_parameters(ours: dict[str, Any], others: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Every key in which two sets of parameters differ, with both values; a dash where one has no such key."""
    left, right = dict(_leaves(ours)), dict(_leaves(others))
    keys = [key for key in {**left, **right} if left.get(key) != right.get(key)]
    return [(key, str(left.get(key, views.DASH)), str(right.get(key, views.DASH))) for key in keys]


def read_text_table(path: Path, notes: list[str]) -> list[dict[str, str]]:
    """The rows of a CSV as they are; none, and a note, where it cannot be read."""
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")
    except (OSError, ValueError) as error:
        notes.append(f"{path}: {error}")
        return []


def draw(folder: Path, notes: list[str]) -> dict[str, tuple[str, str]]:
    """Each figure as the address of an image that carries itself, and its caption."""
    figures = {}
    for name, words in FIGURES.items():
        path = folder / f"{name}.svg"
        if path.is_file():
            image = base64.b64encode(path.read_bytes()).decode()
            figures[name] = (f"data:image/svg+xml;base64,{image}", words)
        elif name != ABLATION:
            notes.append(f"{path}: not there; `dvc repro aggregate` makes it")
    return figures


def render(page: dict[str, Any], notes: list[str]) -> str:
    """The page."""
    from plotly.offline import get_plotlyjs

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["json"] = lambda value: Markup(json.dumps(value, allow_nan=False).replace("</", "<\\/"))
    files = {"style": STYLE, "script": SCRIPT, "player_script": PLAYER}
    code = {name: Markup(path.read_text(encoding="utf-8")) for name, path in files.items()}
    # Deflated as the motion is: a third of the size, and inflated only when the player comes near the screen.
    plotly = base64.b64encode(zlib.compress(get_plotlyjs().encode(), 9)).decode() if page["player"] else ""
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(**page, **code, plotly=plotly, notes=dict.fromkeys(notes)) + "\n"


def _colours(experiments: list[str]) -> dict[str, str]:
    """The colours of the figures, as a page writes them."""
    from matplotlib.colors import to_hex

    from jointaware.analysis.figures.runs import colours

    return {name: to_hex(colour) for name, colour in colours(experiments).items()}


def _leaves(value: Any, key: str = "") -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        return [(key, value)]
    return [leaf for name, inner in value.items() for leaf in _leaves(inner, f"{key}.{name}" if key else str(name))]


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters")
    command.add_argument("--sequences", type=Path, required=True, help="what preprocess wrote")
    command.add_argument("--models", type=Path, required=True, help="folder with what train wrote for each run")
    command.add_argument("--predictions", type=Path, required=True, help="folder with what predict wrote for each run")
    command.add_argument("--results", type=Path, required=True, help="folder with what evaluate and aggregate wrote")
    command.add_argument("--paper", type=Path, required=True, help="folder with the published tables")
    command.add_argument("--profiles", type=Path, required=True, help="folder with complete sets of parameters")
    command.add_argument("--bench", type=Path, required=True, help="folder with what was measured of speed")
    command.add_argument("--out", type=Path, required=True, help="HTML to write")
    return command.parse_args()


if __name__ == "__main__":
    run(main)
