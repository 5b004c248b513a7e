"""Checkpoints of VideoPose3D and MotionBERT as experiments: read without training; nothing in them is executed."""

import argparse
import collections
import datetime
import enum
import json
import os
import pickle
import random
import resource
from pathlib import Path, PureWindowsPath
from time import process_time

import numpy as np
import pandas as pd
import pytest
import torch

from jointaware.artifacts.files import sha256
from jointaware.artifacts.network_files import write_networks
from jointaware.artifacts.networks import SpatiotemporalTransformer, TemporalConvolutional
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.provenance import read_provenance
from jointaware.errors import InputError
from jointaware.pose.lifting import lift
from jointaware.pose.network import TemporalNetwork, from_videopose3d, to_videopose3d
from jointaware.pose.networks.transformer import from_motionbert
from jointaware.training.pretrained import read_pretrained
from stages import evaluate, predict, train
from tests.training.small import small_parameters, write_yaml

SETTINGS = TemporalConvolutional(name="temporal_convolutional", filter_widths=(3, 3, 3), causal=False, dense=False)
TRANSFORMER = SpatiotemporalTransformer(name="spatiotemporal_transformer", depth=1, heads=2, mlp_ratio=1, frames=9)


@pytest.fixture
def state(reference) -> dict[str, torch.Tensor]:
    return reference("model_333").state()


@pytest.fixture(params=["zip", "legacy"])
def published(request, state, tmp_path):
    """A checkpoint as VideoPose3D's script saves it, random numbers of numpy included."""
    content = {"epoch": 80, "lr": 1e-5, "random_state": np.random.RandomState(1234), "optimizer": None}
    path = tmp_path / "pretrained_h36m_cpn.bin"
    torch.save(content | {"model_pos": state}, path, _use_new_zipfile_serialization=request.param == "zip")
    return path


@pytest.fixture
def start(sequences, tmp_path, monkeypatch):
    """Run a stage on parameters with an experiment `published` that names the given checkpoint."""
    monkeypatch.chdir(tmp_path)

    def start(checkpoint, stage, *arguments, digest=None):
        parameters = small_parameters()
        parameters["experiments"]["published"] = {"checkpoint": str(checkpoint)}
        if digest:
            parameters["experiments"]["published"]["checkpoint_sha256"] = digest
        write_yaml(tmp_path / "params.yaml", parameters)
        stage.main(["--params", "params.yaml", "--sequences", str(sequences.path), *arguments])

    return start


def test_a_published_checkpoint_is_an_experiment(published, state, sequences, start, tmp_path):
    start(published, train, "--experiment", "published", "--out", "model", "--device", "cpu")
    start(published, predict, "--network", "model/0/network.safetensors", "--out", "mine.safetensors")
    start(published, evaluate, "--predictions", "mine.safetensors", "--out", "scores")
    network = from_videopose3d(state).eval()
    keypoints = torch.from_numpy(sequences.read("keypoints", "test"))
    with torch.no_grad():
        expected = lift(network, keypoints, use_flip=True)
    found = torch.from_numpy(read_predictions(tmp_path / "mine.safetensors", sequences))
    torch.testing.assert_close(found, expected)
    record = json.loads((tmp_path / "model/0/run.json").read_text())
    assert record["checkpoint"] == {"path": str(published), "sha256": sha256(published)}
    assert record["weights"] == 4707
    made = read_provenance(tmp_path / "results/provenance/published-0.json", record["network_sha256"])
    assert (made.seconds, made.epoch_seconds) == (0, ())
    history = pd.read_csv(tmp_path / "model/0/history.csv")
    assert history.empty
    assert list(history.columns[:1]) == ["epoch"]
    assert not (tmp_path / ".checkpoints").exists()


def test_a_missing_checkpoint_is_named_with_its_key(start):
    with pytest.raises(InputError, match=r"experiments\.published\.checkpoint: found no file nowhere\.bin"):
        start("nowhere.bin", train, "--experiment", "published", "--seed", "0", "--out", "out", "--device", "cpu")


def test_our_own_network_is_a_checkpoint_too(state, tmp_path):
    network = from_videopose3d(state, causal=True).eval()
    write_networks(tmp_path / "network.safetensors", [network])
    again = read(tmp_path / "network.safetensors")
    assert again.causal
    assert_equal(again, network)


def test_our_own_network_with_another_digest_than_its_record_is_refused(state, tmp_path):
    path = tmp_path / "network.safetensors"
    write_networks(path, [from_videopose3d(state)])
    (tmp_path / "run.json").write_text(json.dumps({"network_sha256": sha256(path)}))
    read(path)
    whole = bytearray(path.read_bytes())
    whole[-100] ^= 1
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"network\.safetensors: has SHA-256 .*run\.json"):
        read(path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"network_sha256": 1}', "[" * 10**5])
def test_a_damaged_record_beside_our_own_network_is_refused_in_one_line(state, tmp_path, content):
    write_networks(tmp_path / "network.safetensors", [from_videopose3d(state)])
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"^\S+run\.json: .*, expected what the pipeline wrote$"):
        read(tmp_path / "network.safetensors")


