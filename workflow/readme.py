"""Bring the generated parts of README.md up to date: results, the study, what it costs, the graph of the pipeline.

Every number and arrow there comes from a file; with --check nothing is written, and the exit status says whether it
would have been.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from jointaware.analysis.tables import METRICS, PUBLISHED_ROWS
from jointaware.artifacts.files import write_text
from jointaware.artifacts.parameters import load
from jointaware.artifacts.scores import MOTION_METRICS
from jointaware.errors import InputError
from stages.command import parser, run

README = Path("README.md")
TABLES = Path("results/tables")
STUDY, HALF = Path("results/studies/cmu"), Path("results/studies/bfloat16")
COST, SPEED, GPU, BOUND = (Path(f"bench/results/{name}.csv") for name in ("demo", "speed", "gpu", "gpu_bound"))
CLAIMED = {"no worse": "no worse", "0.0": "better", "1.0": "no more"}
"""What is claimed where it is no number."""
HEADER = "| | MPJPE, mm | P-MPJPE, mm | N-MPJPE, mm | MPJVE, mm/frame | MPJAE, mm/frame² |"
DECIMALS = dict(zip(METRICS, (1, 1, 1, 2, 2), strict=True))
GENERATED = re.compile(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def main() -> None:
    """Run the command."""
    arguments = _arguments()
    old = README.read_text(encoding="utf-8")
    new = GENERATED.sub(lambda match: f"<!-- generated: {match[1]} -->\n{PARTS[match[1]]()}<!-- end -->", old)
    if arguments.check and new != old:
        raise InputError(f"{README}: is older than the results, expected what `make readme` writes")
    if not arguments.check:
        write_text(README, new)


def results_table() -> str:
    """Published and own averages, one row each, and what the joint-aware losses change in percent."""
    means, spreads = _averages(TABLES)
    parameters = load(Path("params.yaml"))
    source, seeds = parameters["data"]["source"], ", ".join(map(str, parameters["seeds"]))
    baseline, paper = PUBLISHED_ROWS
    rows = [
        ["*published, Human3.6M*", *[""] * len(METRICS)],
        *_group(means, spreads, [baseline, paper]),
        _change(means, paper, baseline),
        [f"*ours, {source}, seeds {seeds}*", *[""] * len(METRICS)],
        *_group(means, spreads, list(spreads.index)),
        _change(means, "joint_aware", "baseline"),
        _change(means, "joint_aware", "wide"),
        _change(means, "joint_aware", "wide_windows"),
    ]
    lines = [HEADER, "| --- | ---: | ---: | ---: | ---: | ---: |", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([*lines, "", "Lower is better; ± is the standard deviation over the seeds.", ""])


def cost() -> str:
    """Minutes and hardware of the demo, from what `make bench` measured."""
    table = pd.read_csv(COST, index_col="what")
    whole, size, idle = (table.loc[what] for what in table.index[:3])
    return (
        f"The demo took {whole['median'] / 60:.1f} minutes and {size['median'] / 1024:.1f} GiB of memory on "
        f"{whole['cores']} cores ({whole['processor']}) without a GPU, and {idle['median']:.1f} s when there was "
        f"nothing to do ([{COST}]({COST})).\n"
    )


def graph() -> str:
    """The stages and which output of one is an input of another, from dvc.yaml."""
    stages = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    arrows = []
    for name, stage in stages.items():
        for maker, other in stages.items():
            read = [output for output in _outputs(other) if any(_within(output, path) for path in stage["deps"])]
            if read:
                arrows.append(f"    {maker} --> {name}")
    return "\n".join(["```mermaid", "flowchart LR", *arrows, "```", ""])


def study() -> str:
    """What the study on real motion says of each claim that can be tested there."""
    claims = pd.read_csv(STUDY / "claims.csv", keep_default_na=False)
    tested = claims[claims["verdict"] != "not testable"]
    keys = ["row", "variant", "against", "against_variant", "metric"]
    percent = pd.read_csv(STUDY / "tables/differences.csv").set_index(keys)["percent"]
    width, windows = (
        ", ".join(f"{percent[run, 'raw', against, 'raw', metric]:+.1f} %" for metric in MOTION_METRICS)
        for run, against in (("wide", "baseline"), ("wide_windows", "wide"))
    )
    experiments = yaml.safe_load((STUDY / "params.yaml").read_text(encoding="utf-8"))["experiments"]
    wide, narrow = (experiments[name]["channels"] for name in ("joint_aware", "baseline"))
    lines = [
        f"There {wide} channels stand for the paper's 2048, {narrow} for 1024. Width alone, without any loss, changes "
        f"MPJPE, MPJVE and MPJAE by {width}; training on windows as well, without any loss, by {windows}.",
        "",
        "| claim | claimed | found, 95 % interval | |",
        "| --- | ---: | ---: | --- |",
    ]
    for claim in tested.itertuples():
        interval = f" [{float(claim.low):+.1f}, {float(claim.high):+.1f}]" if claim.low else ""
        found = (
            f"{float(claim.ours):+.1f} %{interval}" if claim.unit == "%" else f"{float(claim.ours):.2f} {claim.unit}"
        )
        claimed = CLAIMED.get(claim.published, f"{claim.published} {'%' if claim.unit == '%' else ''}".strip())
        lines.append(f"| {claim.says} | {claimed} | {found} | {claim.verdict} |")
    return "\n".join([*lines, ""])


def speed() -> str:
    """Training and evaluation beside VideoPose3D, from what `make bench` measured."""
    table = pd.read_csv(SPEED)
    first = table.iloc[0]
    lines = [
        f"Measured in turn on {first['cores']} cores ({first['processor']}, PyTorch {first['torch']}), median of "
        f"{first['repetitions']}, least and most ([{SPEED}]({SPEED})):",
        "",
        "| | ours, frames/s | VideoPose3D, or what ours is held against | times as fast |",
        "| --- | ---: | ---: | ---: |",
    ]
    for row in table.itertuples():
        rates = (f"{rate:,.0f}" for rate in (row.ours, row.peer))
        lines.append(f"| {row.what} | {' | '.join(rates)} | {row.ratio:.2f} ({row.least:.2f} to {row.most:.2f}) |")
    return "\n".join([*lines, ""])


def half_precision() -> str:
    """MPJPE of the demo in both precisions."""
    (means, spreads), (half_means, half_spreads) = _averages(TABLES), _averages(HALF / "tables")
    lines = ["| MPJPE of the demo, mm | float32 | bfloat16 |", "| --- | ---: | ---: |"]
    for name in spreads.index.intersection(half_spreads.index):
        whole, half = _cell(means, spreads, name, METRICS[0]), _cell(half_means, half_spreads, name, METRICS[0])
        lines.append(f"| {name} | {whole} | {half} |")
    return "\n".join([*lines, ""])


def gpu() -> str:
    """An epoch at the paper's size on a GPU: measured where there was one, else what a card's data sheet allows."""
    if GPU.is_file():
        table = pd.read_csv(GPU)
        rows = [f"| {row.what} | {row.median:,.0f} {row.unit} |" for row in table.itertuples()]
        return "\n".join(["| | |", "| --- | ---: |", *rows, ""])
    bound = pd.read_csv(BOUND).iloc[0]
    return (
        f"No GPU was at hand: this is a computed bound and not a measurement. An epoch of Human3.6M ({bound['what']}) "
        f"is {bound['operations'] / 1e15:.1f} PFLOP of matrix products, {bound['seconds']:.0f} s at half the peak of "
        f"one card ({bound['card']}). `python -m bench.gpu` measures it where there is a card.\n"
    )


PARTS = {
    "table": results_table,
    "cost": cost,
    "graph": graph,
    "study": study,
    "speed": speed,
    "half": half_precision,
    "gpu": gpu,
}


def _averages(tables: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The mean over seeds of each metric, by row, and its standard deviation where there are several."""
    parts = [pd.read_csv(tables / f"{name}.csv", index_col=["row", "statistic"]) for name in ("protocols", "motion")]
    values = pd.concat([part[[metric for metric in METRICS if metric in part]] for part in parts], axis=1)
    return values.xs("mean", level="statistic"), values.xs("std", level="statistic")


def _group(means: pd.DataFrame, spreads: pd.DataFrame, names: list[str]) -> list[list[str]]:
    return [[name, *(_cell(means, spreads, name, metric) for metric in METRICS)] for name in names]


def _cell(means: pd.DataFrame, spreads: pd.DataFrame, name: str, metric: str) -> str:
    text = f"{means.at[name, metric]:.{DECIMALS[metric]}f}"
    spread = spreads[metric].get(name)
    return text if spread is None or pd.isna(spread) else f"{text} ± {spread:.{DECIMALS[metric]}f}"


def _change(means: pd.DataFrame, new: str, old: str) -> list[str]:
    percent = 100 * (means.loc[new] / means.loc[old] - 1)
    return [f"{new} against {old}", *(f"{percent[metric]:+.1f} %" for metric in METRICS)]


def _outputs(stage: dict[str, Any]) -> list[str]:
    declared = [*stage.get("outs", []), *stage.get("metrics", [])]
    return [next(iter(output)) if isinstance(output, dict) else output for output in declared]


def _within(output: str, path: str) -> bool:
    return output == path or output.startswith(f"{path}/")


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--check", action="store_true", help="only say whether README.md is up to date")
    return command.parse_args()


if __name__ == "__main__":
    run(main)
