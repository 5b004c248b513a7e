"""The stages with a network that lifts clips: killed, resumed, applied and scored as the first network is."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from jointaware.artifacts.files import sha256
from jointaware.artifacts.network_files import read_network
from jointaware.artifacts.predictions import read_predictions
from jointaware.errors import InputError
from jointaware.pose.lifting import lift
from stages import evaluate, predict, train
from tests.house import ROOT
from tests.training.small import small_parameters, with_transformer, write_yaml

KILLED = """
import os, signal
from jointaware.training.trainer import Trainer
from stages import train

step, steps = Trainer.step, []

def stop_in_the_second_epoch(self, *arguments, **keywords):
    steps.append(1)
    if len(steps) == len(self.batches) + 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, *arguments, **keywords)

Trainer.step = stop_in_the_second_epoch
train.main()
"""


@pytest.fixture
def given(sequences, tmp_path, monkeypatch) -> list[str]:
    """A working folder with parameters, and the arguments that all stages have."""
    monkeypatch.chdir(tmp_path)
    write_yaml(tmp_path / "params.yaml", with_transformer(small_parameters()))
    return ["--params", "params.yaml", "--sequences", str(sequences.path), "--device", "cpu"]


def arguments(out: str) -> list[str]:
    return ["--experiment", "transformer", "--seed", "0", "--out", out, "--checkpoints", f"{out}-checkpoints"]


def start(*command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)


def test_a_killed_training_resumes_to_the_same_bytes(given, tmp_path):
    killed = start("-c", KILLED, *given, *arguments("resumed"))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "resumed").exists()
    resumed = start("-m", "stages.train", *given, *arguments("resumed"))
    assert "transformer-0: resuming after epoch 1 of 3\n" in resumed.stderr
    train.main([*given, *arguments("whole")])
    for name in ("network.safetensors", "history.csv", "run.json"):
        assert (tmp_path / "resumed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_its_predictions_are_those_of_overlapping_clips_and_are_scored(given, sequences, tmp_path):
    train.main([*given, *arguments("model")])
    network = tmp_path / "model/network.safetensors"
    predict.main([*given, "--network", str(network), "--out", "mine.safetensors"])
    parameters = [argument for argument in given if argument not in ("--device", "cpu")]
    evaluate.main([*parameters, "--predictions", "mine.safetensors", "--out", "scores"])
    found = torch.from_numpy(read_predictions(Path("mine.safetensors"), sequences))
    keypoints = torch.from_numpy(sequences.read("keypoints", "test"))
    assert len(keypoints) > read_network(network).output_frames
    with torch.no_grad():
        expected = lift(read_network(network), keypoints, use_flip=True)
    torch.testing.assert_close(found, expected)
    assert json.loads(Path("scores/metrics.json").read_text())
    record = json.loads(Path("model/run.json").read_text())
    assert record["network_sha256"] == sha256(network)
    assert record["parameters"]["network"]["frames"] == 9


def test_an_experiment_whose_checkpoint_is_the_other_networks_is_refused(given, tmp_path):
    train.main([*given, *arguments("model")])
    parameters = small_parameters()
    parameters["experiments"]["transformer"] = {"checkpoint": "model/network.safetensors"}
    write_yaml(tmp_path / "params.yaml", parameters)
    with pytest.raises(InputError, match="found a network spatiotemporal_transformer, expected temporal_convolutional"):
        train.main([*given, *arguments("other")])
