"""Two processes train the network that one trains, and only rank 0 writes and logs."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from jointaware.pose.layers.normalisation import BatchNorm
from jointaware.training.distributed import ALONE, Processes
from stages import train
from tests.house import ROOT
from tests.training.small import small_parameters, write_yaml

CLIPS = (5, 1)
"""Numbers of clips in a batch; of one clip, the second process has none."""


def test_the_parts_of_all_processes_are_the_batch():
    for rows in (0, 1, 5, 8):
        batch = torch.arange(rows)
        assert torch.equal(torch.cat([Processes(rank, 3).part(batch) for rank in range(3)]), batch)


def test_alone_nothing_is_shared():
    network, total = nn.Sequential(BatchNorm(3)), torch.ones(2)
    ALONE.share_normalisation(network)
    ALONE.add_up(total)
    ALONE.wait()
    assert type(network[0]) is BatchNorm
    assert torch.equal(total, torch.ones(2))


def arguments(clips: int, out: str, sequences: os.PathLike) -> list[str]:
    given = f"--experiment joint_aware --seed 0 --device cpu --params {clips}.yaml --out {out}/{clips}"
    return [*given.split(), "--sequences", str(sequences), "--checkpoints", out, "--provenance", f"{out}/{clips}"]


@pytest.fixture(scope="module")
def trained(sequences, tmp_path_factory):
    """A folder with the same runs trained by one process and by two, and what the two printed."""
    folder = tmp_path_factory.mktemp("distributed")
    for clips in CLIPS:
        parameters = small_parameters()
        parameters["train"] |= {"channels": 16, "epochs": 2, "batch_size": 33, "dropout": 0.0}
        parameters["experiments"]["joint_aware"] |= {"clips": clips}
        write_yaml(folder / f"{clips}.yaml", parameters)
    calls = [arguments(clips, "two", sequences.path) for clips in CLIPS]
    (folder / "both.py").write_text(f"from stages import train\nfor call in {calls!r}:\n    train.main(call)\n")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "both"]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(launch, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before = os.getcwd()
    os.chdir(folder)
    try:
        for clips in CLIPS:
            train.main(arguments(clips, "one", sequences.path))
    finally:
        os.chdir(before)
    return folder, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("clips", CLIPS)
def test_two_processes_train_what_one_trains(trained, clips):
    folder, _ = trained
    one, two = (load_file(folder / out / str(clips) / "network.safetensors") for out in ("one", "two"))
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, rtol=1e-3, atol=1e-4, msg=name)
    one, two = (pd.read_csv(folder / out / str(clips) / "history.csv") for out in ("one", "two"))
    pd.testing.assert_frame_equal(one, two, rtol=1e-4)
    assert json.loads((folder / f"two/{clips}/joint_aware-0.json").read_text())["processes"] == 2


@pytest.mark.slow
def test_only_rank_0_logs(trained):
    _, errors = trained
    assert errors.count("joint_aware-0 epoch 2/2: loss") == len(CLIPS)
