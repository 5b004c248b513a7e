"""The number of threads is part of what a run is (train.threads): the user's environment changes no byte."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.house import ROOT
from tests.small import make_sequences
from tests.training.small import small_parameters, write_yaml

STAGES = """
import sys
from stages import train, predict, evaluate
given = ["--params", "params.yaml", "--sequences", "sequences.safetensors"]
train.main([*given, "--experiment", "wide", "--seed", "0", "--out", "model", "--device", "cpu"])
predict.main([*given, "--network", "model/network.safetensors", "--out", "joints.safetensors", "--device", "cpu"])
evaluate.main([*given, "--predictions", "joints.safetensors", "--out", "scores"])
"""
ENVIRONMENTS = (
    {},
    dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "JOINTAWARE_CORES"), "2"),
)


@pytest.mark.slow
def test_threads_are_a_parameter_and_the_environment_changes_no_byte(tmp_path):
    parameters = small_parameters()
    parameters["train"] |= {"channels": 128, "batch_size": 256, "epochs": 1}
    made = []
    for number, (threads, environment) in enumerate([*((1, each) for each in ENVIRONMENTS), (2, {})]):
        folder = tmp_path / str(number)
        make_sequences(folder / "sequences.safetensors", frames=(120, 60, 40, 60))
        parameters["train"]["threads"] = threads
        write_yaml(folder / "params.yaml", parameters)
        clean = {key: value for key, value in os.environ.items() if key not in ENVIRONMENTS[1]}
        command = [sys.executable, "-c", STAGES]
        environment = clean | {"PYTHONPATH": str(ROOT)} | environment
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads((folder / "model/run.json").read_text())["parameters"]["threads"] == threads
        files = (path for path in folder.rglob("*") if path.suffix in (".safetensors", ".csv", ".json"))
        written = {path.relative_to(folder): path.read_bytes() for path in files if "provenance" not in path.parts}
        made.append((written, {path.name for path in (folder / ".checkpoints").iterdir()}))
    (one, checkpoint), (again, same_checkpoint), (other, another_checkpoint) = made
    assert len(one) > 15
    assert (one, checkpoint) == (again, same_checkpoint)
    assert checkpoint != another_checkpoint
    network = next(path for path in one if path.name == "network.safetensors")
    assert one[network] != other[network], "two threads add up in another order: without them nothing is tested here"


@pytest.mark.parametrize(
    "name", ["MKL_NUM_THREADS", "MKL_DOMAIN_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
)
def test_a_stage_that_never_trains_has_one_thread_too(name):
    value = "MKL_DOMAIN_ALL=3" if "DOMAIN" in name else "3"
    code = "import stages, torch; torch.ones(500, 500) @ torch.ones(500, 500); print(torch.__config__.parallel_info())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {name: value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"mkl_get_max_threads\(\) : 1$", done.stdout, re.MULTILINE)
    assert re.search(r"omp_get_max_threads\(\) : 1$", done.stdout, re.MULTILINE)
