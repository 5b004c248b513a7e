"""One training step: what counts, how clips are lifted, and which precision it has."""

import dataclasses

import pytest
import torch

from jointaware.errors import InputError
from jointaware.pose.clips import input_frames, target_frames
from jointaware.pose.losses import TERMS, position_error
from jointaware.training.trainer import HISTORY, LOSSES, MAX_SEED, Trainer
from tests.training.small import small_experiment


def train_epochs(trainer: Trainer, epochs: int) -> None:
    for _ in range(epochs):
        for _ in trainer.epoch():
            pass


def test_without_terms_clips_still_count_by_their_position_error(motion):
    experiment = small_experiment("clips", dropout=0.0, extra_frames=0)
    assert not experiment.losses
    weights, losses = [], []
    for with_clips in (False, True):
        trainer = Trainer(motion, motion, experiment, 0)
        losses.append(trainer.step(*next(iter(trainer.batches)), with_clips=with_clips))
        weights.append(trainer.network.expand.linear.weight)
    torch.testing.assert_close(losses[0][0], losses[1][0])
    assert losses[0][1] == 0 < losses[1][1]
    assert not torch.equal(*weights)


def test_without_clips_the_distance_of_the_terms_makes_no_difference(motion):
    """The baseline trains on the position error alone."""
    weights = []
    for distance in ("norm", "squared"):
        trainer = Trainer(motion, motion, small_experiment("baseline", distance=distance), 0)
        train_epochs(trainer, 2)
        weights.append(trainer.network.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_clips_are_lifted_as_at_test_time(motion):
    """Without dropout, with the statistics of the single frames, which alone enter the running statistics."""
    experiment = small_experiment("ours")
    trainer = Trainer(motion, motion, experiment, 0)
    assert experiment.dropout > 0
    trainer.optimizer = torch.optim.SGD(trainer.network.parameters(), lr=0.0)
    norms = [module for module in trainer.network.modules() if isinstance(module, torch.nn.BatchNorm1d)]
    rows = {}
    for norm in norms:
        norm.momentum = 1.0
        norm.register_forward_hook(lambda norm, inputs, _: rows.update({norm: len(inputs[0])}))
    singles, clips = next(iter(trainer.batches))
    losses = trainer.step(singles, clips, with_clips=True)
    assert {norm.num_batches_tracked.item() for norm in norms} == {1}
    assert trainer.network.training
    length, receptive_field = experiment.clip_frames, trainer.network.receptive_field
    keypoints = motion.keypoints[input_frames(clips, receptive_field, length)]
    target = motion.joints[target_frames(clips, length)]
    excluded = length * len(clips)
    for norm, count in rows.items():  # the running variance is unbiased, that of the batch is not
        included = count * len(singles) / (len(singles) + excluded)
        norm.running_var *= (included - 1) / included
    with torch.no_grad():
        predicted = trainer.network.eval()(keypoints)
    torch.testing.assert_close(losses[1], position_error(predicted, target))
    assert losses[2:].all()


def test_a_scale_that_batch_norm_undoes_has_no_gradient(motion):
    """Unlike with running statistics, or any others that are constants to the gradient."""
    trainer = Trainer(motion, motion, small_experiment("ours"), 0)
    trainer.optimizer = torch.optim.SGD(trainer.network.parameters(), lr=0.0)
    trainer.step(*next(iter(trainer.batches)), with_clips=True)
    for block in trainer.network.blocks:
        weight = block.temporal.linear.weight
        along = (weight * weight.grad).sum(dim=1)
        assert along.norm() < 1e-4 * weight.norm() * weight.grad.norm()


def test_bfloat16_gives_nearly_the_same_losses_and_gradients(motion):
    """After some steps: the motion that an untrained network predicts is mostly noise.

    The tolerance of the terms is larger than that of position errors: frames are rounded independently, which affects
    differences between them most.
    """
    experiment, found = small_experiment("ours", channels=128, dropout=0.0), []
    for precision in ("float32", "bfloat16"):
        trainer = Trainer(motion, motion, experiment, 0)
        for _ in range(10):
            for batch in trainer.batches:
                trainer.step(*batch, with_clips=True)
        trainer.precision = precision
        losses = trainer.step(*next(iter(trainer.batches)), with_clips=True)
        found.append((losses, torch.cat([weight.grad.flatten() for weight in trainer.network.parameters()])))
    (losses, gradient), (half_losses, half_gradient) = found
    torch.testing.assert_close(half_losses[:2], losses[:2], rtol=0.02, atol=0)
    torch.testing.assert_close(half_losses[2:], losses[2:], rtol=0.1, atol=0)
    assert not torch.equal(half_losses[0], losses[0])
    assert torch.cosine_similarity(half_gradient, gradient, dim=0) > 0.95


def test_the_terms_start_after_the_warm_up(motion):
    trainer = Trainer(motion, motion, small_experiment("ours", warm_up_epochs=1), 0)
    train_epochs(trainer, 3)
    assert all(tuple(row) == HISTORY for row in trainer.history)
    for key in ("clips_mpjpe_mm", *TERMS):
        assert [row[key] is None for row in trainer.history] == [True, False, False]
    assert [row["epoch"] for row in trainer.history] == [1, 2, 3]
    assert len(trainer.seconds) == 3


def test_the_loss_is_the_position_errors_and_the_weighted_terms(motion):
    experiment = small_experiment("ours", warm_up_epochs=0)
    trainer = Trainer(motion, motion, experiment, 0)
    train_epochs(trainer, 1)
    (row,) = trainer.history
    position = (row["train_mpjpe_mm"] + row["clips_mpjpe_mm"]) / 1000
    terms = sum(weight * row[term] for term, weight in experiment.losses.items())
    assert row["loss"] == pytest.approx(position + terms)
    assert terms > 0


@pytest.mark.parametrize("name", LOSSES)
def test_a_non_finite_loss_stops_with_epoch_batch_and_term(motion, monkeypatch, name):
    step = Trainer.step

    def broken(self, *arguments, with_clips):
        losses = step(self, *arguments, with_clips=with_clips)
        return losses.index_fill(0, torch.tensor(LOSSES.index(name)), float("nan")) if with_clips else losses

    monkeypatch.setattr(Trainer, "step", broken)
    trainer = Trainer(motion, motion, small_experiment("ours", warm_up_epochs=1), 0)
    with pytest.raises(InputError, match=rf"epoch 2, batch 1: non-finite loss {name} \(nan\)"):
        train_epochs(trainer, 2)


def test_a_non_finite_error_on_held_out_motion_stops_the_training(motion):
    """The losses may be finite, because training does not use the running statistics of batch norm."""
    experiment = small_experiment("baseline")
    momentum = experiment.batch_norm_momentum.model_copy(update={"first": 5e-324, "last": 1.0})
    trainer = Trainer(motion, motion, experiment.model_copy(update={"batch_norm_momentum": momentum}), 0)
    with pytest.raises(InputError, match=r"epoch 2: non-finite error \(nan\) on the split"):
        train_epochs(trainer, 3)


@pytest.mark.parametrize("dropout", [1e-9, 0.999999, 1 - 2**-53])
def test_training_runs_with_any_dropout(motion, dropout):
    trainer = Trainer(motion, motion, small_experiment("ours", dropout=dropout), 0)
    trainer.step(*next(iter(trainer.batches)), with_clips=True)
    assert all(weight.isfinite().all() for weight in trainer.network.parameters())


def test_a_seed_beyond_pytorchs_is_refused(motion):
    with pytest.raises(InputError, match=f"seeds: found {10**18}, expected at most"):
        Trainer(motion, motion, small_experiment("baseline"), 10**18)
    trainer = Trainer(motion, motion, small_experiment("baseline"), MAX_SEED)
    next(trainer.epoch())


def test_the_precision_is_the_experiments_unless_given(motion):
    experiment = small_experiment("baseline", precision="bfloat16")
    assert Trainer(motion, motion, experiment, 0).precision == "bfloat16"
    assert Trainer(motion, motion, experiment, 0, precision="float32").precision == "float32"


def test_the_optimiser_steps_as_in_videopose3d(reference, motion):
    optimiser = Trainer(motion, motion, small_experiment("baseline"), 0).optimizer
    arrays = reference("train_schedule")
    weights = torch.nn.Parameter(arrays.tensor("adam/params_amsgrad")[0].clone())
    again = type(optimiser)([weights], **optimiser.defaults | {"lr": float(arrays["adam/lr"])})
    steps = zip(arrays.tensor("adam/gradients"), arrays.tensor("adam/params_amsgrad")[1:], strict=True)
    for gradient, expected in steps:
        weights.grad = gradient.clone()
        again.step()
        torch.testing.assert_close(weights.detach(), expected, rtol=1e-9, atol=0)


def test_a_restored_trainer_goes_on_as_if_nothing_had_happened(motion):
    experiment = small_experiment("ours")
    whole, stopped, resumed = (Trainer(motion, motion, experiment, 0) for _ in range(3))
    train_epochs(whole, 2)
    train_epochs(stopped, 1)
    resumed.restore(stopped.state())
    train_epochs(resumed, 1)
    assert resumed.history == whole.history
    found, expected = resumed.network.state_dict(), whole.network.state_dict()
    assert all(torch.equal(found[name], weight) for name, weight in expected.items())


def test_motion_and_its_mirror_image_are_twice_as_many_sequences(sequences, motion):
    both = motion.with_mirrored(sequences.mirrored_keypoints)
    assert {field.name: len(getattr(both, field.name)) for field in dataclasses.fields(both)} == {
        field.name: 2 * len(getattr(motion, field.name)) for field in dataclasses.fields(motion)
    }
