"""Bring the generated parts of README.md and docs/ up to date: results, cost, speed, the graph of the pipeline.

Every number and arrow there comes from a file. With --check nothing is written; the exit status says whether a page is
out of date.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from jointaware.analysis.comparison import percent_cell
from jointaware.artifacts.fields import immutable
from jointaware.artifacts.files import read_yaml, write_text
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.predictions import RAW
from jointaware.artifacts.subjects import Split
from jointaware.errors import InputError
from stages.command import parser, run
from workflow.graph import outputs_of

PAGES = (Path("README.md"), *sorted(Path("docs").glob("*.md")))
STUDY = Path("results/studies/cmu")
COST, SPEED, TRANSFORMER, GPU, BOUND = (
    Path(f"bench/results/{name}.csv") for name in ("demo", "speed", "transformer", "gpu", "gpu_bound")
)
FAULTS = Path("bench/results/faults.csv")
CLUSTER, JOBS = Path("bench/results/cluster.csv"), Path("bench/results/jobs.csv")
ERRORS = {
    "position": "mpjpe_mm",
    "position_2": "p_mpjpe_mm",
    "position_3": "n_mpjpe_mm",
    "velocity": "mpjve_mm_per_frame",
    "acceleration": "mpjae_mm_per_frame2",
}
"""Start of the names of the claims about each metric in claims.csv."""
COMPARISONS = {
    "_as_printed": "equation 1 and position error, twice the channels, against VideoPose3D",
    "": "our recipe, twice the channels, against VideoPose3D",
    "_as_printed_against_more_frames": "equation 1 and position error, at equal channels and frames",
    "_against_more_frames": "our recipe, at equal channels and frames",
}
"""Ends of the names of claims: what is compared with what."""
FILTER = "a Savitzky-Golay filter after the network of equal channels and frames, no loss"
GENERATED = re.compile(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    is_check = _arguments(argv).check
    for page in PAGES:
        old = page.read_text(encoding="utf-8")
        new = GENERATED.sub(lambda match: f"<!-- generated: {match[1]} -->\n{PARTS[match[1]]()}<!-- end -->", old)
        if new == old:
            continue
        if is_check:
            raise InputError(f"{page}: out of date, expected what `make readme` writes")
        write_text(page, new)


def found() -> str:
    """What the study on real motion found of the paper's claims."""
    claims = pd.read_csv(STUDY / "claims.csv", keep_default_na=False, na_values=[""]).set_index("claim")
    changes = pd.read_csv(STUDY / "tables/differences.csv", keep_default_na=False, na_values=[""])
    parameters = _yaml(STUDY / "params.yaml")
    split = Split.model_validate(immutable(parameters["preprocess"]["subjects"][parameters["data"]["source"]]))
    experiments, width = parameters["experiments"], parameters["train"]["channels"]
    channels = sorted({each.get("channels", width) for each in experiments.values()})
    control = next(name for name, each in experiments.items() if each["role"] == "more_frames")
    is_filter = (changes[["row", "against"]] == control).all(axis=1) & (changes["variant"] == "smoothed")
    filtered = changes[is_filter & (changes["against_variant"] == RAW)].set_index("metric")
    heads = ["change of", "claimed", *COMPARISONS.values(), FILTER]
    lines = [f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)}"]
    for word, metric in ERRORS.items():
        cells = [METRICS[metric].name, f"{float(claims.at[word, 'published']):+g} %"]
        cells += [_found(claims.loc[f"{word}{end}"]) for end in COMPARISONS]
        lines.append(f"| {' | '.join([*cells, percent_cell(filtered.loc[metric])])} |")
    explained = (
        f"Lower is better. In brackets the 95 % interval over {claims.at['position', 'sample']}; {split}. "
        f"{channels[0]} and {channels[-1]} channels stand for the paper's 1024 and 2048."
    )
    return "\n".join([*lines, "", explained, ""])


def cost() -> str:
    """Minutes and hardware of the demo, from what `make bench` measured."""
    table = pd.read_csv(COST, keep_default_na=False).set_index("what")
    whole, idle = table.loc["dvc repro from nothing"], table.loc["dvc repro with nothing to do"]
    size = table.loc["largest process of it"]
    return (
        f"The demo takes {whole['median'] / 60:.1f} minutes and {size['median'] / 1024:.1f} GiB of memory on "
        f"{whole['cores']} cores ({whole['processor']}) without a GPU, and {idle['median']:.1f} s when nothing is "
        f"out of date ([{COST}]({COST})).\n"
    )


def graph() -> str:
    """The stages and which output of one is an input of another, from dvc.yaml."""
    stages = {name: stage.get("do", stage) for name, stage in _yaml(Path("dvc.yaml"))["stages"].items()}
    arrows = [
        f"    {maker} --> {name}"
        for name, stage in stages.items()
        for maker, other in stages.items()
        if any(_within(output, path) for output in outputs_of(other) for path in stage["deps"])
    ]
    return "\n".join(["```mermaid", "flowchart LR", *arrows, "```", ""])


def speed(path: Path = SPEED) -> str:
    """Training and evaluation next to others' code, from what `make bench` measured."""
    table = pd.read_csv(path, keep_default_na=False)
    first = table.iloc[0]
    lines = [
        f"Measured in turn on {first['cores']} cores ({first['processor']}, PyTorch {first['torch']}): median of "
        f"{first['repetitions']}, minimum and maximum ([{path}](../{path})).",
        "",
        "| | ours, frames/s | reference, frames/s | speed-up |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['what']} | {row['ours']:,.0f} | {row['peer']:,.0f} "
        f"| {row['ratio']:.2f} ({row['least']:.2f} to {row['most']:.2f}) |"
        for row in table.to_dict("records")
    ]
    return "\n".join([*lines, ""])


