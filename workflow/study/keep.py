"""Keep the results of params.yaml as a study: tables, figures, claims, scores, and a page that tells them.

Copies the output of `dvc repro` to results/studies/NAME, with the parameters, the scores by sequence of all runs in one
file, from which every interval can be recomputed, and dvc.lock, which has the digest of every file in between. Refuses
results that do not belong to params.yaml. With --finished, those experiments are aggregated and kept of which every
seed is scored, wherever each was trained: for studies too large for one sitting or one machine. Then runs.csv says how
each run was trained. What the recipe was chosen on and how often the test people had been looked at comes from
paper/studies.yaml, and has to be there first. A study that can test the paper's claims also gets a note of one page.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from jointaware.artifacts.files import read_text_table, read_yaml, write_json, write_table, write_text
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import FILTERS, RAW
from jointaware.artifacts.scores import runs_of
from jointaware.atomic import writing_folder
from jointaware.errors import InputError
from jointaware.lineage.chain import Places, find_provenance
from jointaware.lineage.describe import NOT_RECORDED
from jointaware.lineage.studies import list_files
from stages.command import parser
from workflow.study.finished import aggregate_finished
from workflow.study.kept import RUNS, SCORES, About, Study
from workflow.study.note import NAME as NOTE
from workflow.study.note import note
from workflow.study.page import page
from workflow.study.questions import keep_answers

STUDIES = Path("results/studies")
PARAMS = Path("params.yaml")
KEPT = ("tables", "figures", "claims.csv", "metrics.json")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    about, parameters, places = read_about(arguments.about, arguments.name), load(PARAMS), Places()
    earlier = read_chosen_in(arguments.about, arguments.name)
    first = Study.open(STUDIES / earlier) if earlier else None
    with TemporaryDirectory() as folder:
        results, others = places.results, [PARAMS, Path("dvc.lock")]
        finished = parameters
        if arguments.finished:
            results, others = Path(folder), [PARAMS, Path(folder, RUNS)]
            finished = aggregate_finished(places, PARAMS, results)
        elif subprocess.run(["dvc", "status", "--quiet"], check=False).returncode:
            raise InputError(f"{results}: not the results of {PARAMS}; run `dvc repro` first (`dvc status` shows why)")
        with writing_folder(STUDIES / arguments.name) as study:
            for path in [*others, *(results / name for name in KEPT)]:
                if path.is_dir():
                    shutil.copytree(path, study / path.name)
                else:
                    shutil.copy(path, study / path.name)
            write_table(study / SCORES, gather_scores(finished, places))
            commits = made_at(finished, places)
            write_json(study / "about.json", about._asdict() | {"commits": commits})
            read = Study.read(arguments.name, study, parameters, finished, about, commits)
            keep_answers(read, first)
            write_text(study / "README.md", page(read, read_others(arguments.about, arguments.name)))
            if read.with_role("baseline"):  # what the paper's claims are relative to
                write_text(study / NOTE, note(read))
            list_files(study)
    print(f"{STUDIES / arguments.name}: written; commit it")


def read_about(path: Path, name: str) -> About:
    """What was chosen on what, and what had been looked at before, from an entry of studies.yaml."""
    expected = f"expected studies.{name} with {' and '.join(About._fields[:2])}, and history"
    try:
        content: Any = read_yaml(path)
        study, history = content["studies"][name], content["history"]
        return About(study["looked_at"], study["chosen_on"], [{**row} for row in history])
    except (InputError, KeyError, TypeError) as error:
        raise InputError(f"{path}: {expected}; found {error!r}") from error


def read_chosen_in(path: Path, name: str) -> str:
    """The study of the network that the losses were chosen for, if they are tried on another; after `read_about`."""
    content: Any = read_yaml(path)
    return str(content["studies"][name].get("losses_chosen_for", ""))


def read_others(path: Path, name: str) -> list[Path]:
    """The studies whose answers the page of the first one has too; none for the others; after `read_about`."""
    content: Any = read_yaml(path)
    first, *others = content["studies"]
    return [STUDIES / other for other in others] if name == first else []


def gather_scores(parameters: Parameters, places: Places) -> pd.DataFrame:
    """Scores by sequence of every run, raw and filtered, as text: the table that `intervals.Bootstrap.of` takes."""
    parts = []
    for each in runs_of(parameters):
        for variant in (RAW, *FILTERS):
            folder = places.scores(each)
            table = read_text_table((folder if variant == RAW else folder / variant) / SCORES)
            names = {"experiment": each.experiment, "variant": variant, "seed": str(each.seed)}
            for place, (name, value) in enumerate(names.items()):
                table.insert(place, name, value)
            parts.append(table)
    return pd.concat(parts)


def made_at(parameters: Parameters, places: Places) -> str:
    """The commits whose code trained the runs, as recorded in training."""
    found = (find_provenance(places, each) for each in runs_of(parameters))
    commits = {each.commit.removesuffix("+")[:10] if each else NOT_RECORDED for each in found}
    return " and ".join(sorted(commits))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("name", help="name of the folder below results/studies")
    command.add_argument(
        "--finished", action="store_true", help="keep the experiments that are finished, wherever they were trained"
    )
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
