"""Keep the results of params.yaml as a study: its tables, figures and claims, and a page that says what they show.

Copies to results/studies/NAME what `dvc repro` made, with the parameters and dvc.lock, which has the digest of every
file on the way. Refuses results that are not those of params.yaml.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd

from jointaware.artifacts.files import write_text, writing_folder
from jointaware.artifacts.parameters import load
from jointaware.artifacts.scores import MOTION_METRICS, runs_of
from jointaware.errors import InputError
from stages.command import parser, run

RESULTS = Path("results")
STUDIES = RESULTS / "studies"
PARAMS = Path("params.yaml")
KEPT = (PARAMS, Path("dvc.lock"), *(RESULTS / name for name in ("tables", "figures", "claims.csv", "metrics.json")))
TABLES = {
    "differences": ("What the losses change", "Change against the run of equal width without losses"),
    "ablation": ("Each term alone, and left out", "Change against the same training without terms, the whole dashed"),
    "comparison": ("Errors and constraints", "Constraints of each run, the truth dashed"),
}
"""Tables of the page and their figures: heading, and what the figure shows."""
VERDICTS = ("reproduced", "not reproduced", "not testable")


def main() -> None:
    """Run the command."""
    name = _arguments().name
    parameters = load(PARAMS)
    status = subprocess.run(["dvc", "status", "--quiet"], check=False)
    if status.returncode:
        raise InputError(f"{RESULTS}: is not what {PARAMS} gives, expected `dvc repro` first (`dvc status` says what)")
    with writing_folder(STUDIES / name) as folder:
        for path in KEPT:
            if path.is_dir():
                shutil.copytree(path, folder / path.name)
            else:
                shutil.copy(path, folder / path.name)
        write_text(folder / "README.md", page(name, parameters, folder, made_at(parameters)))
    print(f"{STUDIES / name}: kept; commit it")


def made_at(parameters: dict[str, Any]) -> str:
    """The commits whose code trained the runs, as the runs themselves recorded it."""
    paths = [Path("models") / run.name / "run.json" for run in runs_of(parameters)]
    commits = {json.loads(path.read_text(encoding="utf-8"))["commit"].removesuffix("+")[:10] for path in paths}
    return " and ".join(sorted(commits))


def page(name: str, parameters: dict[str, Any], folder: Path, commits: str) -> str:
    """The study in words, every number from its files."""
    claims = pd.read_csv(folder / "claims.csv", keep_default_na=False)
    source = parameters["data"]["source"]
    split = parameters["preprocess"]["subjects"][source]
    count = {verdict: int((claims["verdict"] == verdict).sum()) for verdict in VERDICTS}
    paragraphs = [
        f"# The study `{name}`",
        f"Written by `python -m workflow.study` from the files beside it: [params.yaml](params.yaml) and the code of "
        f"commit {commits} made them, and [dvc.lock](dvc.lock) has the digest of every file on the way.",
        f"Motion from `{source}`: trained on {', '.join(split['train'])}, tested on {', '.join(split['test'])}; "
        f"{parameters['train']['epochs']} epochs, seeds {', '.join(map(str, parameters['seeds']))}; channels: "
        f"{', '.join(channels(parameters))}, where the paper has 1024 and 2048. "
        f"Of {len(claims)} claims {count['reproduced']} are reproduced, {count['not reproduced']} are not, and "
        f"{count['not testable']} cannot be tested on this motion.",
    ]
    for verdict in VERDICTS:
        rows = claims[claims["verdict"] == verdict]
        if len(rows):
            lines = [f"- {row.says} ({row.source}). {row.why}." for row in rows.itertuples()]
            paragraphs += [f"## {verdict.capitalize()}", "\n".join(lines)]
    paragraphs += beside_a_filter(pd.read_csv(folder / "tables/differences.csv"))
    for name, (title, what) in TABLES.items():
        if (folder / f"tables/{name}.md").is_file():
            table = (folder / f"tables/{name}.md").read_text(encoding="utf-8").strip()
            paragraphs += [f"## {title}", f"![{what}](figures/{name}.svg)", table]
    return "\n\n".join(paragraphs) + "\n"


def channels(parameters: dict[str, Any]) -> list[str]:
    """How wide the runs are that the claims are about."""
    experiments = {name: parameters["experiments"].get(name, {}) for name in ("baseline", "wide", "joint_aware")}
    return [f"{settings['channels']} in {name}" for name, settings in experiments.items() if "channels" in settings]


def beside_a_filter(differences: pd.DataFrame) -> list[str]:
    """What windows, losses and a filter that knows nothing of bodies each take off the errors."""
    keys = ["row", "variant", "against", "against_variant", "metric"]
    percent = differences.set_index(keys)["percent"]

    def changes(row: str, variant: str, against: str, of_other: str) -> str:
        found = (percent[row, variant, against, of_other, metric] for metric in MOTION_METRICS)
        return "MPJPE {:+.1f} %, MPJVE {:+.1f} %, MPJAE {:+.1f} %".format(*found)

    if not {"wide", "wide_windows", "joint_aware"} <= set(differences["row"]):
        return []
    return [
        "## Windows, losses, and a filter",
        f"Joint-aware training changes two things, which are told apart here. Windows of consecutive frames in each "
        f"batch, with no loss but their position error, change {changes('wide_windows', 'raw', 'wide', 'raw')}. The "
        f"losses on top of them change {changes('joint_aware', 'raw', 'wide_windows', 'raw')} further, and both "
        f"together {changes('joint_aware', 'raw', 'wide', 'raw')}.",
        f"A Savitzky-Golay filter on the predictions of `wide` changes {changes('wide', 'smoothed', 'wide', 'raw')}: "
        "what it takes off the errors of motion is jitter, what it leaves comes from poses that are wrong. After the "
        f"same filter on both, joint-aware training changes {changes('joint_aware', 'smoothed', 'wide', 'smoothed')}.",
    ]


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("name", help="of the folder below results/studies")
    return command.parse_args()


if __name__ == "__main__":
    run(main)