def gpu() -> str:
    """An epoch at the paper's size on a GPU: measured where there was one, else a bound from a card's data sheet."""
    if GPU.is_file():
        table = pd.read_csv(GPU, keep_default_na=False)
        table[["run", "quantity"]] = table["what"].str.split(": ", expand=True).fillna("rate")
        table["quantity"] = table["quantity"].replace("epoch .*", "epoch", regex=True)
        values = table.pivot(index="run", columns="quantity", values="median").loc[table["run"].unique()]
        first = table.iloc[0]
        size = first["run"].split(", ", 2)[2]
        rows = [
            f"| {run.removesuffix(f', {size}')} | {row['rate']:,.0f} | {row['epoch']:.0f} | "
            f"{row['peak device memory'] / 1024:.1f} |"
            for run, row in values.iterrows()
        ]
        return "\n".join(
            [
                f"Training with {size}, PyTorch {first['torch']} ([{GPU}](../{GPU})). An epoch is 3.12 million frames, "
                "the size of Human3.6M with its mirror images; the paper says about one hour.",
                "",
                "| | frames/s | epoch, s | memory, GiB |",
                "| --- | ---: | ---: | ---: |",
                *rows,
                "",
            ]
        )
    bound = pd.read_csv(BOUND, keep_default_na=False).iloc[0]
    return (
        f"No GPU was available: this is a computed bound, not a measurement. An epoch of Human3.6M ({bound['what']}) "
        f"takes {bound['operations'] / 1e15:.1f} PFLOP of matrix products, {bound['seconds']:.0f} s at half the peak "
        f"of one card ({bound['card']}). `python -m bench.gpu` measures it where there is a card.\n"
    )


def trust() -> str:
    """Faults tried, held and failed by class, from what `make faults LONG=yes` counted."""
    if not FAULTS.is_file():
        return "`make faults` tries all of this on a tiny checkout.\n"
    rows = pd.read_csv(FAULTS, keep_default_na=False, dtype={"commit": str}).to_dict("records")
    tries, failed = (sum(row[column] for row in rows) for column in ("tries", "failed"))
    lines = [
        f"**{tries:,} faults tried on a tiny checkout, {failed:,} failed** ([{FAULTS}]({FAULTS})). `make faults` tries "
        "some of them in two minutes, `make faults LONG=yes` all of them in hours.",
        "",
        "| class | tries | held | failed | worst | commit |",
        "| --- | ---: | ---: | ---: | --- | --- |",
    ]
    for row in rows:
        of = f" of {row['of']:,}" if row["tries"] < row["of"] else ""
        worst = str(row["worst"]).replace("|", "\\|")
        lines.append(
            f"| {row['what']} | {row['tries']:,}{of} | {row['held']:,} | {row['failed']:,} | {worst} "
            f"| {row['commit']} ({row['date']}) |"
        )
    return "\n".join([*lines, ""])


def cluster() -> str:
    """Snakemake's own time, a pull and jobs of SLURM, from what `python -m bench.cluster` measured."""
    if not CLUSTER.is_file():
        return "`python -m bench.cluster` measures what Snakemake and SLURM add.\n"
    table = pd.read_csv(CLUSTER, keep_default_na=False)
    first = table.iloc[0]
    lines = [
        f"Median, minimum and maximum on {first['cores']} cores ({first['processor']}, [{CLUSTER}](../{CLUSTER})):",
        "",
        "| | | |",
        "| --- | ---: | --- |",
    ]
    lines += [
        f"| {row['what']} | {row['median']:.3g} ({row['least']:.3g} to {row['most']:.3g}) | {row['unit']} |"
        for row in table.to_dict("records")
    ]
    return "\n".join([*lines, ""])


def jobs() -> str:
    """What the job of each rule needed and asks for, from what `python -m bench.cluster.jobs` measured."""
    if not JOBS.is_file():
        return "`python -m bench.cluster.jobs` measures what each job needs.\n"
    table = pd.read_csv(JOBS, keep_default_na=False)
    lines = [
        f"The most that any job of a rule needed on {table['cores_of_machine'].iloc[0]} cores "
        f"({table['processor'].iloc[0]}), and what the rule asks for by default ([{JOBS}](../{JOBS})):",
        "",
        "| setting | rule | jobs | s | MiB | cores | asked, MB | asked, minutes |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['setting']} | {row['rule']} | {row['jobs']} | {row['seconds']:.0f} | {row['MiB']:,.0f} | "
        f"{row['cores']:.1f} | {row['asked_MB']:,} | {row['asked_minutes']:,} |"
        for row in table.to_dict("records")
    ]
    return "\n".join([*lines, ""])


PARTS: dict[str, Callable[[], str]] = {
    "found": found,
    "cost": cost,
    "graph": graph,
    "speed": speed,
    "transformer": partial(speed, TRANSFORMER),
    "gpu": gpu,
    "trust": trust,
    "cluster": cluster,
    "jobs": jobs,
}


def _found(claim: pd.Series) -> str:
    """Our number with its interval, and the verdict."""
    return f"{claim['ours']:+.1f} % [{claim['low']:+.1f}, {claim['high']:+.1f}], {claim['verdict']}"


def _yaml(path: Path) -> dict[str, Any]:
    content: Any = read_yaml(path)
    return dict(content)


def _within(output: str, path: str) -> bool:
    """Whether an output is a dependency, or lies in a folder that is one."""
    return output == path or output.startswith(f"{path}/")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--check", action="store_true", help="only check that the pages are up to date")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
