"""Networks for `jointaware lift`: kept with their records from a pipeline of made-up views, and described by a card."""

import json
import re
import shutil

import numpy as np
import pytest

from jointaware.artifacts.files import sha256
from jointaware.artifacts.network_files import NetworkInput, read_network_input
from jointaware.artifacts.parameters import load
from jointaware.artifacts.sequences import open_sequences
from jointaware.errors import InputError
from jointaware.mocap.arrays import write_take
from jointaware.mocap.take import Take
from jointaware.video.command import SHIPPED, SHIPPED_CAUSAL
from stages import evaluate, fetch, predict, preprocess, train
from tests.house import ROOT
from tests.people import person
from tests.tiny import read_yaml, write_yaml
from workflow.networks import keep as networks
from workflow.networks import root_errors
from workflow.networks.card import card

SEQUENCES = "--params params.yaml --sequences data/sequences.safetensors"
NAMES = ["wild", "wild_causal"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The profile's pipeline, tiny: two people, two views each, and both networks trained for an epoch."""
    folder = tmp_path_factory.mktemp("wild")
    for number, subject in enumerate("AB"):
        write_take(folder / "own", Take(subject, "Walking", "", person(90, number), 50.0))
    parameters = read_yaml(ROOT / "profiles/wild.yaml")
    parameters["data"]["path"] = "own"
    parameters["preprocess"]["subjects"]["arrays"] = {"train": ["A"], "test": ["B"]}
    parameters["preprocess"]["wild"] |= {"views": 2, "test_views": 2}
    parameters["train"] |= {"epochs": 2, "batch_size": 64, "clips": 4, "precision": "float32", "channels": 4}
    write_yaml(folder / "params.yaml", parameters)
    raw = "--params params.yaml --raw data/raw --manifest data/manifest.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fetch.main(raw.split())
        preprocess.main(f"{raw} --sequences data/sequences.safetensors --cameras data/cameras.json".split())
        for name in NAMES:
            model, joints = f"models/{name}/0", f"predictions/{name}/0.safetensors"
            train.main(f"{SEQUENCES} --experiment {name} --seed 0 --out {model} --device cpu".split())
            predict.main(f"{SEQUENCES} --network {model}/network.safetensors --out {joints} --device cpu".split())
            evaluate.main(f"{SEQUENCES} --predictions {joints} --out results/runs/{name}/0".split())
        networks.main(NAMES)
    return folder


@pytest.fixture
def kept(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_made_up_views_say_what_their_keypoints_are_and_so_do_the_networks(made):
    sequences = open_sequences(made / "data/sequences.safetensors")
    assert (sequences.layout, sequences.normalisation) == ("coco", "person")
    assert [*sequences.table["camera"]] == ["wild0", "wild1"] * 2
    assert [*sequences.table["split"]] == ["train"] * 2 + ["test"] * 2
    cameras = json.loads((made / "data/cameras.json").read_text())
    assert [camera["camera"] for camera in cameras["B/Walking"]] == ["wild0", "wild1"]
    for name in NAMES:
        assert read_network_input(made / f"networks/{name}.safetensors") == NetworkInput("coco", "person", 30.0)


def test_a_network_is_kept_with_its_digest_its_data_and_its_errors(made):
    for name in NAMES:
        record = json.loads((made / f"networks/{name}.json").read_text())
        assert record["run"]["network_sha256"] == sha256(made / f"networks/{name}.safetensors")
        assert [row["subject"] for row in record["data"]["sequences"]] == ["A", "B"]
        assert [row["of"] for row in record["held_out"]["subject"]] == ["B"]
        assert sum(row["sequences"] for row in record["held_out"]["distance"]) == 2
        assert all(0 < row["mrpe_mm"] < 1e5 > row["mrpe_assumed_mm"] > 0 for row in record["held_out"]["subject"])
        assert set(record["real_video"]) == {"cam01", "cam02"}
    text = (made / "networks/README.md").read_text()
    assert not re.search(r"[{}]|nan", text)
    assert sha256(made / "networks/wild.safetensors") in text


def test_without_a_name_only_the_card_is_written(kept):
    shutil.rmtree("models")
    before = (kept / "networks/README.md").read_text()
    (kept / "networks/README.md").unlink()
    networks.main([])
    assert (kept / "networks/README.md").read_text() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["wlid"], r"models/wlid/0/network\.safetensors: missing; run `dvc repro train@wlid`"),
        (["--out", "nothing"], r"nothing: found no record of a network, expected one"),
    ],
)
def test_what_is_missing_is_named(kept, arguments, words):
    with pytest.raises(InputError, match=words):
        networks.main(arguments)


def test_a_network_that_is_not_of_its_record_is_not_kept(kept):
    shutil.copy("models/wild_causal/0/network.safetensors", "models/wild/0/network.safetensors")
    with pytest.raises(InputError, match=r"differs from the network that its run\.json"):
        networks.main(["wild"])


@pytest.mark.parametrize("name", [*SHIPPED, *SHIPPED_CAUSAL])
def test_the_networks_in_the_repository_are_those_of_their_records(name):
    record = json.loads((ROOT / f"networks/{name}.json").read_text())
    assert record["run"]["network_sha256"] == sha256(ROOT / f"networks/{name}.safetensors")
    assert (ROOT / f"networks/{name}.safetensors").stat().st_size < 10 * 2**20


def test_the_card_in_the_repository_is_that_of_the_records():
    records = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "networks").glob("*.json"))}
    assert (ROOT / "networks/README.md").read_text() == card(records)


def test_the_views_of_the_root_s_error_are_those_that_preprocess_made(made, monkeypatch):
    monkeypatch.chdir(made)
    parameters, seen = load(made / "params.yaml"), []
    monkeypatch.setattr(root_errors, "_error", lambda lifter, view, *_: seen.append(view) or 0.0)
    table = root_errors.root_errors(
        made / "networks/wild.safetensors", parameters, made / "data/raw", parameters.preprocess.wild
    )
    assert [*table["camera"]] == ["wild0", "wild1"]
    root = np.concatenate([view.arrays["root"] for view in seen[:: len(root_errors.FOCALS)]])
    np.testing.assert_array_equal(root, open_sequences(made / "data/sequences.safetensors").read("root", "test"))
