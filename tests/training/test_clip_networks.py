"""A network that lifts whole clips: it trains on its own clips, which the terms are computed on, and resumes."""

from typing import Any

import pytest
import torch

from jointaware.artifacts.experiments import Experiment
from jointaware.artifacts.parameters import check
from jointaware.errors import InputError
from jointaware.pose.clips import target_frames
from jointaware.pose.losses import TERMS, joint_aware_loss, position_error
from jointaware.training.batches import Batches, Motion
from jointaware.training.memory import check_memory
from jointaware.training.trainer import HISTORY, Trainer
from tests.training.small import small_parameters, with_transformer


def experiment(**changes: Any) -> Experiment:
    parameters = with_transformer(small_parameters(), **changes)
    return check(parameters, "small").experiments["transformer"]


def train_epochs(trainer: Trainer, epochs: int) -> None:
    for _ in range(epochs):
        for _ in trainer.epoch():
            pass


def test_a_batch_has_as_many_clips_as_hold_its_frames(motion):
    batches = Batches(motion, batch_size=32, clips=0, clip_frames=1, output_frames=9)
    drawn = list(batches)
    assert [len(clips) for clips, _ in drawn] == [3, 3, 3, 1]  # of 40 and 55 frames
    assert len(batches) == len(drawn)
    assert all(len(added) == 0 for _, added in drawn)
    start, first, last = torch.cat([clips for clips, _ in drawn]).unbind(dim=1)
    assert ((start >= first) & (start + 8 <= last)).all()


def test_clips_longer_than_every_sequence_are_refused(motion):
    Batches(motion, batch_size=64, clips=0, clip_frames=1, output_frames=55)
    with pytest.raises(InputError, match=r"network\.frames: found 56, expected at most 55, the longest training"):
        Batches(motion, batch_size=64, clips=0, clip_frames=1, output_frames=56)


def test_the_loss_of_a_step_is_the_position_error_and_the_terms_of_the_same_clips(motion):
    found = experiment(dropout=0.0)
    trainer = Trainer(motion, motion, found, 0)
    trainer.optimizer = torch.optim.SGD(trainer.network.parameters(), lr=0.0)
    clips, none = next(iter(trainer.batches))
    losses = trainer.step(clips, none, with_clips=True)
    frames = target_frames(clips, 9)
    with torch.no_grad():
        predicted, target = trainer.network(motion.keypoints[frames]), motion.joints[frames]
    _, terms = joint_aware_loss(predicted, target, {}, distance=found.distance)
    torch.testing.assert_close(losses[0], position_error(predicted, target))
    assert losses[1] == 0
    torch.testing.assert_close(losses[2:], torch.stack(list(terms.values())))
    with_terms = torch.cat([weight.grad.flatten() for weight in trainer.network.parameters()])
    trainer.step(clips, none, with_clips=False)
    assert not torch.equal(with_terms, torch.cat([weight.grad.flatten() for weight in trainer.network.parameters()]))


def test_terms_start_after_the_warm_up_and_only_where_there_are_some(motion):
    trainer, plain = (Trainer(motion, motion, experiment(**changes), 0) for changes in ({}, {"losses": {}}))
    for each in (trainer, plain):
        train_epochs(each, 2)
    assert all(tuple(row) == HISTORY and row["clips_mpjpe_mm"] is None for row in trainer.history + plain.history)
    for term in TERMS:
        assert [row[term] is None for row in trainer.history] == [True, False]
        assert [row[term] is None for row in plain.history] == [True, True]
    first, second = trainer.history
    assert first["loss"] == pytest.approx(first["train_mpjpe_mm"] / 1000)
    terms = 1.0 * second["velocity"] + 0.1 * second["angle"]
    assert second["loss"] == pytest.approx(second["train_mpjpe_mm"] / 1000 + terms)
    assert second["train_mpjpe_mm"] < first["train_mpjpe_mm"]


@pytest.mark.parametrize("term", TERMS)
def test_each_term_alone_moves_the_network(motion, term):
    gradients = []
    for weights in ({}, {term: 1.0}):
        trainer = Trainer(motion, motion, experiment(losses=weights), 0)
        trainer.step(*next(iter(trainer.batches)), with_clips=bool(weights))
        gradients.append(torch.cat([weight.grad.flatten() for weight in trainer.network.parameters()]))
    assert gradients[1].isfinite().all()
    assert not torch.allclose(*gradients)


def test_gradient_shares_change_nothing_but_are_logged(motion):
    plain, shared = (Trainer(motion, motion, experiment(gradient_shares=on), 0) for on in (False, True))
    for trainer in (plain, shared):
        train_epochs(trainer, 2)
    assert shared.history[1]["share_velocity"] > 0
    found, expected = shared.network.state_dict(), plain.network.state_dict()
    assert all(torch.equal(found[name], weight) for name, weight in expected.items())


def test_a_restored_trainer_goes_on_as_if_nothing_had_happened(motion):
    found = experiment(dropout=0.2)
    whole, stopped, resumed = (Trainer(motion, motion, found, 0) for _ in range(3))
    train_epochs(whole, 3)
    train_epochs(stopped, 1)
    resumed.check(stopped.state())
    resumed.restore(stopped.state())
    train_epochs(resumed, 2)
    assert resumed.history == whole.history
    found, expected = resumed.network.state_dict(), whole.network.state_dict()
    assert all(torch.equal(found[name], weight) for name, weight in expected.items())


def test_the_state_of_the_other_network_is_no_state_to_resume_from(motion):
    other = check(small_parameters(), "small").experiments["baseline"]
    with pytest.raises(ValueError, match="not the state of such a network"):
        Trainer(motion, motion, experiment(), 0).check(Trainer(motion, motion, other, 0).state())


def test_bfloat16_gives_nearly_the_same_losses(motion):
    losses = []
    for precision in ("float32", "bfloat16"):
        trainer = Trainer(motion, motion, experiment(), 0, precision=precision)
        losses.append(trainer.step(*next(iter(trainer.batches)), with_clips=True))
    torch.testing.assert_close(losses[1], losses[0], rtol=0.1, atol=0)
    assert not torch.equal(*losses)


def test_memory_is_that_of_the_clips_of_a_batch(monkeypatch):
    needed = {}
    monkeypatch.setattr("jointaware.training.memory.free_memory", lambda device: 0)
    for frames in (9, 27):
        network = {"name": "spatiotemporal_transformer", "depth": 1, "heads": 2, "mlp_ratio": 2, "frames": frames}
        with pytest.raises(InputError) as caught:
            found = experiment(network=network, batch_size=27 * 10**5)
            check_memory("run", found, frames=10**9, device=torch.device("cpu"))
        needed[frames] = str(caught.value)
    assert needed[9] == needed[27]


def test_short_sequences_are_lifted_whole_and_trained_on_in_the_middle_of_a_clip(motion):
    """The second is shorter than a clip; its ends are repeated, as those of every clip that overhangs."""
    length = torch.tensor([40, 5])
    short = Motion.of(motion.keypoints[:45], motion.joints[:45], length)
    trainer = Trainer(short, short, experiment(), 0)
    train_epochs(trainer, 1)
    assert trainer.history[0]["held_out_mpjpe_mm"] > 0
