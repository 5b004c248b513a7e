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

import pandas as pd

from jointaware.artifacts.files import read_text_table, write_json, write_table
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import FILTERS, RAW
from jointaware.artifacts.scores import runs_of
from jointaware.atomic import writing_folder
from jointaware.errors import InputError
from jointaware.lineage.chain import Places, find_provenance
from jointaware.lineage.describe import NOT_RECORDED
from stages.command import parser
from workflow.study.finished import aggregate_finished
from workflow.study.kept import RUNS, SCORES
from workflow.study.tell import STUDIES, add_about, read_about, tell

PARAMS = Path("params.yaml")
KEPT = ("tables", "figures", "claims.csv", "metrics.json")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    about, parameters, places = read_about(arguments.about, arguments.name), load(PARAMS), Places()
    with TemporaryDirectory() as folder:
        results, others = places.results, [PARAMS, Path("dvc.lock")]
        if arguments.finished:
            results, others = Path(folder), [PARAMS, Path(folder, RUNS)]
            parameters = aggregate_finished(places, PARAMS, results)
        elif subprocess.run(["dvc", "status", "--quiet"], check=False).returncode:
            raise InputError(f"{results}: not the results of {PARAMS}; run `dvc repro` first (`dvc status` shows why)")
        with writing_folder(STUDIES / arguments.name) as study:
            for path in [*others, *(results / name for name in KEPT)]:
                if path.is_dir():
                    shutil.copytree(path, study / path.name)
                else:
                    shutil.copy(path, study / path.name)
            write_table(study / SCORES, gather_scores(parameters, places))
            write_json(study / "about.json", about._asdict() | {"commits": made_at(parameters, places)})
            tell(study, arguments.about)
    print(f"{STUDIES / arguments.name}: written; commit it")


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
    add_about(command)
    arguments = command.parse_args(argv)
    if not re.fullmatch(r"\w[\w-]*", arguments.name):
        raise InputError(f"NAME: found {arguments.name!r}, expected letters, digits, _ and -")
    return arguments
