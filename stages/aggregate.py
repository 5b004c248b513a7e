"""Combine the scores of all runs into the paper's tables and figures, and judge its claims.

Writes to --out tables/, figures/, metrics.json, headline.json with those metrics that `dvc metrics` and `dvc exp show`
print, claims.csv with a verdict on each claim of the paper, inconsistencies.csv with contradictions within its tables,
and record.json with the digests of all of them and of what they were made from, for `workflow.trace`. Only runs that
the parameters define are read; anything else in the folders is reported and ignored. Prints the errors of all
experiments to stdout at the end.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from jointaware.analysis.ablation import ablate, ablation_markdown, without_ablation
from jointaware.analysis.comparison import compare, comparison_markdown, differences, differences_markdown
from jointaware.analysis.figures.data import Results
from jointaware.analysis.figures.draw import draw_figure, figure_data
from jointaware.analysis.figures.skeleton import choose_frame, shown_experiments
from jointaware.analysis.findings import judge
from jointaware.analysis.inconsistencies import find_inconsistencies
from jointaware.analysis.paper_size import is_paper_size
from jointaware.analysis.tables import LAYOUTS, are_published, in_paper_order, read_published, tidy
from jointaware.analysis.typesetting import caption, document, latex, markdown, overview
from jointaware.artifacts.files import write_json, write_table, write_text
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.records import RECORD, check_sequences, unusable, write_record
from jointaware.artifacts.scores import Run, check_digests, check_parameters, leftovers, read_scores, records, runs_of
from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.atomic import together, writing, written
from jointaware.foreign import visible
from jointaware.mocap.sources import SOURCES
from jointaware.progress import follow
from stages.command import parser, run

HEADLINE = "headline.json"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the stage from the command line."""
    arguments = _arguments(argv)
    parameters = load(arguments.params)
    runs = runs_of(parameters)
    folders = (arguments.runs, arguments.models, arguments.predictions, arguments.smoothers)
    for path in leftovers(runs, *folders):
        print(f"ignored: {path} is not a run of {arguments.params}")
    check_sequences(arguments.sequences)
    sequences = open_sequences(arguments.sequences)
    actions = in_paper_order(set(sequences.of("test")["action"]))
    made_from = records(runs, arguments.runs, arguments.models, arguments.sequences)
    check_digests(runs, *folders, arguments.sequences)
    check_parameters(parameters, arguments.models)
    results = _read(arguments, parameters, runs, sequences, actions)
    source, roles = parameters.data.source, {name: each.role for name, each in parameters.experiments.items()}
    is_papers = is_paper_size(parameters, actions, arguments.paper)
    verdicts = judge(arguments.paper / "claims.yaml", results.scores, source, roles, is_paper_size=is_papers)
    with together():
        made = [
            *_write_tables(arguments.out / "tables", results, source),
            *_write_figures(arguments.out / "figures", results),
            *_write_verdicts(arguments.out, arguments.paper, verdicts, results),
        ]
        write_record(
            arguments.out / RECORD,
            made=made,
            made_from=[*made_from, *visible(arguments.paper, "*.csv"), arguments.paper / "claims.yaml"],
            source=source,
            actions=actions,
            experiments=list(parameters.experiments),
            roles=roles,
            seeds=list(parameters.seeds),
        )
    print(overview(results.comparison), end="")


def _read(
    arguments: argparse.Namespace, parameters: Parameters, runs: list[Run], sequences: Sequences, actions: list[str]
) -> Results:
    """Everything that tables and figures are made from, before anything is written."""
    scores = read_scores(runs, arguments.runs, arguments.models, arguments.provenance, actions)
    experiments = parameters.experiments
    source, skeleton = SOURCES[parameters.data.source], pd.DataFrame()
    if not arguments.scores_only and not source.is_restricted:  # git has the figures, and may be published
        shown = shown_experiments({name: experiment.role for name, experiment in experiments.items()})
        predicted = {
            name: _read_predictions(Run(name, parameters.seeds[0]), arguments.predictions, sequences) for name in shown
        }
        skeleton = choose_frame(sequences, predicted)
    return Results(
        scores=scores,
        comparison=compare(scores),
        differences=differences(scores, without_ablation(experiments)),
        ablation=ablate(scores, experiments),
        skeleton=skeleton,
        published={name: read_published(arguments.paper, layout) for name, layout in LAYOUTS.items()},
        is_comparable=source.is_published and are_published(actions),
        experiments=experiments,
    )


