"""profiles/paper.yaml from raw files to tables, on small made-up files in every form that people have of Human3.6M.

Filter widths, epochs, channels and warm-up are turned down; all else is as in the profile.
"""

import importlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jointaware.artifacts.files import sha256
from jointaware.mocap.actions import ACTIONS
from tests.house import ROOT
from tests.mocap.h36m_files import WRITERS
from tests.stages.test_preprocess_h36m import standing, write_detections
from tests.tiny import read_yaml, write_yaml

STEMS = tuple({"Photo": "TakingPhoto", "WalkDog": "WalkingDog 1"}.get(action, action) for action in ACTIONS)
RAW = "--params params.yaml --raw data/raw --manifest data/manifest.json"
SEQUENCES = "--sequences data/sequences.safetensors"


@pytest.fixture(scope="module")
def digests() -> dict[str, str]:
    """SHA-256 of the sequences by the form they were read from."""
    return {}


@pytest.fixture
def parameters(tmp_path, monkeypatch) -> dict:
    """The profile, tiny, as params.yaml of the working folder."""
    monkeypatch.chdir(tmp_path)
    parameters = read_yaml(ROOT / "profiles/paper.yaml")
    parameters["seeds"] = [0]
    parameters["train"]["network"]["filter_widths"] = [3, 3]
    parameters["train"] |= {"epochs": 1, "batch_size": 256}
    parameters["smooth"] |= {"window": 8, "width": 8, "epochs": 1}
    for settings in (parameters["train"], *parameters["experiments"].values()):
        if "channels" in settings:
            settings["channels"] //= 256
        if "warm_up_epochs" in settings:
            settings["warm_up_epochs"] = 0
    write_yaml(tmp_path / "params.yaml", parameters)
    return parameters


def stage(arguments: str) -> None:
    name, *rest = arguments.split()
    importlib.import_module(f"stages.{name}").main(rest)


def preprocess(form: str) -> None:
    """Write Human3.6M in one form to licensed/ of the working folder and bring it to sequences."""
    licensed = Path("licensed")
    licensed.mkdir()
    motion = standing(STEMS)
    WRITERS[form](licensed, motion)
    write_detections(licensed, motion)
    stage(f"fetch {RAW}")
    stage(f"preprocess {RAW} {SEQUENCES} --cameras data/cameras.json")


@pytest.mark.parametrize("form", WRITERS)
def test_every_form_gives_the_papers_sequences(form, parameters, digests):
    preprocess(form)
    digests[form] = sha256(Path("data/sequences.safetensors"))
    assert len(set(digests.values())) == 1
    table = pd.read_csv("data/sequences.csv", keep_default_na=False)
    assert table.groupby("split").size().to_dict() == {"train": 5 * 15 * 4, "test": (2 * 15 - 1) * 4}


def test_the_papers_parameters_run_to_the_tables(parameters):
    preprocess("npz")
    for name in parameters["experiments"]:
        out = f"--out models/{name}/0 --provenance results/provenance --device cpu"
        stage(f"train --params params.yaml --experiment {name} --seed 0 {SEQUENCES} {out}")
        files = f"--network models/{name} --out predictions/{name} --device cpu"
        stage(f"predict --params params.yaml {SEQUENCES} {files}")
        files = f"--models models/{name} --predictions predictions/{name} --out smoothers/{name} --device cpu"
        stage(f"smooth --params params.yaml {SEQUENCES} {files}")
        files = f"--predictions predictions/{name} --smoothers smoothers/{name}"
        out = f"--out results/runs/{name} --frame-errors frame_errors/{name}"
        stage(f"evaluate --params params.yaml {SEQUENCES} {files} {out}")
    folders = "--models models --predictions predictions --smoothers smoothers --runs results/runs"
    stage(f"aggregate --params params.yaml {SEQUENCES} {folders} --paper {ROOT / 'paper'} --out results")

    metrics = json.loads(Path("results/metrics.json").read_text())
    assert list(metrics) == list(parameters["experiments"])
    assert np.isfinite([value for row in metrics.values() for value in row.values()]).all()
    protocol1 = pd.read_csv("results/tables/protocol1.csv")
    assert list(protocol1.columns[4:-1]) == list(ACTIONS)
    assert set(protocol1["row"]) == {"Pavllo et al. 2019", "Gupta 2020", *parameters["experiments"]}
    assert not list(Path("results").rglob("skeleton.*")), "git may be published, and holds no pose of Human3.6M"
