"""Folds: each group of subjects is tested by networks that were trained on the others."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file
from safetensors.torch import load_file

from jointaware.errors import InputError
from jointaware.mocap import arrays
from jointaware.mocap.take import Take
from jointaware.training.trainer import Trainer
from stages import evaluate, fetch, predict, preprocess, smooth, train
from tests.people import person
from tests.small import change_table
from tests.tiny import read_yaml
from tests.training.small import small_parameters, write_yaml

SEQUENCES = ["--params", "params.yaml", "--sequences", "data/sequences.safetensors"]
RAW = ["--params", "params.yaml", "--raw", "data/raw", "--manifest", "data/manifest.json"]
RUN = ["--experiment", "joint_aware", "--seed", "0", "--device", "cpu"]
FOLDS = [["A"], ["B", "C"]]


@pytest.fixture
def preprocessed(tmp_path, monkeypatch):
    """Preprocess three takes of each of three people, split as given; returns the table of sequences."""
    monkeypatch.chdir(tmp_path)
    for number, subject in enumerate("ABC"):
        for seed, name in enumerate(("", "1", "2")):
            joints = person(60 + number, 10 * number + seed, place=(3, 4))
            arrays.write_take(tmp_path / "own", Take(subject, "Walking", name, joints, 50.0))

    def preprocessed(**settings: object) -> pd.DataFrame:
        parameters = small_parameters()
        parameters["data"] |= {"source": "arrays", "path": str(tmp_path / "own")}
        parameters["preprocess"] |= {"cameras": ["54138969"], "validation_every": 3} | settings
        parameters["preprocess"]["subjects"]["arrays"] = {"folds": FOLDS}
        write_yaml(tmp_path / "params.yaml", parameters)
        fetch.main(RAW)
        preprocess.main([*RAW, "--sequences", "data/sequences.safetensors", "--cameras", "data/cameras.json"])
        return pd.read_csv("data/sequences.csv", keep_default_na=False)

    return preprocessed


def trained(out: str) -> dict[str, torch.Tensor]:
    train.main([*SEQUENCES, *RUN, "--out", out])
    return load_file(Path(out) / "network.safetensors")


def test_a_subject_has_one_fold_and_held_out_takes_of_its_own(preprocessed):
    table = preprocessed()
    assert table.groupby("subject")["fold"].unique().map(list).to_dict() == {"A": [0], "B": [1], "C": [1]}
    assert (table.groupby("subject")["split"].value_counts().unstack() == {"train": 2, "validation": 1}).all(axis=None)


@pytest.mark.slow
def test_each_fold_is_trained_as_if_only_its_split_existed(preprocessed):
    table, found = preprocessed(), trained("folds")
    Path("data/record.json").unlink()
    for fold in range(2):
        split = table["split"].where(table["fold"] != fold, "test")
        change_table(
            Path("data/sequences.safetensors"), lambda _, split=split: table.drop(columns="fold").assign(split=split)
        )
        alone = trained(f"alone-{fold}")
        of_fold = {name[2:]: weight for name, weight in found.items() if name.startswith(f"{fold}.")}
        assert of_fold.keys() == alone.keys()
        assert all(torch.equal(weight, alone[name]) for name, weight in of_fold.items())
    history = pd.read_csv("folds/history.csv", keep_default_na=False)
    assert history["fold"].tolist() == [0, 0, 0, 1, 1, 1]
    assert history["epoch"].tolist() == [1, 2, 3, 1, 2, 3]


def test_a_run_killed_in_its_second_fold_resumes_there(preprocessed, monkeypatch):
    preprocessed()
    whole, epoch, epochs = trained("whole"), Trainer.epoch, []
    for checkpoint in Path(".checkpoints").rglob("*.pt"):
        checkpoint.unlink()

    def interrupted(self):
        epochs.append(len(self.history))
        if len(epochs) == 5:
            raise KeyboardInterrupt
        return epoch(self)

    monkeypatch.setattr(Trainer, "epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trained("resumed")
    resumed = trained("resumed")
    assert epochs == [0, 1, 2, 0, 1, 1, 2]
    assert all(torch.equal(weight, whole[name]) for name, weight in resumed.items())


def test_all_subjects_are_predicted_and_scored(preprocessed):
    table = preprocessed()
    trained("models")
    predict.main([*SEQUENCES, "--network", "models/network.safetensors", "--out", "joints.safetensors"])
    evaluate.main([*SEQUENCES, "--predictions", "joints.safetensors", "--out", "scores"])
    assert len(load_file("joints.safetensors")["joints"]) == table["frames"].sum()
    assert pd.read_csv("scores/by_subject.csv", keep_default_na=False)["subject"].tolist() == ["A", "B", "C"]


def test_each_fold_has_a_smoother_that_never_saw_it(preprocessed):
    table = preprocessed()
    trained("models/joint_aware/0")
    parameters = read_yaml(Path("params.yaml")) | {"seeds": [0]}
    parameters["smooth"] |= {"window": 16, "width": 8, "epochs": 1}
    write_yaml(Path("params.yaml"), parameters)

    def smoothers() -> dict[str, torch.Tensor]:
        predict.main([*SEQUENCES, "--network", "models/joint_aware", "--out", "predictions/joint_aware"])
        folders = ["--models", "models/joint_aware", "--predictions", "predictions/joint_aware"]
        smooth.main([*SEQUENCES, *folders, "--out", "smoothers"])
        return load_file("smoothers/0/smoother.safetensors")

    before = smoothers()
    assert len(load_file("smoothers/0/predictions.safetensors")["joints"]) == table["frames"].sum()
    history = pd.read_csv("smoothers/0/history.csv", keep_default_na=False)
    assert history[["fold", "epoch"]].values.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    rows = table[table["subject"] == "A"]
    change_joints(Path("data/sequences.safetensors"), rows["start"].min(), rows["frames"].sum())
    after = smoothers()
    changed = {name[0] for name, weight in before.items() if not torch.equal(weight, after[name])}
    assert changed == {"1"}, "subject A is tested in fold 0 and learnt from in fold 1"


def change_joints(path: Path, start: int, frames: int) -> None:
    """Halve the true joints of some frames."""
    Path("data/record.json").unlink()
    with safe_open(path, framework="numpy") as file:
        arrays, header = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
    arrays["joints"][start : start + frames] *= 0.5
    save_file(arrays, path, header)


def test_a_part_of_each_training_sequence_is_refused_with_folds(preprocessed):
    with pytest.raises(InputError, match=r"preprocess.subset: found 0.5, expected 1 with folds"):
        preprocessed(subset=0.5)
