"""Checkpoints that cannot be used: one line each, and no more work than their bytes are worth."""

import os
import pickle
import random
import resource

import pytest
import torch

from jointaware.errors import InputError
from jointaware.pose.network import TemporalNetwork, to_videopose3d
from tests.training.pretrained.reading import Foreign, assert_equal, read, refused


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda state: {"epoch": 3}, r"no tensor expand_conv.weight below the keys \(epoch\)"),
        (lambda state: [1, 2], "found list, expected a dictionary"),
        (lambda state: torch.nn.Linear(1, 1), "found torch.nn.modules.linear.Linear, expected a dictionary"),
        (lambda state: {"a": state, "b": state}, "found 2 networks"),
        (lambda state: {"model_pos": Foreign("never")}, "no tensor expand_conv.weight"),
        (
            lambda state: {"model_pos": state | {"layers_conv.0.weight": torch.zeros(16, 16, 2, 2)}},
            r"model_pos: .* layers_conv.0.weight is \(16, 16, 2, 2\)",
        ),
        (
            lambda state: {"model_pos": state | {"expand_conv.weight": torch.zeros(16, 32, 3)}},
            r"for 17 keypoints; expand_conv.weight is \(16, 32, 3\), expected \(16, 34, 3\)",
        ),
        (
            lambda state: {"model_traj": state | {"shrink.weight": torch.zeros(3, 16, 1)}},
            r"model_traj: .* shrink.weight is \(3, 16, 1\), expected \(51, 16, 1\)",
        ),
        (
            lambda state: {"model_pos": {key: value for key, value in state.items() if key != "layers_bn.0.bias"}},
            "model_pos: .* layers_bn.0.bias is missing",
        ),
        (
            lambda state: {
                "model_pos": {f"{'module.' * (key == 'expand_conv.weight')}{key}": state[key] for key in state}
            },
            r"model_pos module\.: .* expand_bn.weight is missing",
        ),
        (
            lambda state: {"model_pos": state | {"shrink.bias": torch.full((51,), torch.nan)}},
            "shrink.bias holds non-finite",
        ),
        (
            lambda state: {"model_pos": state | {"shrink.bias": torch.full((51,), 1e300, dtype=torch.float64)}},
            "shrink.bias holds non-finite",
        ),
        (
            lambda state: {"model_pos": state | {"expand_bn.running_var": -torch.ones(16)}},
            "expand_bn.running_var holds a negative variance",
        ),
        (
            lambda state: {"model_pos": {key: value.long() for key, value in state.items()}},
            "holds torch.int64, expected floating-point numbers",
        ),
    ],
)
def test_a_file_without_the_weights_says_what_is_wrong(state, tmp_path, content, words):
    path = tmp_path / "checkpoint.bin"
    for zipped in (True, False):
        torch.save(content(state), path, _use_new_zipfile_serialization=zipped)
        if not zipped and "Linear" in words:  # which this format stores as a class with its source
            words = "found a module, expected a dictionary"
        refused(path, words)


@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
@pytest.mark.parametrize("replacement", [b"", b"no weights here\n" * 20, pickle.dumps({"model_pos": 3}), None])
def test_a_file_that_is_no_checkpoint_is_unreadable(state, tmp_path, replacement):
    path = tmp_path / "checkpoint.bin"
    torch.save({"model_pos": state}, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if replacement is None else replacement)
    refused(path, "expected a checkpoint")


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path):
    for name in ("checkpoint.bin", "network.safetensors"):
        os.mkfifo(tmp_path / name)
        refused(tmp_path / name, "expected")


def test_a_flipped_bit_in_an_archive_is_found(state, tmp_path):
    """torch.load does not compare the checksums."""
    path, rng = tmp_path / "checkpoint.bin", random.Random(0)
    torch.save({"model_pos": state}, path)
    whole, expected = path.read_bytes(), read(path)
    found = 0
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            assert_equal(read(path), expected)  # padding, or a date
        except InputError:
            found += 1
    assert found > 50


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "declare",
    [
        lambda state: state | {"layers_conv.0.weight": torch.zeros(1).expand(16, 16, 10**9)},
        lambda state: state | {"expand_conv.weight": torch.zeros(1).expand(10**8, 34, 3)},
        lambda state: state | {"expand_conv.weight": torch.zeros(10**9, 0, 3)},
        lambda state: state | {f"layers_conv.{number}.weight": torch.zeros(1) for number in range(2000)},
        lambda state: {f"{number}.expand_conv.weight": state["expand_conv.weight"] for number in range(5000)},
        lambda state: {
            key: torch.zeros(()).expand([7000 if size == 16 else size for size in value.shape])
            for key, value in state.items()
        },
    ],
    ids=["elements", "channels", "channels of nothing", "layers", "networks", "stride 0"],
)
def test_a_small_checkpoint_takes_little_whatever_it_declares(state, tmp_path, declare, zipped):
    path = tmp_path / "checkpoint.bin"
    torch.save({"model_pos": declare(state)}, path, _use_new_zipfile_serialization=zipped)
    assert path.stat().st_size < 10**6
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(path, str(path))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 2**20  # KiB


def test_a_receptive_field_that_lifting_could_not_pad_is_refused(tmp_path):
    state = to_videopose3d(TemporalNetwork([99, 99], 1))
    for number in (2, 3, 4, 5):
        for kind in ("conv", "bn"):
            like = {key: value for key, value in state.items() if key.startswith(f"layers_{kind}.{number % 2}.")}
            state |= {key.replace(f".{number % 2}.", f".{number}.", 1): value for key, value in like.items()}
    torch.save({"model_pos": state}, tmp_path / "checkpoint.bin")
    refused(tmp_path / "checkpoint.bin", "a product of at most 100000 frames")
