"""Pack a finished reproduction for an archive: an RO-Crate after the profile Workflow Run Crate.

    python -m workflow.crate --out crate.zip   # or a folder that is not there yet

It holds params.yaml, dvc.yaml and dvc.lock, the code, paper/ and results/, all that `dvc repro` needs to make them
again (where there is no git, after `dvc config --local core.no_scm true`), and ro-crate-metadata.json. That says of
every file its SHA-256, of every run which program made what of what, with which seed, on which machine and in how many
seconds, and which versions and licences all of it stands under. Networks, predictions and motion are named by their
digest only: they are large, and Human3.6M may not be passed on. With that source only results that show no pose are
packed. Refuses results that are not those of params.yaml.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from rocrate.model.computerlanguage import ComputerLanguage
from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from jointaware.artifacts.files import sha256, writing, writing_folder
from jointaware.artifacts.parameters import load
from jointaware.artifacts.scores import Run, leftovers, read_record, runs_of
from jointaware.errors import InputError
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
    PARAMS, "dvc.lock", "Snakefile", "Makefile", "requirements.txt", "pyproject.toml", "README.md", "LICENSE",
    "CITATION.cff", "licensed/README.md", ".dvc/config", MANIFEST,
)  # fmt: skip
FOLDERS = ("pose", "mocap", "stages", "workflow", "profiles", ".dvc/plots", "paper", "results")
STUDIES = "results/studies/"
"""Reproductions of their own."""
POSELESS = ("tables/", "runs/", "figures/", "claims.csv", "inconsistencies.csv", "metrics.json")
POSED = "results/figures/skeleton."
"""Of the results those that show no pose, but for one figure and its CSV."""
ARRAYS = ".safetensors"
MEDIA = {
    ".csv": "text/csv", ".html": "text/html", ".json": "application/json", ".md": "text/markdown",
    ".py": "text/x-python", ".svg": "image/svg+xml", ".tex": "application/x-tex", ".yaml": "application/yaml",
}  # fmt: skip


def main() -> None:
    """Run the command."""
    out = _arguments().out
    if out.exists() and out.suffix != ".zip":
        raise InputError(f"{out}: is there already, expected a new folder or a .zip")
    parameters = load(Path(PARAMS))
    if subprocess.run(["dvc", "status", "--quiet"], check=False).returncode:
        raise InputError(f"results: is not what {PARAMS} gives, expected `dvc repro` first (`dvc status` says what)")
    crate = describe(parameters)
    if out.suffix == ".zip":
        with writing(out) as temporary:
            crate.write_zip(temporary)
    else:
        with writing_folder(out) as temporary:
            crate.write(temporary)
    print(f"{out}: {len(crate.data_entities)} files, {len(runs_of(parameters))} runs")


def describe(parameters: dict[str, Any]) -> ROCrate:
    """The crate of the reproduction in the current folder, not written yet."""
    runs, source = runs_of(parameters), parameters["data"]["source"]
    manifest = read_record(Path(MANIFEST), ("licence", "files"), "fetch")
    records = {
        each: read_record(Path(f"models/{each.name}/run.json"), ("packages", "python"), f"train@{each.name}")
        for each in runs
    }
    crate = ROCrate(version="1.1")
    crate.metadata.extra_contexts.append(TERMS)
    crate.name = "Back to the Future (arXiv 2002.11251), reproduced"
    crate.description = (
        f"Tables, figures and claims of a reproduction on motion from {source}: {len(parameters['experiments'])} "
        f"experiments with the seeds {', '.join(map(str, parameters['seeds']))}, and what made them."
    )
    crate.license = _add(crate, MIT, "CreativeWork", name="MIT licence", identifier=MIT, url=MIT)
    title = "Back to the Future: Joint Aware Temporal Deep Learning 3D Human Pose Estimation"
    crate.isBasedOn = _add(crate, PAPER, "ScholarlyArticle", name=title)

    authors = yaml.safe_load(Path("CITATION.cff").read_text(encoding="utf-8"))["authors"]
    crate.root_dataset["author"] = _add(crate, "#authors", "Organization", name=authors[0]["name"])

    files = {path: _add_file(crate, path) for path in _held(runs, is_licensed=source == "h36m")}
    files["README.md"]["about"] = crate.root_dataset
    workflow = _add_workflow(crate, records)
    crate.root_dataset["conformsTo"] = [
        _add(crate, url, "CreativeWork", name=name, version=url.rpartition("/")[2]) for url, name in PROFILES.items()
    ]
    licence = _add(crate, "#licence-of-the-motion", "CreativeWork", name=manifest["licence"])
    what = f"motion from {source}; {MANIFEST} has the digest of each file it was made from"
    motion = _add_elsewhere(crate, SEQUENCES, description=what, license=licence)
    crate.add_action(
        workflow, "#reproduction",
        object=[files[PARAMS], files[MANIFEST], motion, *_under(files, "paper/")], result=_under(files, "results/"),
        properties={"name": "all stages under DVC", "description": "dvc.lock has the command and digests of each"},
    )  # fmt: skip
    for each, record in records.items():
        _add_run(crate, each, record, files, motion)
    crate.root_dataset["mentions"] = crate.get_by_type("CreateAction")
    return crate


def _held(runs: list[Run], *, is_licensed: bool) -> Iterator[str]:
    """Every file that the crate holds beside dvc.yaml."""
    yield from ALONE
    for each in runs:
        yield from (f"models/{each.name}/{name}" for name in ("run.json", "history.csv"))
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


def _add_workflow(crate: ROCrate, records: dict[Run, dict[str, Any]]) -> Entity:
    """dvc.yaml as the main workflow, with the version of every program that took part."""
    home = {"@id": DVC}
    language = {"name": "DVC", "identifier": home, "url": home, "version": version("dvc")}
    properties = _about(WORKFLOW) | {"license": {"@id": MIT}}
    workflow = crate.add_workflow(
        WORKFLOW, WORKFLOW, main=True, lang=crate.add(ComputerLanguage(crate, "#dvc", language)), properties=properties
    )
    programs = {("DVC", version("dvc"))}
    for record in records.values():
        programs |= {("Python", record["python"]), *record["packages"].items()}
    workflow["softwareRequirements"] = [
        _add(crate, f"#{name}-{number}", "SoftwareApplication", name=name, softwareVersion=number)
        for name, number in sorted(programs)
    ]
    return workflow


def _add_run(crate: ROCrate, each: Run, record: dict[str, Any], files: dict[str, Entity], motion: Entity) -> None:
    """Training, prediction and scoring of one run, each as an action."""
    network, predictions = (
        _add_elsewhere(crate, f"{path}{ARRAYS}", description=what, license=motion["license"])
        for path, what in (
            (f"models/{each.name}/network", f"network of {record['weights']:,} weights"),
            (f"predictions/{each.name}", "predicted joints of the test sequences"),
        )
    )
    seconds = {"name": "time of training", "value": str(record["seconds"]), "unitText": "seconds"}
    where = ", ".join(str(record.get(key, "unknown")) for key in ("device", "processor"))
    cost = {
        "description": f"seed {each.seed}, on {where}, at commit {record.get('commit', 'unknown')}",
        "resourceUsage": _add(crate, f"#seconds-of-{each.name}", "PropertyValue", **seconds),
    }
    steps = {
        "train": ([motion], [network, *_under(files, f"models/{each.name}/")], cost),
        "predict": ([motion, network], predictions, {}),
        "evaluate": ([motion, predictions], _under(files, f"results/runs/{each.name}/"), {}),
    }
    for stage, (read, written, properties) in steps.items():
        crate.add_action(
            files[f"stages/{stage}.py"], f"#{stage}-{each.name}", object=[files[PARAMS], *read], result=written,
            properties={"@type": "CreateAction", "name": f"{stage}@{each.name}", **properties},
        )  # fmt: skip


def _add_file(crate: ROCrate, path: str) -> Entity:
    is_stage = path.startswith("stages/") and not path.startswith("stages/_") and path.endswith(".py")
    kind = {"@type": ["File", "SoftwareSourceCode", "SoftwareApplication"]} if is_stage else {}
    return crate.add_file(path, path, properties=_about(path) | kind)


def _add_elsewhere(crate: ROCrate, path: str, **properties: Any) -> Entity:
    """A file that the crate does not hold, known by its digest."""
    about = _about(path)
    return _add(crate, f"#sha256-{about['sha256']}", "CreativeWork", **about, **properties)


def _add(crate: ROCrate, identifier: str, kind: str, /, **properties: Any) -> Entity:
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _about(path: str) -> dict[str, Any]:
    """Name, digest, size and form of a file."""
    size = str(Path(path).stat().st_size)
    form = MEDIA.get(Path(path).suffix, "application/octet-stream" if path.endswith(ARRAYS) else "text/plain")
    return {"name": path, "sha256": sha256(Path(path)), "contentSize": size, "encodingFormat": form}


def _under(files: dict[str, Entity], folder: str) -> list[Entity]:
    return [entity for path, entity in files.items() if path.startswith(folder)]


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    what = "a .zip, which is replaced, or a folder that is not there yet"
    command.add_argument("--out", type=Path, required=True, help=what)
    return command.parse_args()


if __name__ == "__main__":
    run(main)
