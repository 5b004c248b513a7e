"""Keep the results of params.yaml as a study: tables, figures, claims, scores, and a page that summarises them.

Copies the output of `dvc repro` to results/studies/NAME, with the parameters, the scores by sequence of all runs in one
file, from which every interval can be recomputed, and dvc.lock, which has the digest of every file in between. What the
recipe was chosen on and how often the test people had been looked at comes from paper/studies.yaml, and has to be
there first. Refuses results that do not belong to params.yaml.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from jointaware.artifacts.files import read_text_table, read_yaml, write_json, write_table, write_text
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import FILTERS, RAW
from jointaware.artifacts.scores import Run, runs_of
from jointaware.atomic import writing_folder
from jointaware.errors import InputError
from jointaware.lineage.chain import Places, find_provenance
from jointaware.lineage.describe import NOT_RECORDED
from stages.command import parser
from workflow.study.page import About, Study, page

RESULTS = Path("results")
STUDIES = RESULTS / "studies"
PARAMS = Path("params.yaml")
KEPT = (PARAMS, Path("dvc.lock"), *(RESULTS / name for name in ("tables", "figures", "claims.csv", "metrics.json")))
SCORES = "by_sequence.csv"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    name = arguments.name
    about = read_about(arguments.about, name)
    parameters, places = load(PARAMS), Places()
    status = subprocess.run(["dvc", "status", "--quiet"], check=False)
    if status.returncode:
        raise InputError(f"{RESULTS}: not the results of {PARAMS}; run `dvc repro` first (`dvc status` shows why)")
    with writing_folder(STUDIES / name) as folder:
        for path in KEPT:
            if path.is_dir():
                shutil.copytree(path, folder / path.name)
            else:
                shutil.copy(path, folder / path.name)
        write_table(folder / SCORES, gather_scores(parameters, places))
        write_json(folder / "about.json", about._asdict())
        study = Study.read(name, folder, parameters, about, made_at(parameters, places))
        write_text(folder / "README.md", page(study))
    print(f"{STUDIES / name}: written; commit it")


def read_about(path: Path, name: str) -> About:
    """What was chosen on what, and what had been looked at before, from an entry of studies.yaml."""
    expected = f"expected studies.{name} with {' and '.join(About._fields[:2])}, and history"
    try:
        content: Any = read_yaml(path)
        study, history = content["studies"][name], content["history"]
        return About(study["looked_at"], study["chosen_on"], [{**row} for row in history])
    except (InputError, KeyError, TypeError) as error:
        raise InputError(f"{path}: {expected}; found {error!r}") from error


def gather_scores(parameters: Parameters, places: Places) -> pd.DataFrame:
    """Scores by sequence of every run, raw and filtered, as text: the table that `intervals.Bootstrap.of` takes."""
    return pd.concat(read_run(places.scores(each), each, [RAW, *FILTERS]) for each in runs_of(parameters))


def read_run(folder: Path, each: Run, variants: Iterable[str]) -> pd.DataFrame:
    """Scores by sequence of these variants of one run, as text."""
    parts = []
    for variant in variants:
        table = read_text_table(scores_of(folder, variant))
        for place, (name, value) in enumerate(
            {"experiment": each.experiment, "variant": variant, "seed": str(each.seed)}.items()
        ):
            table.insert(place, name, value)
        parts.append(table)
    return pd.concat(parts)


def scores_of(folder: Path, variant: str) -> Path:
    """Scores by sequence of one variant, in the folder of a run's scores."""
    return (folder if variant == RAW else folder / variant) / SCORES


def made_at(parameters: Parameters, places: Places) -> str:
    """The commits whose code trained the runs, as recorded in training."""
    found = (find_provenance(places, each) for each in runs_of(parameters))
    commits = {each.commit.removesuffix("+")[:10] if each else NOT_RECORDED for each in found}
    return " and ".join(sorted(commits))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("name", help="name of the folder below results/studies")
    command.add_argument(
        "--about",
        type=Path,
        default=Path("paper/studies.yaml"),
        help="what each study was chosen on, and how often its test people had been looked at; default: %(default)s",
    )
    arguments = command.parse_args(argv)
    if not re.fullmatch(r"\w[\w-]*", arguments.name):
        raise InputError(f"NAME: found {arguments.name!r}, expected letters, digits, _ and -")
    return arguments
