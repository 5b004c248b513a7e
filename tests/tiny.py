"""The whole pipeline on tiny parameters in one process, for tests of what comes after it."""

import importlib
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import torch
import yaml

from tests.house import ROOT

TINY = {
    "data": {"synthetic": {"frames": 30}},
    "preprocess": {"cameras": ["54138969", "55011271"]},
    "train": {"filter_widths": [3, 3], "epochs": 2},
}
COMMANDS = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def merge(parameters: dict, changes: dict) -> dict:
    return {
        key: merge(value, changes.get(key, {})) if isinstance(value, dict) else changes.get(key, value)
        for key, value in parameters.items()
    }


def tiny_parameters() -> dict:
    """The demo's parameters, tiny."""
    parameters = merge(yaml.safe_load((ROOT / "profiles/demo.yaml").read_text()), TINY)
    for experiment in parameters["experiments"].values():
        experiment["channels"] = 8
    return parameters


@contextmanager
def standing_in(folder: Path):
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def call(stage: str, **item: object) -> None:
    """Run a stage in the working folder by its command in dvc.yaml."""
    command = COMMANDS[stage].get("do", COMMANDS[stage])["cmd"]
    for key, value in item.items():
        command = command.replace(f"${{item.{key}}}", str(value))
    _, _, module, *arguments = command.split()
    before = sys.argv
    sys.argv = [module, *arguments]
    try:
        importlib.import_module(module).main()
    finally:
        sys.argv = before


def lay_out(folder: Path) -> None:
    """What of a checkout the stages read that is not code."""
    for name in ("paper", "profiles", "bench/results"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "params.yaml").write_text(yaml.safe_dump(tiny_parameters(), sort_keys=False))


def run_everything(folder: Path) -> None:
    """Everything up to the tables, in a folder that `lay_out` filled; so small a network is slower on two threads."""
    parameters = yaml.safe_load((folder / "params.yaml").read_text())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with standing_in(folder):
        call("fetch")
        call("preprocess")
        for experiment in parameters["experiments"]:
            for seed in parameters["seeds"]:
                for stage in ("train", "predict", "evaluate"):
                    call(stage, experiment=experiment, seed=seed)
        call("aggregate")
    torch.set_num_threads(threads)
