"""Checkpoints as people have them: read without training, whatever stands beside the weights; nothing is executed."""

import argparse
import collections
import datetime
import enum
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
import torch

from jointaware.pose.network import from_videopose3d
from tests.training.pretrained.reading import Foreign, assert_equal, read


class Color(enum.Enum):
    RED = 1


def beside(path):
    """What scripts save beside the weights; none of it is needed."""
    weight = torch.nn.Parameter(torch.ones(2))
    weight.grad = torch.ones(2)
    optimizer = torch.optim.Adam([weight], amsgrad=True)
    optimizer.step()
    return {
        "epoch": 80,
        "lr": np.float32(1e-3),
        "min_loss": np.float64(4.5),
        "random_state": np.random.RandomState(1234),
        "optimizer": optimizer.state_dict(),
        "args": argparse.Namespace(folder=Path("checkpoints"), other=PureWindowsPath("c:/")),
        "saved": datetime.datetime(2018, 11, 20),
        "losses": collections.defaultdict(list, train=[0.1]),
        "set": {1, 2},
        "color": Color.RED,
        "cuda_state": torch.Generator().get_state(),
        "device": torch.device("cpu"),
        "function": torch.nn.functional.relu,
        "bytes": bytearray(b"x"),
        5: "a key that is no string",
        "never": Foreign(path / "made"),
    }


@pytest.mark.parametrize("protocol", [2, 5])
@pytest.mark.parametrize("zipped", [True, False])
def test_what_stands_beside_the_weights_is_ignored_and_never_executed(state, tmp_path, zipped, protocol):
    path = tmp_path / "checkpoint.bin"
    content = beside(tmp_path) | {"model_pos": state}
    torch.save(content, path, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
    assert_equal(read(path), from_videopose3d(state))
    assert not (tmp_path / "made").exists()


def prefixed(state, prefix):
    return {f"{prefix}{key}": value for key, value in state.items()}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "arrange",
    [
        lambda state: {"model_pos": prefixed(state, "module.")},
        lambda state: {"model_pos": prefixed(state, "_orig_mod.")},
        lambda state: {"model_pos": prefixed(state, "_orig_mod.module.")},
        lambda state: {"model_pos": prefixed(state, "module._orig_mod.")},
        lambda state: {"model_pos": {key: value for key, value in state.items() if "num_batches" not in key}},
        lambda state: {"model_pos": {key: value.double() for key, value in state.items()}},
        lambda state: {"model_pos": dict(from_parameters(state))},
        lambda state: {"model_pos": state, "model_traj": state | {"shrink.bias": torch.zeros(3)}},
        lambda state: {"epoch": 80, "state_dict": prefixed(state, "model.")},
        lambda state: collections.OrderedDict(state),
        lambda state: prefixed(state, "module."),
    ],
    ids=(
        "DataParallel",
        "compile",
        "compile of DDP",
        "DDP of compile",
        "PyTorch 0.4",
        "float64",
        "parameters",
        "trajectory model beside",
        "Lightning",
        "state dictionary alone",
        "state dictionary of DataParallel",
    ),
)
def test_checkpoints_as_people_have_them_are_read(state, tmp_path, arrange, zipped):
    path = tmp_path / "checkpoint.bin"
    torch.save(arrange(state), path, _use_new_zipfile_serialization=zipped)
    assert_equal(read(path), from_videopose3d(state))


def from_parameters(state):
    for key, value in state.items():
        yield key, torch.nn.Parameter(value) if value.is_floating_point() else value


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_weights_are_read_as_they_are(state, tmp_path, dtype):
    half = {key: value.to(dtype) if value.is_floating_point() else value for key, value in state.items()}
    torch.save({"model_pos": half}, tmp_path / "half.bin")
    network = read(tmp_path / "half.bin")
    assert_equal(network, from_videopose3d({key: value.to(state[key].dtype) for key, value in half.items()}))


def test_an_archive_saved_without_checksums_is_read(state, tmp_path):
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"model_pos": state}, tmp_path / "checkpoint.bin")
    finally:
        torch.serialization.set_crc32_options(True)
    assert_equal(read(tmp_path / "checkpoint.bin"), from_videopose3d(state))
