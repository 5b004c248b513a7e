"""profiles/paper.yaml from raw files to tables, on small made-up files in every form that people have of Human3.6M.

Widths, epochs, channels and windows are turned down; all else is as in the profile.
"""

import json
import runpy
import sys

import numpy as np
import pandas as pd
import pytest
import yaml

from jointaware.artifacts.files import sha256
from jointaware.mocap.h36m.takes import ACTIONS
from tests.house import ROOT
from tests.mocap.h36m_files import WRITERS
from tests.stages.test_preprocess_h36m import standing, write_detections

STEMS = tuple({"Photo": "TakingPhoto", "WalkDog": "WalkingDog 1"}.get(action, action) for action in ACTIONS)
TINY = {"filter_widths": [3, 3], "epochs": 1, "batch_size": 256}
EXPERIMENTS = ("baseline", "wide", "wide_windows", "joint_aware")


@pytest.fixture(scope="module")
def digests() -> dict[str, str]:
    """SHA-256 of the sequences that each form gave."""
    return {}


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    """Run all stages on the files in licensed/."""
    parameters = yaml.safe_load((ROOT / "profiles/paper.yaml").read_text())
    parameters["train"] |= TINY
    parameters["seeds"] = [0]
    for experiment in parameters["experiments"].values():
        experiment["channels"] //= 256
        experiment["warm_up_epochs"] = 0
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))
    (tmp_path / "licensed").mkdir()
    monkeypatch.chdir(tmp_path)
    params, sequences = "--params params.yaml", "--sequences data/sequences.safetensors"

    def stage(arguments: str) -> None:
        name, *rest = arguments.split()
        monkeypatch.setattr(sys, "argv", [name, *rest])
        runpy.run_module(f"stages.{name}", run_name="__main__", alter_sys=True)

    def run() -> None:
        raw = "--raw data/raw --manifest data/manifest.json"
        stage(f"fetch {params} {raw}")
        stage(f"preprocess {params} {raw} {sequences} --cameras data/cameras.json")
        for experiment in EXPERIMENTS:
            run, joints = f"{experiment}-0", f"predictions/{experiment}-0.safetensors"
            stage(f"train {params} --experiment {experiment} --seed 0 {sequences} --out models/{run} --device cpu")
            stage(
                f"predict {params} {sequences} --network models/{run}/network.safetensors --out {joints} --device cpu"
            )
            stage(f"evaluate {params} {sequences} --predictions {joints} --out results/runs/{run}")
        folders = "--models models --predictions predictions --runs results/runs"
        stage(f"aggregate {params} {sequences} {folders} --paper {ROOT / 'paper'} --out results")

    return run


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")  # run_module on what tests have imported
@pytest.mark.parametrize("form", WRITERS)
def test_the_papers_parameters_run_to_the_tables_from_every_form(form, pipeline, digests, tmp_path):
    motion = standing(STEMS)
    WRITERS[form](tmp_path / "licensed", motion)
    write_detections(tmp_path / "licensed", motion)
    pipeline()
    digests[form] = sha256(tmp_path / "data/sequences.safetensors")
    assert len(set(digests.values())) == 1

    table = pd.read_csv(tmp_path / "data/sequences.csv", keep_default_na=False)
    assert table.groupby("split").size().to_dict() == {"train": 5 * 15 * 4, "test": (2 * 15 - 1) * 4}
    metrics = json.loads((tmp_path / "results/metrics.json").read_text())
    assert list(metrics) == list(EXPERIMENTS)
    assert np.isfinite([value for row in metrics.values() for value in row.values()]).all()
    protocol1 = pd.read_csv(tmp_path / "results/tables/protocol1.csv")
    assert list(protocol1.columns[4:-1]) == list(ACTIONS)
    assert set(protocol1["row"]) == {"Pavllo et al. 2019", "Gupta 2020", *EXPERIMENTS}
