"""Keep the results of params.yaml as a study: tables, figures, claims, scores, and a page that summarises them.

Copies the output of `dvc repro` to results/studies/NAME, with the parameters, the scores by sequence, from which all
intervals can be recomputed, and dvc.lock, which has the digest of every file in between. Refuses results that do
not belong to params.yaml.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from jointaware.analysis.claims import NOT_REPRODUCED, NOT_TESTABLE, REPRODUCED
from jointaware.analysis.figures.table import FIGURES
from jointaware.artifacts.files import write_text
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.scores import runs_of
from jointaware.atomic import writing_folder
from jointaware.errors import InputError
from jointaware.lineage.chain import Places, find_provenance
from jointaware.lineage.describe import NOT_RECORDED
from stages.command import parser, run

RESULTS = Path("results")
STUDIES = RESULTS / "studies"
PARAMS = Path("params.yaml")
KEPT = (PARAMS, Path("dvc.lock"), *(RESULTS / name for name in ("tables", "figures", "claims.csv", "metrics.json")))
TITLES = {
    "differences": "Effect of the losses",
    "ablation": "Each term alone, and left out",
    "comparison": "Errors and physical plausibility",
}
"""Tables of the page, each shown below its figure, and their headings."""
VERDICTS = (REPRODUCED, NOT_REPRODUCED, NOT_TESTABLE)
ABOUT_WIDTH = ("baseline", "wide", "ours")
"""Roles of the experiments that the claims are about."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    name = _arguments(argv).name
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
        keep_scores(parameters, places, folder / "runs")
        write_text(folder / "README.md", page(name, parameters, folder, made_at(parameters, places)))
    print(f"{STUDIES / name}: written; commit it")


def keep_scores(parameters: Parameters, places: Places, folder: Path) -> None:
    """Copy the scores by sequence of every run, raw and smoothed."""
    for each in runs_of(parameters):
        scores = places.scores(each)
        for path in sorted(scores.rglob("by_sequence.csv")):
            copy = folder / each.path / path.relative_to(scores)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)


def made_at(parameters: Parameters, places: Places) -> str:
    """The commits whose code trained the runs, as recorded in training."""
    found = (find_provenance(places, each) for each in runs_of(parameters))
    commits = {each.commit.removesuffix("+")[:10] if each else NOT_RECORDED for each in found}
    return " and ".join(sorted(commits))


def page(name: str, parameters: Parameters, folder: Path, commits: str) -> str:
    """README of the study; every number is read from its files."""
    claims = pd.read_csv(folder / "claims.csv", keep_default_na=False)
    paragraphs = [f"# The study `{name}`", *introduction(parameters, claims, commits)]
    for verdict in VERDICTS:
        rows = claims[claims["verdict"] == verdict]
        if len(rows):
            lines = [f"- {row.says} ({row.source}). {row.why}." for row in rows.itertuples()]
            paragraphs += [f"## {verdict.capitalize()}", "\n".join(lines)]
    differences = pd.read_csv(folder / "tables/differences.csv", keep_default_na=False, na_values=[""])
    paragraphs += beside_a_filter(differences, parameters)
    for table, title in TITLES.items():
        if (folder / f"tables/{table}.md").is_file():
            text = (folder / f"tables/{table}.md").read_text(encoding="utf-8").strip()
            paragraphs += [f"## {title}", f"![{FIGURES[table].caption}](figures/{table}.svg)", text]
    return "\n\n".join(paragraphs) + "\n"


def introduction(parameters: Parameters, claims: pd.DataFrame, commits: str) -> list[str]:
    """Origin of the study, its motion and size, and how many claims hold."""
    split = parameters.split
    counts = ", ".join(f"{(claims['verdict'] == verdict).sum()} {verdict}" for verdict in VERDICTS)
    return [
        "Written by `python -m workflow.study` from the files beside this page: [params.yaml](params.yaml) and the "
        f"code of commit {commits} made them, [dvc.lock](dvc.lock) has the digest of every file in between, and "
        "[runs](runs) the scores by sequence, from which every interval can be computed again.",
        f"Motion from `{parameters.data.source}`: trained on {', '.join(split.train)}, tested on "
        f"{', '.join(split.test)}; {parameters.train.epochs} epochs, seeds {', '.join(map(str, parameters.seeds))}; "
        f"channels: {', '.join(channels(parameters))}, where the paper has 1024 and 2048. "
        f"Of {len(claims)} claims: {counts} on this motion.",
    ]


def channels(parameters: Parameters) -> list[str]:
    """Width of the experiments that the claims are about."""
    names = filter(None, map(parameters.with_role, ABOUT_WIDTH))
    return [f"{parameters.experiments[name].channels} in {name}" for name in names]


def beside_a_filter(differences: pd.DataFrame, parameters: Parameters) -> list[str]:
    """Effect of clips, of losses, and of a smoothing filter."""
    keys = ["row", "variant", "against", "against_variant", "metric"]
    percent = differences.set_index(keys)["percent"]
    wide, clips, ours = (parameters.with_role(role) for role in ("wide", "clips", "ours"))
    if not {wide, clips, ours} <= set(differences["row"]):
        return []

    def changes(row: str | None, variant: str, against: str | None, of_other: str) -> str:
        drawn = {metric: each.name for metric, each in METRICS.items() if each.is_drawn}
        found = ((name, percent[row, variant, against, of_other, metric]) for metric, name in drawn.items())
        return ", ".join(f"{name} {change:+.1f} %" for name, change in found)

    return [
        "## Clips, losses, and a filter",
        "Joint-aware training changes two things, which are separated here. Clips of consecutive frames in each batch, "
        f"with no loss but their position error, change {changes(clips, 'raw', wide, 'raw')}. Adding the losses "
        f"changes {changes(ours, 'raw', clips, 'raw')}, and both together {changes(ours, 'raw', wide, 'raw')}.",
        f"A Savitzky-Golay filter on the predictions of `{wide}` changes {changes(wide, 'smoothed', wide, 'raw')}: it "
        "removes jitter, and leaves the errors of motion that come from wrong poses. With the same filter on both, "
        f"joint-aware training changes {changes(ours, 'smoothed', wide, 'smoothed')}.",
    ]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("name", help="name of the folder below results/studies")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
