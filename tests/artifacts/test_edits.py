"""Edits of params.yaml by `dvc exp run -S`, as the README shows them: they rerun one experiment and name one knob."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from jointaware.artifacts.parameters import load
from tests.house import ROOT

CHAIN = {"train": "params.yaml", "predict": "train", "smooth": "predict", "evaluate": "smooth"}
"""Stages of an experiment; each writes what its command sees of the one before it."""


def call(*command):
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository with the demo's parameters, whose stages have the real parameters and echo for a command."""
    monkeypatch.chdir(tmp_path)
    yaml = YAML(typ="safe", pure=True)
    stages = yaml.load(ROOT / "dvc.yaml")["stages"]
    echoes = {}
    for stage, source in CHAIN.items():
        before = source if "." in source else f"{source}-${{key}}"
        echo = {
            "cmd": f"echo {stage} ${{key}} >> ran.txt; sha256sum {before} > {stage}-${{key}}",
            "params": stages[stage]["do"]["params"],
            "outs": [f"{stage}-${{key}}"],
        }
        echoes[stage] = {
            "foreach": stages[stage]["foreach"],
            "do": echo | ({} if "." in source else {"deps": [before]}),
        }
    with Path("dvc.yaml").open("w") as file:
        yaml.dump({"stages": echoes}, file)
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    Path(".gitignore").write_text("ran.txt\n")
    call("git", "init", "--quiet")
    call("git", "config", "user.name", "a")
    call("git", "config", "user.email", "a@b")
    call("dvc", "init", "--quiet")
    call("dvc", "repro", "--quiet")
    call("git", "add", "--all")
    call("git", "commit", "--quiet", "--message", "first")
    return tmp_path


def reran(edit):
    """The stages that an experiment with one more edit runs."""
    Path("ran.txt").unlink()
    call("dvc", "exp", "run", "--quiet", "-S", edit)
    return Path("ran.txt").read_text().splitlines()


def knobs():
    """Every parameter that differs from the commit, with its value."""
    found = json.loads(call("dvc", "params", "diff", "--json")).get("params.yaml", {})
    return {key: change["new"] for key, change in found.items()}


@pytest.mark.slow
def test_an_edit_names_one_knob_and_reruns_one_experiment(checkout):
    name, experiment = "joint_aware", "experiments.joint_aware"
    stages = [f"{stage} {name}" for stage in CHAIN]
    assert reran(f"{experiment}.losses.velocity=0.00002") == stages
    assert "velocity: 2e-05" in Path("params.yaml").read_text()
    assert load(Path("params.yaml")).experiments[name].losses["velocity"] == 0.00002
    assert reran(f"+{experiment}.epochs=3") == stages
    assert load(Path("params.yaml")).experiments[name].epochs == 3
    assert reran(f"~{experiment}.losses.acceleration") == stages
    assert "acceleration" not in load(Path("params.yaml")).experiments[name].losses
    assert knobs() == {
        f"{experiment}.losses.velocity": 0.00002,
        f"{experiment}.epochs": 3,
        f"{experiment}.losses.acceleration": None,
    }
    assert "# twice the channels, to separate width from losses" in Path("params.yaml").read_text()
