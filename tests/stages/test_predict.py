"""Prediction: every test sequence lifted on its own, and files that are no networks refused."""

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from jointaware.artifacts.files import sha256, write_json
from jointaware.artifacts.network_files import read_network, write_networks
from jointaware.artifacts.predictions import read_origin, read_predictions
from jointaware.artifacts.records import write_record
from jointaware.errors import InputError
from jointaware.pose.lifting import lift
from jointaware.pose.network import TemporalNetwork
from stages import predict
from tests.small import change_table, make_sequences
from tests.training.small import small_parameters, write_yaml


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    return make_sequences(tmp_path_factory.mktemp("sequences") / "sequences.safetensors")


@pytest.fixture
def folds(tmp_path):
    """Sequences of two folds: S1, and the others."""
    path = make_sequences(tmp_path / "folds.safetensors").path
    return change_table(path, lambda table: table.assign(split="train", fold=[0, 0, 1, 1]))


@pytest.mark.parametrize("count", [1, 2])
@torch.no_grad()
def test_every_subject_is_lifted_by_the_network_of_its_fold(folds, count):
    networks = [make_network(folds.path.with_name("network.safetensors"), seed) for seed in range(count)]
    found = torch.from_numpy(predict.predict(networks, folds, use_flip=True))
    keypoints = torch.from_numpy(folds.read("keypoints")).split(folds.table["frames"].tolist())
    chosen = [networks[-count], networks[-count], networks[-1], networks[-1]]
    expected = torch.cat([lift(network, part, use_flip=True) for network, part in zip(chosen, keypoints, strict=True)])
    torch.testing.assert_close(found, expected)


def test_networks_of_another_number_of_folds_are_refused(start, sequences, tmp_path):
    networks = [make_network(tmp_path / "network.safetensors", seed) for seed in range(3)]
    write_networks(tmp_path / "network.safetensors", networks)
    with pytest.raises(InputError, match=r"network.safetensors: holds networks of 3 folds, expected 1"):
        start()


def make_network(path, seed: int = 0) -> TemporalNetwork:
    torch.manual_seed(seed)
    network = TemporalNetwork([3, 3], 8, causal=True).eval()
    write_networks(path, [network])
    return network


@pytest.fixture
def network(tmp_path) -> TemporalNetwork:
    return make_network(tmp_path / "network.safetensors")


@pytest.fixture
def start(tmp_path, sequences):
    """Run the stage; returns the path of the predictions."""

    def start(use_flip: bool = True, network: str = "network.safetensors", out: str = "predictions.safetensors"):
        parameters = small_parameters()
        parameters["predict"]["use_flip"] = use_flip
        write_yaml(tmp_path / "params.yaml", parameters)
        paths = {"params": "params.yaml", "network": network, "out": out}
        given = [part for name, path in paths.items() for part in (f"--{name}", str(tmp_path / path))]
        predict.main([*given, "--sequences", str(sequences.path), "--device", "cpu"])
        return tmp_path / out

    return start


@pytest.mark.parametrize("use_flip", [True, False])
@torch.no_grad()
def test_every_test_sequence_is_lifted_on_its_own(start, network, sequences, use_flip):
    found = read_predictions(start(use_flip), sequences)
    parts = torch.from_numpy(sequences.read("keypoints", "test")).split(sequences.of("test")["frames"].tolist())
    expected = torch.cat([lift(network, keypoints, use_flip=use_flip) for keypoints in parts])
    torch.testing.assert_close(torch.from_numpy(found), expected)


def test_a_folder_has_a_file_for_each_seed_as_each_network_alone(start, tmp_path):
    seeds = small_parameters()["seeds"]
    for seed in seeds:
        make_network(tmp_path / f"models/wide/{seed}/network.safetensors", seed)
    folder = start(network="models/wide", out="predictions/wide")
    assert sorted(path.name for path in folder.iterdir()) == [f"{seed}.safetensors" for seed in seeds]
    for seed in seeds:
        alone = start(network=f"models/wide/{seed}/network.safetensors", out=f"{seed}.safetensors")
        assert alone.read_bytes() == (folder / f"{seed}.safetensors").read_bytes()


