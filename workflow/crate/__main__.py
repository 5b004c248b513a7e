"""Pack a finished reproduction for an archive, as an RO-Crate with the Provenance Run Crate profile.

    python -m workflow.crate --out crate.zip   # or a new folder

It holds params.yaml, dvc.yaml and dvc.lock, the code, paper/ and results/: all that `dvc repro` needs to make the
results again (without git, after `dvc config --local core.no_scm true`). Its ro-crate-metadata.json has the SHA-256 of
every file; every stage as a step of the workflow; for every run the programs, their input and output, the seed, and,
where recorded, machine, commit and duration; and all versions and licences. Networks, predictions and motion are listed
by digest only: they are large, and licensed motion must not be passed on. From a source of licensed motion only results
without poses are packed. Refuses results that do not belong to params.yaml.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rocrate.model.computerlanguage import ComputerLanguage
from rocrate.rocrate import ROCrate

from jointaware.artifacts.files import read_yaml
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.records import Manifest, read_record
from jointaware.artifacts.scores import Run, leftovers, runs_of
from jointaware.atomic import writing, writing_folder
from jointaware.errors import InputError
from jointaware.mocap.sources import SOURCES
from stages.command import parser, run
from workflow.crate.actions import PLACES, Training, add_actions, read_training
from workflow.crate.entities import ARRAYS, MANIFEST, PARAMS, WORKFLOW, about, add, add_file, one_or_all

PROFILES = {
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
MIT = "https://spdx.org/licenses/MIT"
DVC = "https://dvc.org"

ALONE = (
    PARAMS, "dvc.lock", "Makefile", "requirements.txt", "pyproject.toml", "README.md", "LICENSE",
    "CITATION.cff", "licensed/README.md", ".dvc/config", MANIFEST,
)  # fmt: skip
FOLDERS = ("jointaware", "stages", "workflow", "profiles", ".dvc/plots", "paper", "bench/results", "results")
STUDIES = "results/studies/"
"""Results of other parameters, which are not packed."""
POSELESS = (
    "tables/", "runs/", "provenance/", "figures/", "claims.csv", "inconsistencies.csv", "metrics.json", "headline.json",
)  # fmt: skip
POSED = "results/figures/skeleton."
"""Results without poses, and within them the figure and CSV that do show poses."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    out = _arguments(argv).out
    if out.exists() and out.suffix != ".zip":
        raise InputError(f"{out}: exists already, expected a new folder or a .zip")
    parameters = load(Path(PARAMS))
    if subprocess.run(["dvc", "status", "--quiet"], check=False).returncode:
        raise InputError(f"results: not the results of {PARAMS}; run `dvc repro` first (`dvc status` shows why)")
    crate = describe(parameters)
    if out.suffix == ".zip":
        with writing(out) as temporary:
            crate.write_zip(temporary)
    else:
        with writing_folder(out) as temporary:
            crate.write(temporary)
    print(f"{out}: {len(crate.data_entities)} files, {len(runs_of(parameters))} runs")


def describe(parameters: Parameters) -> ROCrate:
    """The crate of the reproduction in the current folder, not written yet."""
    runs, source = runs_of(parameters), parameters.data.source
    trainings = [read_training(each) for each in runs]
    crate = ROCrate(version="1.1")
    _add_title(crate, parameters)
    files = {path: add_file(crate, path) for path in _held(runs, is_licensed=SOURCES[source].is_restricted)}
    files["README.md"]["about"] = crate.root_dataset
    _add_workflow(crate, trainings)
    crate.root_dataset["conformsTo"] = [
        add(crate, url, "CreativeWork", name=name, version=url.rpartition("/")[2]) for url, name in PROFILES.items()
    ]
    add_actions(crate, trainings, files, read_record(Path(MANIFEST), Manifest, "fetch"))
    crate.root_dataset["mentions"] = crate.get_by_type("CreateAction")
    return crate


def _add_title(crate: ROCrate, parameters: Parameters) -> None:
    """Name, description, authors and licence of the crate, and the paper it is about."""
    crate.metadata.extra_contexts.append(TERMS)
    crate.name = "Back to the Future (arXiv 2002.11251), reproduced"
    crate.description = (
        f"Tables, figures and claims of a reproduction on motion from {parameters.data.source}: "
        f"{len(parameters.experiments)} experiments with seeds {', '.join(map(str, parameters.seeds))}."
    )
    crate.license = add(crate, MIT, "CreativeWork", name="MIT licence", identifier=MIT, url=MIT)
    citation: Any = read_yaml(Path("CITATION.cff"))
    paper = citation["references"][0]
    crate.isBasedOn = add(crate, paper["url"], "ScholarlyArticle", name=paper["title"])
    authors = [
        add(crate, f"#author-{place}", "Organization", name=author["name"])
        for place, author in enumerate(citation["authors"])
    ]
    crate.root_dataset["author"] = one_or_all(authors)


def _held(runs: list[Run], *, is_licensed: bool) -> Iterator[str]:
    """Every file in the crate except dvc.yaml."""
    yield from ALONE
    for each in runs:
        yield from ((PLACES.model(each) / name).as_posix() for name in ("run.json", "history.csv"))
    old = {path for folder in leftovers(runs, Path("results/runs")) for path in folder.rglob("*")}
    for folder in FOLDERS:
        for path in sorted(path for path in Path(folder).rglob("*") if path.is_file() and path not in old):
            name = path.as_posix()
            if "__pycache__" in name or name.startswith(STUDIES) or path.suffix == ARRAYS:
                continue
            within = name.removeprefix("results/")
            if is_licensed and within != name and (name.startswith(POSED) or not within.startswith(POSELESS)):
                continue
            yield name


def _add_workflow(crate: ROCrate, trainings: list[Training]) -> None:
    """dvc.yaml as the main workflow, with the version of every program involved."""
    home = {"@id": DVC}
    language = {"name": "DVC", "identifier": home, "url": home, "version": version("dvc")}
    kinds = ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]
    properties = about(WORKFLOW) | {"@type": kinds, "license": {"@id": MIT}}
    workflow = crate.add_workflow(
        WORKFLOW, WORKFLOW, main=True, lang=crate.add(ComputerLanguage(crate, "#dvc", language)), properties=properties
    )
    programs = {("DVC", version("dvc"))}
    for provenance in filter(None, (training.provenance for training in trainings)):
        programs |= {("Python", provenance.python), *provenance.packages.items()}
    workflow["softwareRequirements"] = [
        add(crate, f"#{name}-{number}", "SoftwareApplication", name=name, softwareVersion=number)
        for name, number in sorted(programs)
    ]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--out", type=Path, required=True, help="a .zip, which is replaced, or a new folder")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
