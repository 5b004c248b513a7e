"""The whole pipeline on tiny parameters in one process, for tests of what comes after it."""

import importlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from ruamel.yaml import YAML

from tests.house import ROOT

TINY = {
    "data": {"synthetic": {"frames": 30}},
    "preprocess": {"cameras": ["54138969", "55011271"], "subset": 0.5},
    "train": {"network": {"filter_widths": [3, 3]}, "channels": 8, "epochs": 2, "batch_size": 512},
    "smooth": {"window": 8, "width": 16, "epochs": 2, "batch_size": 16},
}


STUDY = "results/studies/cmu_full"
"""One of the studies in git, and a small one."""


def read_yaml(path: Path) -> dict:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def write_yaml(path: Path, value: object) -> None:
    yaml = YAML(pure=True)
    yaml.default_flow_style = False
    yaml.dump(value, path)


COMMANDS = read_yaml(ROOT / "dvc.yaml")["stages"]


def merge(parameters: dict, changes: dict) -> dict:
    return {
        key: merge(value, changes.get(key, {})) if isinstance(value, dict) else changes.get(key, value)
        for key, value in parameters.items()
    }


def tiny_parameters() -> dict:
    """The demo's parameters, tiny."""
    parameters = merge(read_yaml(ROOT / "profiles/demo.yaml"), TINY)
    for experiment in parameters["experiments"].values():
        if "channels" in experiment:
            experiment["channels"] = 4
    return parameters


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def command(stage: str, experiment: str = "") -> list[str]:
    """Arguments of a stage as dvc.yaml has them."""
    fields = COMMANDS[stage].get("do", COMMANDS[stage])
    _, _, module, *arguments = fields["cmd"].replace('"$DVC_STAGE"', f"{stage}@{experiment}").split()
    assert module == f"stages.{stage}"
    return arguments


def call(stage: str, *more: str, experiment: str = "") -> None:
    """Run a stage in the working folder by its command in dvc.yaml."""
    importlib.import_module(f"stages.{stage}").main([*command(stage, experiment), *more])


def train(experiment: str, seed: int) -> None:
    """Train one seed in this process: a process of its own for each takes longer to start than to train."""
    arguments = command("train")
    place = arguments.index("--stage")
    arguments[place : place + 2] = ["--experiment", experiment]
    arguments[arguments.index("--out") + 1] += f"/{experiment}/{seed}"
    importlib.import_module("stages.train").main([*arguments, "--seed", str(seed)])


def lay_out(folder: Path) -> None:
    """What the stages read of a checkout beside code."""
    for name in ("paper", "profiles", "bench/results"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / STUDY, folder / STUDY)
    write_yaml(folder / "params.yaml", tiny_parameters())


def run_everything(folder: Path, *, page: bool = False) -> None:
    """Everything up to the tables, in a folder that `lay_out` filled; so small a network is slower on two threads.

    page: also the report.
    """
    parameters = read_yaml(folder / "params.yaml")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with standing_in(folder):
        call("fetch")
        call("preprocess")
        for experiment in parameters["experiments"]:
            for seed in parameters["seeds"]:
                train(experiment, seed)
            call("predict", experiment=experiment)
            call("smooth", experiment=experiment)
            call("evaluate", experiment=experiment)
        call("aggregate")
        if page:
            call("report")
    torch.set_num_threads(threads)
