"""Keep the scores of those runs that are finished, of a study too large for one sitting or one machine.

Copies from a checkout whose params.yaml is the study to results/studies/NAME here: the scores by sequence of the
finished runs in one file, from which every interval can be recomputed, a row about the training of each, and a page
with their differences and a list of what has not been run. More finished runs are added by another call; those kept
from before stay, unless the parameters have changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from jointaware.analysis.comparison import percent_cell, row_name
from jointaware.analysis.intervals import Bootstrap, Motion
from jointaware.artifacts.files import read_text_table, write_table, write_text
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import FILTERS, RAW
from jointaware.artifacts.provenance import Provenance
from jointaware.artifacts.scores import Run, runs_of
from jointaware.atomic import together, written
from jointaware.errors import InputError
from jointaware.lineage.chain import Places
from stages.command import parser, run
from workflow.study.keep import PARAMS, SCORES, STUDIES, read_run, scores_of
from workflow.study.page import read_scores, text_table

RUNS = "runs.csv"
KEY = ["experiment", "seed"]


@together()
def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    command = parser(__doc__)
    command.add_argument("name", help="name of the folder below results/studies")
    command.add_argument(
        "--checkout", type=Path, default=Path(), help="where params.yaml and results are; default: this folder"
    )
    arguments = command.parse_args(argv)
    folder, params = STUDIES / arguments.name, arguments.checkout / PARAMS
    parameters, text = load(params), params.read_text(encoding="utf-8")
    places = Places(results=arguments.checkout / "results")
    finished = [each for each in runs_of(parameters) if (places.scores(each) / SCORES).is_file()]
    if not finished:
        raise InputError(f"{places.runs}: found no finished run of {params}, expected one")
    tables = {
        SCORES: pd.concat([read_finished(places.scores(each), each) for each in finished]),
        RUNS: pd.DataFrame([describe(places, each) for each in finished]),
    }
    is_kept = (folder / PARAMS).is_file() and (folder / PARAMS).read_text(encoding="utf-8") == text
    write_text(folder / PARAMS, text)
    for name, table in tables.items():
        write_table(folder / name, add(table, folder / name) if is_kept else table)
    scores, made = read_scores(written(folder / SCORES)), read_text_table(written(folder / RUNS))
    write_text(folder / "README.md", page(arguments.name, parameters, scores, made))
    print(f"{folder}: {len(made)} of {len(runs_of(parameters))} runs")


def read_finished(folder: Path, each: Run) -> pd.DataFrame:
    """Scores by sequence of one run, of every variant that was scored, as text."""
    return read_run(folder, each, [name for name in (RAW, *FILTERS) if scores_of(folder, name).is_file()])


def describe(places: Places, each: Run) -> dict[str, str]:
    """Where and in how many seconds a run was trained, and by which code."""
    path = places.provenance / f"{each.name}.json"
    try:
        made = Provenance.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: found {error!s:.100}, expected what stages.train wrote") from error
    return {
        "experiment": each.experiment,
        "seed": str(each.seed),
        "network_sha256": made.network_sha256,
        "device": made.device if made.device != "cpu" else made.processor,
        "torch": made.packages["torch"],
        "commit": made.commit.removesuffix("+")[:10],
        "seconds": f"{made.seconds:.0f}",
    }


def add(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The rows of a table, after those that its file keeps of other runs."""
    before = read_text_table(path)
    is_again = before.set_index(KEY).index.isin(table.set_index(KEY).index)
    return pd.concat([before[~is_again], table])


def page(name: str, parameters: Parameters, scores: pd.DataFrame, made: pd.DataFrame) -> str:
    """README of the study: what differs from what, what was not run, and how each run was trained."""
    kept = set(zip(made["experiment"], made["seed"], strict=True))
    missing = [each.name for each in runs_of(parameters) if (each.experiment, str(each.seed)) not in kept]
    bootstrap = Bootstrap.of(scores)
    motions = [Motion(*row) for row in scores[["experiment", "variant"]].drop_duplicates().to_numpy()]
    controls = [motion for motion in motions if not parameters.experiments[motion.experiment].losses]
    rows = [
        [row_name(*motion), row_name(*control)]
        + [percent_cell(bootstrap.change(motion, control, metric)) for metric in METRICS]
        for motion in motions
        for control in controls
        if motion != control and RAW in (motion.variant, control.variant)
    ]
    first = bootstrap.sample("mpjpe_mm", *motions[:2])
    return (
        "\n\n".join(
            [
                f"# The study `{name}`, in part",
                "Written by `python -m workflow.study.partial` from the files beside this page: "
                f"[params.yaml](params.yaml), and [{SCORES}]({SCORES}) with the scores from which every interval can "
                f"be computed again. Motion from `{parameters.data.source}`: {parameters.split}.",
                f"Changes of errors, with 95 % intervals over {first}: they say nothing about people unlike these.",
                text_table(["run", "against", *(metric.name for metric in METRICS.values())], rows),
                "## Not run",
                f"{', '.join(missing)}." if missing else "Nothing is missing.",
                "## How each was trained",
                text_table(list(made.columns), made.to_numpy().tolist()),
            ]
        )
        + "\n"
    )


if __name__ == "__main__":
    run(main)
