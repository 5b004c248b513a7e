"""Bring the scores of all runs together: the paper's tables and figures, its rows beside ours, and its claims.

Writes to --out tables/, figures/, metrics.json, claims.csv with a verdict on every claim of the paper,
inconsistencies.csv with what does not fit together in its tables, and record.json with the digests of all of them and
of what they were made from, for `workflow.trace`. Names of runs come from the parameters; what else lies in the folders
is named on stdout and ignored.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from jointaware.analysis.ablation import ablate, ablation_markdown, without_ablation
from jointaware.analysis.claims import judge
from jointaware.analysis.comparison import compare, comparison_markdown, differences, differences_markdown
from jointaware.analysis.figures.comparison import draw_ablation, draw_constraints, draw_differences
from jointaware.analysis.figures.runs import draw_actions, draw_joints, draw_training_curves, drawing
from jointaware.analysis.figures.skeleton import choose_frame, draw_skeleton, shown_experiments
from jointaware.analysis.inconsistencies import find_inconsistencies
from jointaware.analysis.tables import LAYOUTS, are_published, in_paper_order, read_published, tidy
from jointaware.analysis.typesetting import caption, document, latex, markdown
from jointaware.artifacts.files import write_json, write_text, writing
from jointaware.artifacts.parameters import load
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.records import RECORD, write_record
from jointaware.artifacts.scores import (
    CURVES,
    METRICS,
    MOTION_METRICS,
    Run,
    Scores,
    leftovers,
    read_scores,
    records,
    runs_of,
    unusable,
)
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.pose.skeleton import JOINTS, ROOT
from jointaware.progress import follow
from stages.command import parser, run

FIGURES = {
    "training_curves": draw_training_curves,
    "actions": draw_actions,
    "joints": draw_joints,
    "skeleton": draw_skeleton,
    "comparison": draw_constraints,
    "differences": draw_differences,
    "ablation": draw_ablation,
}
AVERAGE = "average"
FIGURES_BY_ACTION = ("protocol1", "velocity", "acceleration")
"""The tables that hold what the figure of the actions shows."""


def main() -> None:
    """Run the stage from the command line."""
    arguments = _arguments()
    parameters = load(arguments.params)
    runs = runs_of(parameters)
    for path in leftovers(runs, arguments.models, arguments.predictions, arguments.runs):
        print(f"ignored: {path} is no run of {arguments.params}")
    sequences = open_sequences(arguments.sequences)
    actions = in_paper_order(set(sequences.of("test")["action"]))
    scores = read_scores(runs, arguments.runs, arguments.models, actions)
    published = {name: read_published(arguments.paper, layout) for name, layout in LAYOUTS.items()}
    made_from = records(runs, arguments.runs, arguments.models, arguments.sequences)
    source = parameters["data"]["source"]
    figures = {
        "training_curves": scores.history[["epoch", "experiment", "seed", *CURVES]],
        "actions": by_action(scores, published if source == "h36m" and are_published(actions) else {}),
        "joints": scores.joints[scores.joints["joint"] != JOINTS[ROOT]],
        "skeleton": choose_frame(sequences, _predictions(runs, arguments.predictions, sequences)),
    }

    experiments = parameters["experiments"]
    comparison, changes = compare(scores), differences(scores, without_ablation(experiments))
    ablation = ablate(scores, experiments)
    tables = {
        "comparison": (comparison, comparison_markdown),
        "differences": (changes, differences_markdown),
        **({} if ablation.empty else {"ablation": (ablation, ablation_markdown)}),
    }
    figures |= {name: table for name, (table, _) in tables.items()}
    for name, layout in LAYOUTS.items():
        _write_table(arguments.out / "tables", name, source, tidy(layout, scores, published[name]))
    write_text(arguments.out / "tables/paper.tex", document(LAYOUTS))
    for name, (table, words) in tables.items():
        write_text(arguments.out / "tables" / f"{name}.csv", table.to_csv(index=False))
        write_text(arguments.out / "tables" / f"{name}.md", words(table))
    for name, data in follow(figures.items(), "drawing", total=len(figures), unit="figures"):
        _write_figure(arguments.out / "figures", name, data)
    write_text(arguments.out / "claims.csv", judge(arguments.paper / "claims.yaml", scores, source).to_csv(index=False))
    write_text(arguments.out / "inconsistencies.csv", find_inconsistencies(arguments.paper).to_csv(index=False))
    means = scores.averages.groupby("experiment", sort=False)[list(METRICS)].mean()
    write_json(arguments.out / "metrics.json", means.to_dict(orient="index"))
    folders = [*(arguments.out / "tables").iterdir(), *(arguments.out / "figures").iterdir()]
    write_record(
        arguments.out / RECORD,
        made=[*folders, *(arguments.out / name for name in ("claims.csv", "inconsistencies.csv", "metrics.json"))],
        made_from=[*made_from, *arguments.paper.glob("*.csv"), arguments.paper / "claims.yaml"],
        source=source,
        actions=actions,
        experiments=list(parameters["experiments"]),
        seeds=parameters["seeds"],
    )


def by_action(scores: Scores, published: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Errors of position and motion by action and their average, of each run and of published rows, where given."""
    columns = ["action", "row", "origin", "seed", *MOTION_METRICS]
    ours = pd.concat([scores.actions, scores.averages.assign(action=AVERAGE)]).assign(origin="ours")
    parts = [ours.rename(columns={"experiment": "row"})[columns]]
    if published:
        rows = [
            published[name].rename(columns={metric: AVERAGE}).melt("row", var_name="action", value_name=metric)
            for name, metric in zip(FIGURES_BY_ACTION, MOTION_METRICS, strict=True)
        ]
        merged = rows[0].merge(rows[1]).merge(rows[2]).assign(origin="published")
        parts.append(merged.reindex(columns=columns))
    return pd.concat([part.astype(object) for part in parts], ignore_index=True)


def _predictions(runs: list[Run], folder: Path, sequences: Sequences) -> dict[str, np.ndarray]:
    """Joints that the first seed of each experiment in the figure of skeletons predicts."""
    names = {each.experiment: each.name for each in reversed(runs)}
    predicted = {}
    for experiment in shown_experiments([*reversed(names)]):
        name = names[experiment]
        path = folder / f"{name}.safetensors"
        if not path.is_file():
            raise unusable(path, "not there", f"predict@{name}")
        predicted[experiment] = read_predictions(path, sequences)
    return predicted


def _write_table(folder: Path, name: str, source: str, table: pd.DataFrame) -> None:
    layout = LAYOUTS[name]
    words = caption(layout, source, table)
    write_text(folder / f"{name}.csv", table.to_csv(index=False))
    write_text(folder / f"{name}.md", markdown(layout, table, words))
    write_text(folder / f"{name}.tex", latex(name, layout, table, words))


def _write_figure(folder: Path, name: str, data: pd.DataFrame) -> None:
    csv = folder / f"{name}.csv"
    write_text(csv, data.to_csv(index=False))
    with writing(folder / f"{name}.svg") as temporary, drawing(temporary):
        FIGURES[name](csv)


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (data.source, experiments, seeds)")
    command.add_argument("--sequences", type=Path, required=True, help="what preprocess wrote")
    command.add_argument("--models", type=Path, required=True, help="folder with what train wrote for each run")
    command.add_argument("--predictions", type=Path, required=True, help="folder with what predict wrote for each run")
    command.add_argument("--runs", type=Path, required=True, help="folder with what evaluate wrote for each run")
    command.add_argument("--paper", type=Path, required=True, help="folder with the published tables")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    return command.parse_args()


if __name__ == "__main__":
    run(main)