def test_a_missing_seed_is_named_with_the_stage_that_makes_it(start, tmp_path):
    make_network(tmp_path / "models/wide/0/network.safetensors")
    with pytest.raises(InputError, match=r"models/wide/1/network\.safetensors: missing; run `dvc repro train@wide`"):
        start(network="models/wide", out="predictions/wide")
    assert not (tmp_path / "predictions").exists()


def test_predictions_know_their_origin(start, network, sequences, tmp_path):
    origin = read_origin(start(use_flip=False))
    assert origin["sequences_sha256"] == sha256(sequences.path)
    assert origin["network_sha256"] == sha256(tmp_path / "network.safetensors")
    assert origin["parameters"] == {"predict": {"use_flip": False}}


def test_the_header_of_predictions_has_one_key_because_the_order_of_several_is_arbitrary(start, network):
    with safe_open(start(), framework="numpy") as file:
        assert len(file.metadata()) == 1


def test_a_network_reads_back_as_it_was_written(network, tmp_path):
    back = read_network(tmp_path / "network.safetensors")
    assert (tuple(back.widths), back.channels, back.causal, back.dense) == ((3, 3), 8, True, False)
    assert all(torch.equal(back.state_dict()[name], value) for name, value in network.state_dict().items())


@pytest.mark.parametrize("flaw", ["other shape", "no architecture", "truncated", "empty", "not finite"])
def test_a_file_that_is_no_trained_network_is_refused_by_name(start, network, tmp_path, flaw):
    path = tmp_path / "network.safetensors"
    if flaw == "other shape":
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        assert '"channels": 8' in metadata["architecture"]
        metadata["architecture"] = metadata["architecture"].replace('"channels": 8', '"channels": 9')
        save_file(load_file(path), path, metadata=metadata)
    elif flaw == "no architecture":
        save_file(load_file(path), path)
    elif flaw == "not finite":
        network.shrink.bias.data.fill_(float("nan"))
        write_networks(path, [network])
    else:
        path.write_bytes(path.read_bytes()[: 100 if flaw == "truncated" else 0])
    with pytest.raises(InputError, match=r"network\.safetensors"):
        start()
    assert not (tmp_path / "predictions.safetensors").exists()


def describe(path, **digests: str) -> None:
    """Write what train writes beside a network."""
    facts = {"experiment": "wide", "seed": 0, "weights": 1, "history_sha256": ""}
    write_json(path.with_name("run.json"), facts | digests)


def test_a_network_that_its_record_does_not_describe_is_refused(start, network, sequences, tmp_path):
    """One flipped bit in a weight gives other joints, and no reader of the file can notice."""
    path = tmp_path / "network.safetensors"
    describe(path, network_sha256=sha256(path), sequences_sha256=sha256(sequences.path))
    start()
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"network\.safetensors: differs .*run\.json .*; run `dvc repro train@wide`"):
        start(out="other.safetensors")
    assert not (tmp_path / "other.safetensors").exists()


def test_a_network_may_be_asked_about_other_sequences_which_is_said(start, network, tmp_path, capsys):
    path = tmp_path / "network.safetensors"
    describe(path, network_sha256=sha256(path), sequences_sha256="of others")
    start()
    assert capsys.readouterr().out == f"{path}: was trained on other sequences than it is applied to\n"


@pytest.mark.parametrize("suffix", [".safetensors", ".csv"])
def test_sequences_that_their_record_does_not_list_are_refused(network, sequences, tmp_path, suffix):
    copies = {suffix: tmp_path / f"sequences{suffix}" for suffix in (".safetensors", ".csv")}
    for copied, path in copies.items():
        path.write_bytes(sequences.path.with_suffix(copied).read_bytes())
    write_record(tmp_path / "record.json", made=copies.values(), made_from=[])
    raw = copies[suffix].read_bytes()
    copies[suffix].write_bytes(raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:])
    write_yaml(tmp_path / "params.yaml", small_parameters())
    given = {"params": tmp_path / "params.yaml", "network": tmp_path / "network.safetensors", "out": tmp_path / "out"}
    given |= {"sequences": copies[".safetensors"], "device": "cpu"}
    with pytest.raises(
        InputError, match=rf"sequences\{suffix}: differs .*record\.json lists; run `dvc repro preprocess`"
    ):
        predict.main([str(part) for name, value in given.items() for part in (f"--{name}", value)])
