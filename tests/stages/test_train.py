"""Training: the same networks however they are trained, and records that a rerun leaves alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from jointaware.artifacts.files import sha256
from jointaware.errors import InputError
from jointaware.side_by_side import CORES
from jointaware.training.checkpoints import exclusive
from jointaware.training.trainer import HISTORY, Trainer
from stages import train
from tests.house import ROOT
from tests.small import make_sequences
from tests.training.small import small_parameters, write_yaml

OURS, OURS_0 = ["--experiment", "joint_aware"], ["--experiment", "joint_aware", "--seed", "0"]


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    return make_sequences(tmp_path_factory.mktemp("sequences") / "sequences.safetensors")


@pytest.fixture
def parameters() -> dict:
    return small_parameters()


@pytest.fixture
def start(tmp_path, sequences, parameters, monkeypatch):
    """Run the stage into a folder of the given name, one seed after another; returns the folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CORES, "1")

    def start(out: str, *arguments: str) -> Path:
        write_yaml(tmp_path / "params.yaml", parameters)
        given = ["--params", "params.yaml", "--sequences", str(sequences.path), "--out", out, "--device", "cpu"]
        train.main([*given, *arguments])
        return tmp_path / out

    return start


@pytest.fixture
def steps(monkeypatch) -> list[int]:
    """The seed of every optimiser step from here on."""
    step, seeds = Trainer.step, []

    def counted(self, *arguments, **keywords):
        seeds.append(self.seed)
        return step(self, *arguments, **keywords)

    monkeypatch.setattr(Trainer, "step", counted)
    return seeds


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "network.safetensors")


def same(first: Path, second: Path) -> bool:
    ours, others = weights(first), weights(second)
    return all(torch.equal(ours[name], others[name]) for name in ours)


def forget_checkpoints(folder: Path) -> None:
    for checkpoint in (folder / ".checkpoints").rglob("*.pt"):
        checkpoint.unlink()


@pytest.mark.slow
def test_seeds_side_by_side_are_trained_as_each_alone(sequences, parameters, tmp_path):
    """Byte for byte, the records that DVC hashes too."""
    write_yaml(tmp_path / "params.yaml", parameters)
    given = ["--params", "params.yaml", "--sequences", str(sequences.path), "--device", "cpu", *OURS]
    lines = {}
    for cores in ("2", "1"):
        places = ["--out", f"models-{cores}", "--checkpoints", f"checkpoints-{cores}", "--provenance", f"made-{cores}"]
        environment = os.environ | {CORES: cores, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "stages.train", *given, *places]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        lines[cores] = done.stderr.splitlines()
    for seed in parameters["seeds"]:
        for name in ("network.safetensors", "history.csv", "run.json"):
            side_by_side, alone = (tmp_path / f"models-{cores}/{seed}/{name}" for cores in ("2", "1"))
            assert side_by_side.read_bytes() == alone.read_bytes(), name
    fingerprints = [{path.name for path in (tmp_path / f"checkpoints-{cores}").iterdir()} for cores in ("2", "1")]
    assert fingerprints[0] == fingerprints[1]
    for printed in lines.values():
        for seed in parameters["seeds"]:
            of_seed = [line for line in printed if line.startswith(f"joint_aware-{seed} epoch")]
            assert [line.split(":")[0][-3:] for line in of_seed] == ["1/3", "2/3", "3/3"]
        assert len(printed) == 3 * len(parameters["seeds"])


def test_one_seed_alone_goes_to_the_folder_itself(start):
    start("models", *OURS)
    alone = start("alone", "--experiment", "joint_aware", "--seed", "1")
    assert same(alone, alone.with_name("models") / "1")
    assert sorted(path.name for path in alone.iterdir()) == ["history.csv", "network.safetensors", "run.json"]


def test_more_seeds_train_only_what_is_new(start, parameters, steps, tmp_path, capsys):
    parameters["seeds"] = [0]
    first = start("first", *OURS)
    assert set(steps) == {0}
    steps.clear()
    parameters["seeds"] = [0, 1]
    made = (tmp_path / "results/provenance/joint_aware-0.json").read_bytes()
    capsys.readouterr()
    both = start("both", *OURS)
    assert set(steps) == {1}
    for name in ("network.safetensors", "history.csv", "run.json"):
        assert (both / "0" / name).read_bytes() == (first / "0" / name).read_bytes()
    assert (tmp_path / "results/provenance/joint_aware-0.json").read_bytes() == made
    assert capsys.readouterr().err.startswith("joint_aware-0: already trained\njoint_aware-1 epoch 1/3")


