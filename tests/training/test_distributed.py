"""Two processes train the network that one trains, and only the first writes and speaks."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import nn

from jointaware.pose.normalisation import BatchNorm
from jointaware.training.distributed import ALONE, Processes
from tests.house import ROOT


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


@pytest.mark.slow
@pytest.mark.parametrize("windows", [5, 1])  # of one window the second process has none
def test_two_processes_train_what_one_trains(sequences, tmp_path, windows):
    parameters = yaml.safe_load((ROOT / "profiles/demo.yaml").read_text())
    parameters["train"] |= {"filter_widths": [3, 3], "epochs": 2, "batch_size": 33, "dropout": 0.0}
    parameters["experiments"]["joint_aware"] |= {"channels": 16, "windows": windows}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))
    stage = f"stages.train --params params.yaml --experiment joint_aware --seed 0 --sequences {sequences.path}"
    launched = "torch.distributed.run --standalone --nproc-per-node 2 -m"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for out, how in (("one", ""), ("two", launched)):
        command = [sys.executable, "-m", *f"{how} {stage} --out {out} --device cpu".split()]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("joint_aware-0 epoch 2/2: loss") == 1
    one, two = (load_file(tmp_path / out / "network.safetensors") for out in ("one", "two"))
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, rtol=1e-3, atol=1e-4, msg=name)
    one, two = (pd.read_csv(tmp_path / out / "history.csv").drop(columns="seconds") for out in ("one", "two"))
    pd.testing.assert_frame_equal(one, two, rtol=1e-4)
    assert json.loads((tmp_path / "two/run.json").read_text())["processes"] == 2
