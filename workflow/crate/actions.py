"""What was run, as the profile Provenance Run Crate tells it.

A stage of dvc.yaml is a step of the workflow, and its program is the step's tool. Each execution is an action of that
tool; a control action ties it to its step, and one organizing action says that DVC started them all.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from jointaware.artifacts.files import read_yaml
from jointaware.artifacts.provenance import Provenance
from jointaware.artifacts.records import Manifest, TrainingRecord, read_record
from jointaware.artifacts.scores import Run
from jointaware.lineage.chain import Places, find_provenance
from jointaware.lineage.describe import made
from workflow.crate.entities import MANIFEST, PARAMS, REPORT, SEQUENCES, WORKFLOW, add, add_elsewhere, one_or_all, under

PLACES = Places()
SECOND = "https://qudt.org/vocab/unit/SEC"
DURATION = "https://schema.org/duration"


class Training(NamedTuple):
    """A run, the weights of its network, and where and when that was trained, if known."""

    run: Run
    weights: int
    provenance: Provenance | None


def read_training(each: Run) -> Training:
    """A run with its number of weights, and its provenance where that was recorded."""
    record = read_record(PLACES.model(each) / "run.json", TrainingRecord, f"train@{each.experiment}")
    return Training(each, record.weights, find_provenance(PLACES, each))


def add_actions(crate: ROCrate, trainings: list[Training], files: dict[str, Entity], manifest: Manifest) -> None:
    """All stages as steps of the main workflow and all their executions as actions."""
    licence = add(crate, "#licence-of-the-motion", "CreativeWork", name=manifest.licence)
    what = f"motion from {manifest.source}; {MANIFEST} has the digest of each file it was made from"
    motion = add_elsewhere(crate, SEQUENCES, description=what, license=licence)
    steps = _Steps(crate, files)
    steps.ran("fetch", "", [], [files[MANIFEST]])
    steps.ran("preprocess", "", [files[MANIFEST]], [motion])
    for training in trainings:
        _add_run(steps, training, files, motion)
    scores = under(files, "results/runs/")
    tables = [
        entity
        for path, entity in files.items()
        if path.startswith("results/") and not path.startswith(("results/runs/", "results/provenance/", REPORT))
    ]
    report = files.get(REPORT) or add_elsewhere(crate, REPORT, description="the report, with poses", license=licence)
    steps.ran("aggregate", "", [motion, *scores, *under(files, "paper/")], tables)
    steps.ran("report", "", [motion, *scores, *tables, *under(files, "paper/")], [report])
    whole = crate.add_action(
        crate.mainEntity, "#reproduction",
        object=[files[PARAMS], files[MANIFEST], motion, *under(files, "paper/")], result=under(files, "results/"),
        properties={"name": "all stages under DVC", "description": "dvc.lock has command and digests of each"},
    )  # fmt: skip
    add(
        crate, "#dvc-repro", "OrganizeAction", name="dvc repro",
        instrument=crate.get(f"#DVC-{version('dvc')}"), object=steps.controls, result=whole,
    )  # fmt: skip


class _Steps:
    """The steps of the workflow, in the order of dvc.yaml, and what ran of each."""

    def __init__(self, crate: ROCrate, files: dict[str, Entity]) -> None:
        self.crate, self._params = crate, files[PARAMS]
        self.controls: list[Entity] = []
        stages: Any = read_yaml(Path(WORKFLOW))
        self._tools = {stage: files[f"stages/{stage}.py"] for stage in stages["stages"]}
        self._steps = {
            stage: add(
                crate, f"#step-{stage}", "HowToStep", name=stage, position=str(position),
                description=fields.get("do", fields)["desc"], workExample=self._tools[stage],
            )
            for position, (stage, fields) in enumerate(stages["stages"].items(), 1)
        }  # fmt: skip
        crate.mainEntity["hasPart"] = list(self._tools.values())
        crate.mainEntity["step"] = list(self._steps.values())

    def ran(self, stage: str, run: str, read: list[Entity], written: list[Entity], **properties: Any) -> None:
        """Add an execution of a stage, for one run (empty: for all)."""
        place, name = (f"{stage}-{run}", f"{stage}@{run}") if run else (stage, stage)
        action = self.crate.add_action(
            self._tools[stage], f"#{place}", object=one_or_all([self._params, *read]), result=one_or_all(written),
            properties={"@type": "CreateAction", "name": name, **properties},
        )  # fmt: skip
        control = {"name": f"start {name}", "instrument": self._steps[stage], "object": action}
        self.controls.append(add(self.crate, f"#start-{place}", "ControlAction", **control))


def _add_run(steps: _Steps, training: Training, files: dict[str, Entity], motion: Entity) -> None:
    """Training, prediction, smoothing and scoring of one run, each as an action."""
    each = training.run
    model, scores = PLACES.model(each).as_posix(), PLACES.scores(each).as_posix()
    network, predictions, smoother, smoothed = (
        add_elsewhere(steps.crate, path.as_posix(), description=what, license=motion["license"])
        for path, what in (
            (PLACES.network(each), f"network of {training.weights:,} weights"),
            (PLACES.prediction(each), "predicted joints of the test sequences"),
            (PLACES.smoother(each), "learned smoother of its predictions"),
            (PLACES.smoothed(each), "predicted joints of the test sequences, after the learned smoother"),
        )
    )
    cost = _cost(steps.crate, training)
    steps.ran("train", each.name, [motion], [network, *under(files, f"{model}/")], **cost)
    steps.ran("predict", each.name, [motion, network], [predictions])
    steps.ran("smooth", each.name, [motion, network, predictions], [smoother, smoothed])
    steps.ran("evaluate", each.name, [motion, predictions, smoothed], under(files, f"{scores}/"))


def _cost(crate: ROCrate, training: Training) -> dict[str, Any]:
    """Seed, machine, commit and duration of a training, as far as recorded."""
    each, provenance = training.run, training.provenance
    properties: dict[str, Any] = {"description": f"seed {each.seed}, {made(provenance)}"}
    if provenance:
        seconds = {"name": "duration of training", "value": str(provenance.seconds), "unitText": "seconds"}
        seconds |= {"propertyID": DURATION, "unitCode": SECOND}
        properties["resourceUsage"] = add(crate, f"#seconds-of-{each.name}", "PropertyValue", **seconds)
    return properties