def _read_predictions(each: Run, folder: Path, sequences: Sequences) -> np.ndarray:
    path = folder / f"{each.path}.safetensors"
    if not path.is_file():
        raise unusable(path, "missing", f"predict@{each.experiment}")
    return read_predictions(path, sequences)


def _write_tables(folder: Path, results: Results, source: str) -> list[Path]:
    """The paper's tables with our rows, and those that the paper does not have; the paths written."""
    texts = {folder / "paper.tex": document(LAYOUTS)}
    tables: dict[Path, pd.DataFrame] = {}
    for name, layout in LAYOUTS.items():
        table = tidy(layout, results.scores, results.published[name])
        words = caption(layout, source, table)
        tables[folder / f"{name}.csv"] = table
        texts[folder / f"{name}.md"] = markdown(layout, table, words)
        texts[folder / f"{name}.tex"] = latex(name, layout, table, words)
    ours = {
        "comparison": (results.comparison, comparison_markdown),
        "differences": (results.differences, differences_markdown),
        **({} if results.ablation.empty else {"ablation": (results.ablation, ablation_markdown)}),
    }
    for name, (table, typeset) in ours.items():
        tables[folder / f"{name}.csv"] = table
        texts[folder / f"{name}.md"] = typeset(table)
    for path, table in tables.items():
        write_table(path, table)
    for path, text in texts.items():
        write_text(path, text)
    return [*tables, *texts]


def _write_figures(folder: Path, results: Results) -> list[Path]:
    """The figures and the data of each beside it; the paths written."""
    figures, made = figure_data(results), []
    for name, data in follow(figures.items(), "drawing", total=len(figures), unit="figures"):
        csv, svg = folder / f"{name}.csv", folder / f"{name}.svg"
        write_table(csv, data)
        with writing(svg) as temporary:
            draw_figure(name, written(csv), temporary)
        made += [csv, svg]
    return made


def _write_verdicts(out: Path, paper: Path, verdicts: pd.DataFrame, results: Results) -> list[Path]:
    """Verdicts on the claims, contradictions of the paper, our averages, and few of them for a terminal; the paths."""
    tables = {out / "claims.csv": verdicts, out / "inconsistencies.csv": find_inconsistencies(paper)}
    for path, table in tables.items():
        write_table(path, table)
    means = results.scores.averages.groupby("experiment", sort=False)[list(METRICS)].mean()
    write_json(out / "metrics.json", means.to_dict(orient="index"))
    drawn = {name: row.name for name, row in METRICS.items() if row.is_headline}
    write_json(out / HEADLINE, means[list(drawn)].round(2).rename(columns=drawn).to_dict(orient="index"))
    return [*tables, out / "metrics.json", out / HEADLINE]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (data.source, experiments, seeds)")
    command.add_argument("--sequences", type=Path, required=True, help="output of preprocess")
    command.add_argument("--models", type=Path, required=True, help="output of train for each run")
    command.add_argument("--predictions", type=Path, required=True, help="output of predict for each run")
    command.add_argument("--smoothers", type=Path, required=True, help="output of smooth for each run")
    command.add_argument("--runs", type=Path, required=True, help="output of evaluate for each run")
    command.add_argument(
        "--provenance",
        type=Path,
        default=Path("results/provenance"),
        help="where and when networks were trained; default: %(default)s",
    )
    command.add_argument("--paper", type=Path, required=True, help="folder with the published tables")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--scores-only", action="store_true", help="draw no predicted motion, and do without it")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
