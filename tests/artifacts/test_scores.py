"""The results of all runs: gathered in the order of the parameters, and the stage to rerun for what is missing."""

import math
import shutil

import pandas as pd
import pytest

from jointaware.artifacts.files import write_json, write_table
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.parameters import load
from jointaware.artifacts.predictions import FILTERS
from jointaware.artifacts.provenance import provenance, write_provenance
from jointaware.artifacts.records import write_record
from jointaware.artifacts.scores import (
    JOINT_METRICS,
    MOTIONS,
    Run,
    leftovers,
    read_scores,
    records,
    runs_of,
)
from jointaware.errors import InputError
from jointaware.pose.skeleton import JOINTS
from tests.house import ROOT

RUNS = [Run("wide", 1), Run("null", 0)]
ACTIONS = ["Walking", "NA"]


def trained(run):
    """What aggregate reads of the record of a training."""
    return {
        "experiment": run.experiment,
        "seed": run.seed,
        "weights": 1000,
        "sequences_sha256": "s",
        "network_sha256": "n",
        "history_sha256": "h",
    }


def write_run(folder, run, error_mm):
    scores, model = folder / "runs" / run.path, folder / "models" / run.path
    values = dict.fromkeys(METRICS, error_mm)
    write_table(scores / "by_action.csv", pd.DataFrame([{"action": action} | values for action in sorted(ACTIONS)]))
    keys = {"subject": "S9", "action": ACTIONS, "subaction": "", "camera": "c", "frames": 3}
    for variant in (scores, *(scores / name for name in FILTERS)):
        write_json(variant / "metrics.json", values)
        write_table(variant / "by_sequence.csv", pd.DataFrame(keys | values))
    measured = dict.fromkeys(CONSTRAINTS, 1.0)
    write_table(scores / "constraints.csv", pd.DataFrame([{"motion": motion} | measured for motion in MOTIONS]))
    per_joint = dict.fromkeys(JOINT_METRICS, error_mm)
    write_table(scores / "by_joint.csv", pd.DataFrame([{"joint": joint} | per_joint for joint in JOINTS]))
    epochs = {
        "epoch": [1, 2],
        "loss": [0.2, 0.1],
        "train_mpjpe_mm": [200.0, 100.0],
        "held_out_mpjpe_mm": [math.nan] * 2,
    }
    write_table(model / "history.csv", pd.DataFrame(epochs))
    write_json(model / "run.json", trained(run) | {"network_sha256": run.name})
    write_record(scores / "record.json", made=[], made_from=[])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Results of all runs; the provenance of one is that of another network."""
    folder = tmp_path_factory.mktemp("finished")
    for place, run in enumerate(RUNS):
        write_run(folder, run, 50.0 + place)
    write_record(folder / "record.json", made=[], made_from=[])
    made = provenance("wide-1", device="cpu", threads=1, processes=1, epoch_seconds=(1.0, 2.5))
    write_provenance(folder / "provenance/wide-1.json", made)
    write_provenance(folder / "provenance/null-0.json", made.model_copy(update={"network_sha256": "another"}))
    return folder


@pytest.fixture
def folder(finished, tmp_path):
    """A copy of them to spoil."""
    return shutil.copytree(finished, tmp_path / "copy")


def read(folder, runs=RUNS, actions=ACTIONS):
    return read_scores(runs, folder / "runs", folder / "models", folder / "provenance", actions)


def test_runs_are_experiments_with_seeds_in_the_order_of_the_parameters():
    runs = runs_of(load(ROOT / "profiles/demo.yaml"))
    assert [run.name for run in runs[:3]] == ["baseline-0", "baseline-1", "wide-0"]
    assert runs[2].path.as_posix() == "wide/0"


def test_tables_are_gathered_in_the_order_of_runs_and_of_names(folder):
    scores = read(folder)
    assert scores.averages[["experiment", "seed", "mpjpe_mm"]].values.tolist() == [["wide", 1, 50.0], ["null", 0, 51.0]]
    assert scores.actions["action"].tolist() == [*ACTIONS, *ACTIONS]
    assert list(scores.actions.columns) == ["experiment", "seed", "action", *METRICS]
    assert list(scores.joints.columns) == ["experiment", "seed", "joint", *JOINT_METRICS]
    assert scores.constraints["motion"].tolist() == [*MOTIONS, *MOTIONS]
    assert scores.history["epoch"].tolist() == [1, 2, 1, 2]
    assert scores.filtered_sequences["frames"].tolist() == [3] * 8


def test_the_cost_of_a_training_is_that_of_its_very_network(folder):
    wide, null = read(folder).records.to_dict("records")
    assert (wide["seconds"], wide["device"], wide["epochs"], wide["weights"]) == (3.5, "cpu", 2, 1000)
    assert (math.isnan(null["seconds"]), null["device"]) == (True, "")


def test_a_network_trained_elsewhere_has_no_epochs(folder):
    model = folder / "models/null/0"
    write_table(model / "history.csv", pd.read_csv(model / "history.csv").iloc[:0])
    with pytest.raises(InputError, match=r"history\.csv: no rows; run `dvc repro train@null`"):
        read(folder)
    write_json(model / "run.json", trained(RUNS[1]) | {"checkpoint": {"path": "x.bin", "sha256": "0"}})
    assert read(folder).records["epochs"].tolist() == [2, 0]
    assert read(folder).history["experiment"].tolist() == ["wide", "wide"]


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        *((f"runs/wide/1/{name}", "evaluate@wide") for name in ("metrics.json", "by_action.csv", "by_joint.csv")),
        *((f"runs/wide/1/{name}", "evaluate@wide") for name in ("constraints.csv", "smoothed/by_sequence.csv")),
        ("models/null/0/run.json", "train@null"),
        ("models/null/0/history.csv", "train@null"),
    ],
)
@pytest.mark.parametrize("content", [None, "", "{}", "a,b\n", "\x00"])
def test_what_is_missing_or_unreadable_is_named_with_its_stage(folder, file, stage, content):
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_text(content)
    with pytest.raises(InputError, match=f"^{folder / file}: .*; run `dvc repro {stage}`$") as caught:
        read(folder)
    assert ("missing;" in str(caught.value)) == (content is None)


def test_scores_of_other_test_data_are_refused(folder):
    with pytest.raises(InputError, match=r"action NA occurs twice, or is not in both .*evaluate@wide"):
        read(folder, actions=["Walking", "Sitting"])


def test_records_are_those_of_the_sequences_and_of_every_run(folder):
    found = records(RUNS, folder / "runs", folder / "models", folder / "sequences.safetensors")
    assert [path.relative_to(folder).as_posix() for path in found][:3] == [
        *("record.json", "runs/wide/1/record.json", "models/wide/1/run.json"),
    ]
    (folder / "runs/null/0/record.json").unlink()
    with pytest.raises(InputError, match=r"null/0/record\.json: missing; run `dvc repro evaluate@null`"):
        records(RUNS, folder / "runs", folder / "models", folder / "sequences.safetensors")


def test_what_belongs_to_no_run_is_left_over(tmp_path):
    for path in ("models/wide/1", "models/wide/2", "models/gone/0", "predictions/null"):
        (tmp_path / path).mkdir(parents=True)
    for path in ("models/.gitignore", "predictions/null/0.safetensors", "predictions/null/1.safetensors"):
        (tmp_path / path).touch()
    found = leftovers(RUNS, tmp_path / "models", tmp_path / "predictions", tmp_path / "absent")
    expected = ["models/gone", "models/wide/2", "predictions/null/1.safetensors"]
    assert [path.relative_to(tmp_path).as_posix() for path in found] == expected
