"""Training: the same weights however often it is stopped, and a stop when a loss is no number."""

import copy
import sys

import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import load_file

from jointaware.errors import InputError
from jointaware.pose.losses import position_error
from jointaware.pose.windows import input_frames, target_frames
from jointaware.training.checkpoints import exclusive
from jointaware.training.trainer import Trainer
from stages import train
from tests.house import ROOT


@pytest.fixture
def parameters(tmp_path) -> dict:
    parameters = yaml.safe_load((ROOT / "profiles/demo.yaml").read_text())
    parameters["train"] |= {"filter_widths": [3, 3], "epochs": 3, "batch_size": 32}
    for experiment in parameters["experiments"].values():
        experiment["channels"] = 8
    return parameters


@pytest.fixture
def start(tmp_path, sequences, parameters, monkeypatch):
    """Run the stage as a command would, into a folder of the given name."""

    def start(out: str, experiment: str = "joint_aware", seed: int = 0):
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))
        monkeypatch.chdir(tmp_path)
        arguments = (
            f"--params params.yaml --experiment {experiment} --seed {seed} --sequences {sequences.path} --out {out}"
        )
        monkeypatch.setattr(sys, "argv", ["train", *arguments.split(), "--device", "cpu"])
        train.main()
        return load_file(tmp_path / out / "network.safetensors")

    return start


def same(first: dict, second: dict) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_a_stopped_training_goes_on_to_the_same_weights(start, tmp_path, monkeypatch):
    whole = start("whole")
    for checkpoint in (tmp_path / ".checkpoints").rglob("state.pt"):
        checkpoint.unlink()
    step, steps = Trainer.step, []

    def stop_in_the_second_epoch(self, *arguments, **keywords):
        steps.append(1)
        if len(steps) == len(self.batches) + 2:
            raise KeyboardInterrupt
        return step(self, *arguments, **keywords)

    monkeypatch.setattr(Trainer, "step", stop_in_the_second_epoch)
    with pytest.raises(KeyboardInterrupt):
        start("resumed")
    assert not (tmp_path / "resumed").exists()
    monkeypatch.setattr(Trainer, "step", step)
    assert same(start("resumed"), whole)
    histories = [pd.read_csv(tmp_path / out / "history.csv").drop(columns="seconds") for out in ("whole", "resumed")]
    pd.testing.assert_frame_equal(*histories)


def test_a_changed_parameter_does_not_resume_the_old_training(start, parameters, tmp_path):
    start("first")
    parameters["train"]["learning_rate"] = 0.01
    start("second")
    assert len(list((tmp_path / ".checkpoints").iterdir())) == 2


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(start, tmp_path):
    first = start("first")
    for checkpoint in (tmp_path / ".checkpoints").rglob("state.pt"):
        checkpoint.unlink()
    assert same(start("again"), first)
    assert not same(start("other", seed=1), first)


def test_without_weights_windows_and_terms_leave_no_trace(start, parameters):
    """The baseline trains on the position error alone, whatever the form of the terms it does not use."""
    first = start("norm", "baseline")
    parameters["experiments"]["baseline"]["form"] = "squared"
    assert same(start("squared", "baseline"), first)


def test_without_weights_the_windows_still_count_by_their_position_error(sequences, parameters):
    motion = train.read_motion(sequences, "train", torch.device("cpu"))
    experiment = parameters["experiments"]["wide_windows"]
    assert not any(experiment["weights"].values())
    weights, losses = [], []
    for with_windows in (False, True):
        trainer = Trainer(motion, motion, parameters["train"] | {"dropout": 0.0}, experiment, 0)
        losses.append(trainer.step(*next(iter(trainer.batches)), with_windows=with_windows))
        weights.append(trainer.network.expand.linear.weight)
    assert torch.equal(losses[0][0], losses[1][0])
    assert losses[0][1] == 0 < losses[1][1]
    assert not torch.equal(*weights)


def test_windows_are_lifted_as_in_testing(sequences, parameters):
    """Without dropout, by the statistics of the single frames, and these alone enter the running ones."""
    motion = train.read_motion(sequences, "train", torch.device("cpu"))
    trainer = Trainer(motion, motion, parameters["train"], parameters["experiments"]["joint_aware"], 0)
    assert parameters["train"]["dropout"] > 0
    trainer.optimizer = torch.optim.SGD(trainer.network.parameters(), lr=0.0)
    norms = [module for module in trainer.network.modules() if isinstance(module, torch.nn.BatchNorm1d)]
    rows = {}
    for norm in norms:
        norm.momentum = 1.0
        norm.register_forward_hook(lambda norm, inputs, _: rows.update({norm: len(inputs[0])}))
    singles, windows = next(iter(trainer.batches))
    losses = trainer.step(singles, windows, with_windows=True)
    assert {norm.num_batches_tracked.item() for norm in norms} == {1}
    assert trainer.network.training
    length, field = trainer.experiment["window"], trainer.network.receptive_field
    keypoints, target = (
        motion.keypoints[input_frames(windows, field, length)],
        motion.joints[target_frames(windows, length)],
    )
    guests = length * len(windows)
    for norm, count in rows.items():  # the running variance is that of the population, the batch's its own
        members = count * len(singles) / (len(singles) + guests)
        norm.running_var *= (members - 1) / members
    with torch.no_grad():
        predicted = trainer.network.eval()(keypoints)
    torch.testing.assert_close(losses[1], position_error(predicted, target))
    assert losses[2:].all()