def test_a_changed_role_resumes_the_old_training(start, parameters, steps):
    start("first", *OURS_0)
    steps.clear()
    parameters["experiments"]["joint_aware"]["role"] = "other"
    start("second", *OURS_0)
    assert not steps


def test_an_interrupted_training_resumes_to_the_same_weights(start, tmp_path, monkeypatch, capsys):
    whole = start("whole", *OURS_0)
    forget_checkpoints(tmp_path)
    step, steps = Trainer.step, []

    def stop_in_the_second_epoch(self, *arguments, **keywords):
        steps.append(1)
        if len(steps) == len(self.batches) + 2:
            raise KeyboardInterrupt
        return step(self, *arguments, **keywords)

    monkeypatch.setattr(Trainer, "step", stop_in_the_second_epoch)
    with pytest.raises(KeyboardInterrupt):
        start("resumed", *OURS_0)
    assert not (tmp_path / "resumed").exists()
    monkeypatch.setattr(Trainer, "step", step)
    resumed = start("resumed", *OURS_0)
    assert "joint_aware-0: resuming after epoch 1 of 3\n" in capsys.readouterr().err
    assert same(resumed, whole)
    assert (resumed / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()


def test_a_changed_parameter_does_not_resume_the_old_training(start, parameters, tmp_path):
    start("first", *OURS_0)
    parameters["train"]["learning_rate"] = 0.01
    start("second", *OURS_0)
    assert len(list((tmp_path / ".checkpoints").iterdir())) == 2


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_weights(start, tmp_path):
    first = start("first", *OURS_0)
    forget_checkpoints(tmp_path)
    again = start("again", *OURS_0)
    for name in ("network.safetensors", "history.csv", "run.json"):
        assert (again / name).read_bytes() == (first / name).read_bytes()
    assert not same(start("other", "--experiment", "joint_aware", "--seed", "1"), first)


def test_provenance_is_left_alone_for_the_same_bytes_and_replaced_for_others(start, parameters, tmp_path):
    out, path = start("out", *OURS_0), tmp_path / "results/provenance/joint_aware-0.json"
    made = json.loads(path.read_text())
    assert made["network_sha256"] == sha256(out / "network.safetensors")
    assert (len(made["epoch_seconds"]), made["threads"], made["processes"], made["device"]) == (3, 1, 1, "cpu")
    elsewhere = json.dumps(made | {"machine": "another"})
    path.write_text(elsewhere)
    forget_checkpoints(tmp_path)
    start("out", *OURS_0)
    assert path.read_text() == elsewhere
    parameters["train"]["learning_rate"] = 0.01
    start("out", *OURS_0)
    replaced = json.loads(path.read_text())
    assert replaced["machine"] == made["machine"]
    assert replaced["network_sha256"] == sha256(out / "network.safetensors") != made["network_sha256"]


def test_what_dvc_hashes_knows_nothing_of_time_and_machine(start):
    out = start("out", *OURS_0)
    record = json.loads((out / "run.json").read_text())
    assert list(record) == [
        "run", "experiment", "seed", "parameters", "sequences_sha256", "network_sha256",
        "history_sha256", "weights", "precision",
    ]  # fmt: skip
    assert record["parameters"]["losses"] == small_parameters()["experiments"]["joint_aware"]["losses"]
    header, *rows = (out / "history.csv").read_text().splitlines()
    assert header.split(",") == list(HISTORY)
    assert len(rows) == 3


def test_a_non_finite_loss_leaves_no_output(start, monkeypatch, tmp_path):
    step = Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda self, *batch, **given: step(self, *batch, **given) * float("nan"))
    with pytest.raises(InputError, match="epoch 1, batch 1: non-finite loss position"):
        start("out", *OURS_0)
    assert not (tmp_path / "out").exists()


def test_two_processes_do_not_train_the_same_run(tmp_path):
    expected = rf"another process \(pid {os.getpid()}\) is training this run"
    with exclusive(tmp_path), pytest.raises(InputError, match=expected), exclusive(tmp_path):
        pass


def test_an_unknown_experiment_is_named_with_the_known_ones(start, parameters):
    with pytest.raises(
        InputError, match=f"no experiment 'joint_awar', expected one of {', '.join(parameters['experiments'])}"
    ):
        start("out", "--experiment", "joint_awar")
