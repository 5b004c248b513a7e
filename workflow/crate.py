"""Pack a finished reproduction for an archive, as an RO-Crate with the Workflow Run Crate profile.

    python -m workflow.crate --out crate.zip   # or a new folder

It holds params.yaml, dvc.yaml and dvc.lock, the code, paper/ and results/: all that `dvc repro` needs to make the
results again (without git, after `dvc config --local core.no_scm true`). Its ro-crate-metadata.json has the SHA-256 of
every file; for every run the programs, their input and output, the seed, and, where recorded, machine, commit and
duration; and all versions and licences. Networks, predictions and motion are listed by digest only: they are large, and
licensed motion must not be passed on. From a source of licensed motion only results without poses are packed. Refuses
results that do not belong to params.yaml.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from rocrate.model.computerlanguage import ComputerLanguage
from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from jointaware.artifacts.files import read_yaml, sha256
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.provenance import Provenance
from jointaware.artifacts.records import Manifest, TrainingRecord, read_record
from jointaware.artifacts.scores import Run, leftovers, runs_of
from jointaware.atomic import writing, writing_folder
from jointaware.errors import InputError
from jointaware.lineage.chain import Places, find_provenance
from jointaware.lineage.describe import made
from jointaware.mocap.sources import SOURCES
from stages.command import parser, run

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
PAPER = "https://arxiv.org/abs/2002.11251"
MIT = "https://spdx.org/licenses/MIT"
DVC = "https://dvc.org"

PARAMS, WORKFLOW, MANIFEST, SEQUENCES = "params.yaml", "dvc.yaml", "data/manifest.json", "data/sequences.safetensors"
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
ARRAYS = ".safetensors"
MEDIA = {
    ".csv": "text/csv", ".html": "text/html", ".json": "application/json", ".md": "text/markdown",
    ".py": "text/x-python", ".svg": "image/svg+xml", ".tex": "application/x-tex", ".yaml": "application/yaml",
}  # fmt: skip
PLACES = Places()


class Training(NamedTuple):
    """A run, the weights of its network, and where and when that was trained, if known."""

    run: Run
    weights: int
    provenance: Provenance | None


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
    files = {path: _add_file(crate, path) for path in _held(runs, is_licensed=SOURCES[source].is_restricted)}
    files["README.md"]["about"] = crate.root_dataset
    workflow = _add_workflow(crate, trainings)
    crate.root_dataset["conformsTo"] = [
        _add(crate, url, "CreativeWork", name=name, version=url.rpartition("/")[2]) for url, name in PROFILES.items()
    ]
    manifest = read_record(Path(MANIFEST), Manifest, "fetch")
    licence = _add(crate, "#licence-of-the-motion", "CreativeWork", name=manifest.licence)
    what = f"motion from {source}; {MANIFEST} has the digest of each file it was made from"
    motion = _add_elsewhere(crate, SEQUENCES, description=what, license=licence)
    crate.add_action(
        workflow, "#reproduction",
        object=[files[PARAMS], files[MANIFEST], motion, *_under(files, "paper/")], result=_under(files, "results/"),
        properties={"name": "all stages under DVC", "description": "dvc.lock has command and digests of each"},
    )  # fmt: skip
    for training in trainings:
        _add_run(crate, training, files, motion)
    crate.root_dataset["mentions"] = crate.get_by_type("CreateAction")
    return crate


def read_training(each: Run) -> Training:
    """A run with its number of weights, and its provenance where that was recorded."""
    record = read_record(PLACES.model(each) / "run.json", TrainingRecord, f"train@{each.experiment}")
    return Training(each, record.weights, find_provenance(PLACES, each))


def _add_title(crate: ROCrate, parameters: Parameters) -> None:
    """Name, description, authors and licence of the crate, and the paper it is about."""
    crate.metadata.extra_contexts.append(TERMS)
    crate.name = "Back to the Future (arXiv 2002.11251), reproduced"
    crate.description = (
        f"Tables, figures and claims of a reproduction on motion from {parameters.data.source}: "
        f"{len(parameters.experiments)} experiments with seeds {', '.join(map(str, parameters.seeds))}."
    )
    crate.license = _add(crate, MIT, "CreativeWork", name="MIT licence", identifier=MIT, url=MIT)
    title = "Back to the Future: Joint Aware Temporal Deep Learning 3D Human Pose Estimation"
    crate.isBasedOn = _add(crate, PAPER, "ScholarlyArticle", name=title)
    citation: Any = read_yaml(Path("CITATION.cff"))
    crate.root_dataset["author"] = [
        _add(crate, f"#author-{place}", "Organization", name=author["name"])
        for place, author in enumerate(citation["authors"])
    ]


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


def _add_workflow(crate: ROCrate, trainings: list[Training]) -> Entity:
    """dvc.yaml as the main workflow, with the version of every program involved."""
    home = {"@id": DVC}
    language = {"name": "DVC", "identifier": home, "url": home, "version": version("dvc")}
    properties = _about(WORKFLOW) | {"license": {"@id": MIT}}
    workflow = crate.add_workflow(
        WORKFLOW, WORKFLOW, main=True, lang=crate.add(ComputerLanguage(crate, "#dvc", language)), properties=properties
    )
    programs = {("DVC", version("dvc"))}
    for provenance in filter(None, (training.provenance for training in trainings)):
        programs |= {("Python", provenance.python), *provenance.packages.items()}
    workflow["softwareRequirements"] = [
        _add(crate, f"#{name}-{number}", "SoftwareApplication", name=name, softwareVersion=number)
        for name, number in sorted(programs)
    ]
    return workflow


def _add_run(crate: ROCrate, training: Training, files: dict[str, Entity], motion: Entity) -> None:
    """Training, prediction, smoothing and scoring of one run, each as an action."""
    each = training.run
    model, scores = PLACES.model(each).as_posix(), PLACES.scores(each).as_posix()
    network, predictions, smoother, smoothed = (
        _add_elsewhere(crate, path.as_posix(), description=what, license=motion["license"])
        for path, what in (
            (PLACES.network(each), f"network of {training.weights:,} weights"),
            (PLACES.prediction(each), "predicted joints of the test sequences"),
            (PLACES.smoother(each), "learned smoother of its predictions"),
            (PLACES.smoothed(each), "predicted joints of the test sequences, after the learned smoother"),
        )
    )
    steps = {
        "train": ([motion], [network, *_under(files, f"{model}/")], _cost(crate, training)),
        "predict": ([motion, network], predictions, {}),
        "smooth": ([motion, network, predictions], [smoother, smoothed], {}),
        "evaluate": ([motion, predictions, smoothed], _under(files, f"{scores}/"), {}),
    }
    for stage, (read, written, properties) in steps.items():
        crate.add_action(
            files[f"stages/{stage}.py"], f"#{stage}-{each.name}", object=[files[PARAMS], *read], result=written,
            properties={"@type": "CreateAction", "name": f"{stage}@{each.name}", **properties},
        )  # fmt: skip


def _cost(crate: ROCrate, training: Training) -> dict[str, Any]:
    """Seed, machine, commit and duration of a training, as far as recorded."""
    each, provenance = training.run, training.provenance
    properties: dict[str, Any] = {"description": f"seed {each.seed}, {made(provenance)}"}
    if provenance:
        seconds = {"name": "duration of training", "value": str(provenance.seconds), "unitText": "seconds"}
        properties["resourceUsage"] = _add(crate, f"#seconds-of-{each.name}", "PropertyValue", **seconds)
    return properties


def _add_file(crate: ROCrate, path: str) -> Entity:
    is_stage = path.startswith("stages/") and path.endswith(".py")
    kind = {"@type": ["File", "SoftwareSourceCode", "SoftwareApplication"]} if is_stage else {}
    return crate.add_file(path, path, properties=_about(path) | kind)


def _add_elsewhere(crate: ROCrate, path: str, **properties: Any) -> Entity:
    """A file that is not in the crate, listed by its digest."""
    about = _about(path)
    return _add(crate, f"#sha256-{about['sha256']}", "CreativeWork", **about, **properties)


def _add(crate: ROCrate, identifier: str, kind: str, /, **properties: Any) -> Entity:
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _about(path: str) -> dict[str, Any]:
    """Name, digest, size and media type of a file."""
    size = str(Path(path).stat().st_size)
    form = MEDIA.get(Path(path).suffix, "application/octet-stream" if path.endswith(ARRAYS) else "text/plain")
    return {"name": path, "sha256": sha256(Path(path)), "contentSize": size, "encodingFormat": form}


def _under(files: dict[str, Entity], folder: str) -> list[Entity]:
    return [entity for path, entity in files.items() if path.startswith(folder)]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--out", type=Path, required=True, help="a .zip, which is replaced, or a new folder")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