def test_a_scale_that_normalisation_takes_back_has_no_gradient(sequences, parameters):
    """As it would where windows were normalised by running statistics, or by any that are constants to the gradient."""
    motion = train.read_motion(sequences, "train", torch.device("cpu"))
    trainer = Trainer(motion, motion, parameters["train"], parameters["experiments"]["joint_aware"], 0)
    trainer.optimizer = torch.optim.SGD(trainer.network.parameters(), lr=0.0)
    trainer.step(*next(iter(trainer.batches)), with_windows=True)
    for block in trainer.network.blocks:
        weight = block.temporal.linear.weight
        along = (weight * weight.grad).sum(dim=1)
        assert along.norm() < 1e-4 * weight.norm() * weight.grad.norm()


def test_half_precision_gives_nearly_the_same_losses_and_gradients(sequences, parameters):
    """After some steps: of a network that knows nothing, most of the motion is that of its noise.

    The terms are allowed more than the position errors: each frame is rounded on its own, which motion shows most.
    """
    motion = train.read_motion(sequences, "train", torch.device("cpu"))
    experiment, found = parameters["experiments"]["joint_aware"] | {"channels": 128}, []
    for precision in ("float32", "bfloat16"):
        trainer = Trainer(motion, motion, parameters["train"] | {"dropout": 0.0}, experiment, 0)
        for _ in range(10):
            for batch in trainer.batches:
                trainer.step(*batch, with_windows=True)
        trainer.settings = trainer.settings | {"precision": precision}
        losses = trainer.step(*next(iter(trainer.batches)), with_windows=True)
        found.append((losses, torch.cat([weight.grad.flatten() for weight in trainer.network.parameters()])))
    (losses, gradient), (half_losses, half_gradient) = found
    torch.testing.assert_close(half_losses[:2], losses[:2], rtol=0.02, atol=0)
    torch.testing.assert_close(half_losses[2:], losses[2:], rtol=0.05, atol=0)
    assert not torch.equal(half_losses[0], losses[0])
    assert torch.cosine_similarity(half_gradient, gradient, dim=0) > 0.95


def test_the_terms_start_after_the_warm_up(start, tmp_path):
    start("out")
    history = pd.read_csv(tmp_path / "out/history.csv")
    assert history["velocity"].isna().tolist() == [True, False, False]
    assert history["epoch"].tolist() == [1, 2, 3]


def test_a_loss_that_is_no_number_stops_with_epoch_batch_and_term(start, parameters, monkeypatch, tmp_path):
    broken = copy.copy(train.Trainer.step)

    def step(self, *arguments, **keywords):
        losses = broken(self, *arguments, **keywords)
        return losses.index_fill(0, torch.tensor(6), float("nan")) if keywords["with_windows"] else losses

    monkeypatch.setattr(Trainer, "step", step)
    with pytest.raises(InputError, match="epoch 2, batch 1: the loss velocity is nan"):
        start("out")
    assert not (tmp_path / "out").exists()


def test_two_trainers_do_not_share_a_run(tmp_path):
    with exclusive(tmp_path), pytest.raises(InputError, match=r"process \d+ is training this run"), exclusive(tmp_path):
        pass


def test_an_unknown_experiment_is_named_with_the_known_ones(start):
    with pytest.raises(InputError, match="no experiment 'joint_awar', expected one of baseline, wide, wide_windows"):
        start("out", "joint_awar")


def test_every_training_frame_is_in_a_batch_once_an_epoch(sequences):
    from jointaware.training.trainer import Batches

    motion = train.read_motion(sequences, "train", torch.device("cpu"))
    torch.manual_seed(0)
    singles = torch.cat([single for single, _ in Batches(motion, {"window": 1, "windows": 0}, 32)])
    assert sorted(singles[:, 0].tolist()) == list(range(len(motion.joints)))


def test_windows_lie_within_their_sequence_and_start_at_every_frame(sequences):
    from jointaware.training.trainer import Batches

    motion = train.read_motion(sequences, "train", torch.device("cpu"))
    torch.manual_seed(0)
    batches = Batches(motion, {"window": 4, "windows": 4}, 32)
    start, first, last = torch.cat([windows for _ in range(40) for _, windows in batches]).unbind(dim=1)
    assert ((start >= first) & (start + 3 <= last)).all()
    assert len(start.unique()) == sum(length - 3 for length in (last - first + 1).unique().tolist())


def test_a_last_batch_of_one_frame_is_left_out(sequences):
    from jointaware.training.trainer import Batches

    motion = train.read_motion(sequences, "train", torch.device("cpu"))
    batches = Batches(motion, {"window": 1, "windows": 0}, len(motion.joints) - 1)
    assert [len(singles) for singles, _ in batches] == [len(motion.joints) - 1]


def test_the_optimiser_steps_as_videopose3ds(reference, sequences, parameters):
    from jointaware.training.trainer import Trainer

    motion = train.read_motion(sequences, "train", torch.device("cpu"))
    optimiser = Trainer(motion, motion, parameters["train"], parameters["experiments"]["baseline"], 0).optimizer
    arrays = reference("train_schedule")
    weights = torch.nn.Parameter(arrays.tensor("adam/params_amsgrad")[0].clone())
    again = type(optimiser)([weights], **optimiser.defaults | {"lr": float(arrays["adam/lr"])})
    for gradient, expected in zip(
        arrays.tensor("adam/gradients"), arrays.tensor("adam/params_amsgrad")[1:], strict=True
    ):
        weights.grad = gradient.clone()
        again.step()
        torch.testing.assert_close(weights.detach(), expected, rtol=1e-9, atol=0)