def test_a_checkpoint_with_another_digest_than_the_parameters_is_refused(state, start, tmp_path):
    path = tmp_path / "checkpoint.bin"
    torch.save({"model_pos": state}, path)
    arguments = ("--experiment", "published", "--seed", "0", "--out", "out", "--device", "cpu")
    start(path, train, *arguments, digest=sha256(path).upper())
    with pytest.raises(InputError, match=r"experiments\.published\.checkpoint_sha256: .* has [0-9a-f]{64}, expected 0"):
        start(path, train, *arguments, digest="0" * 64)


class Foreign:
    """Part of a malicious checkpoint: unpickling it would create a folder."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


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


def test_an_archive_saved_without_checksums_is_read(state, tmp_path):
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"model_pos": state}, tmp_path / "checkpoint.bin")
    finally:
        torch.serialization.set_crc32_options(True)
    assert_equal(read(tmp_path / "checkpoint.bin"), from_videopose3d(state))


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
    memory, time = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, process_time()
    refused(path, str(path))
    assert process_time() - time < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 2**20  # KiB


def test_a_receptive_field_that_lifting_could_not_pad_is_refused(tmp_path):
    state = to_videopose3d(TemporalNetwork([99, 99], 1))
    for number in (2, 3, 4, 5):
        for kind in ("conv", "bn"):
            like = {key: value for key, value in state.items() if key.startswith(f"layers_{kind}.{number % 2}.")}
            state |= {key.replace(f".{number % 2}.", f".{number}.", 1): value for key, value in like.items()}
    torch.save({"model_pos": state}, tmp_path / "checkpoint.bin")
    refused(tmp_path / "checkpoint.bin", "a product of at most 100000 frames")


@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_checkpoint_of_motionbert_is_read(reference, tmp_path, prefix):
    arrays, path = reference("dstformer", "motionbert"), tmp_path / "best_epoch.bin"
    state = {f"{prefix}{key}": weight for key, weight in arrays.state().items()}
    torch.save({"epoch": 1, "lr": 1e-4, "optimizer": None, "model_pos": state, "min_loss": 1.0}, path)
    network = read_pretrained(path, TRANSFORMER)
    assert not network.training
    with torch.no_grad():
        torch.testing.assert_close(network(arrays.tensor("input")), arrays.tensor("output"), rtol=0, atol=1e-5)


def test_a_checkpoint_of_the_other_network_is_refused(reference, state, tmp_path):
    path, other = tmp_path / "checkpoint.bin", reference("dstformer", "motionbert").state()
    torch.save({"model_pos": state}, path)
    refused(path, "found VideoPose3D's network, expected MotionBERT's network", TRANSFORMER)
    torch.save({"model_pos": other}, path)
    refused(path, "found MotionBERT's network, expected VideoPose3D's network")
    ours = tmp_path / "network.safetensors"
    write_networks(ours, [from_motionbert(other, heads=2)])
    assert read_pretrained(ours, TRANSFORMER).depth == 2
    refused(ours, "found a network spatiotemporal_transformer, expected temporal_convolutional")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frames": 10}, "a clip of 10 frames is longer than the 9 positions of temp_embed"),
        ({"heads": 3}, r"MotionBERT's network \(heads 3, frames 9\) .* multiple of heads; found 16 and 3"),
    ],
)
def test_settings_that_do_not_fit_a_checkpoint_of_motionbert_are_refused(reference, tmp_path, change, words):
    path = tmp_path / "checkpoint.bin"
    torch.save({"model_pos": reference("dstformer", "motionbert").state()}, path)
    refused(path, words, TRANSFORMER.model_copy(update=change))


@pytest.mark.parametrize(
    "declare",
    [
        {"joints_embed.weight": torch.zeros(1).expand(10**8, 3)},
        {"joints_embed.weight": torch.zeros(10**9, 3, 0)},
        {"temp_embed": torch.zeros(1).expand(1, 10**9, 1, 16)},
        {"pre_logits.fc.weight": torch.zeros(1).expand(10**9, 16)},
        {f"ts_attn.{number}.weight": torch.zeros(1) for number in range(2000)},
    ],
    ids=["channels", "axes", "positions", "representation", "layers"],
)
def test_a_small_checkpoint_of_motionbert_takes_little_whatever_it_declares(reference, tmp_path, declare):
    path = tmp_path / "checkpoint.bin"
    torch.save({"model_pos": reference("dstformer", "motionbert").state() | declare}, path)
    memory, time = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, process_time()
    refused(path, str(path), TRANSFORMER)
    assert process_time() - time < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 2**20  # KiB


def read(path):
    return read_pretrained(path, SETTINGS)


def refused(path, words, settings=SETTINGS):
    with pytest.raises(InputError, match=words) as caught:
        read_pretrained(path, settings)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def assert_equal(network, expected):
    found, expected = network.state_dict(), expected.state_dict()
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(found[name], value), name
