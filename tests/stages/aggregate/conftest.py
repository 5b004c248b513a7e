"""Folders as the stages before aggregate leave them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from jointaware.artifacts.predictions import write_predictions
from jointaware.artifacts.records import write_record
from tests.people import seen
from tests.small import write_sequences
from tests.stages.aggregate.folder import ACTIONS, ROOT, start, write_run


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Path:
    """All that the stage reads, for the demo's experiments with two seeds, on two short sequences."""
    folder = tmp_path_factory.mktemp("inputs")
    parameters = YAML(typ="safe", pure=True).load((ROOT / "profiles/demo.yaml").read_text()) | {"seeds": [0, 1]}
    (folder / "params.yaml").write_text(json.dumps(parameters))
    same = {"subject": "S9", "subaction": "", "camera": "c", "frames": 3, "split": "test", "fps": 50.0}
    table = pd.DataFrame({**same, "action": ACTIONS, "start": [0, 3]})
    rng = np.random.default_rng(0)
    keypoints, root = rng.normal(size=(6, 17, 2)).astype(np.float32), np.tile(np.float32([0, 0, 5]), (6, 1))
    arrays = {"keypoints": keypoints, "joints": seen(6), "root": root}
    write_sequences(folder / "sequences.safetensors", table, arrays)
    write_record(folder / "record.json", made=[], made_from=[])
    for place, experiment in enumerate(parameters["experiments"]):
        for seed in parameters["seeds"]:
            write_predictions(folder / f"predictions/{experiment}/{seed}.safetensors", arrays["joints"], {})
            write_run(folder, experiment, seed, 50.0 - place / 3 + 2 * seed)
    return folder


@pytest.fixture(scope="module")
def outputs(inputs, tmp_path_factory) -> Path:
    """The same with all outputs, which the stage wrote once for all tests."""
    folder = tmp_path_factory.mktemp("outputs") / "folder"
    shutil.copytree(inputs, folder)
    start(folder)
    return folder


@pytest.fixture
def folder(inputs, tmp_path) -> Path:
    """A copy of the inputs, to spoil."""
    return shutil.copytree(inputs, tmp_path / "folder")


@pytest.fixture
def finished(outputs, tmp_path) -> Path:
    """A copy of inputs and outputs, to spoil."""
    return shutil.copytree(outputs, tmp_path / "folder")
