"""Gradient shares: what they are, and that measuring them changes nothing."""

import pytest
import torch

from jointaware.pose.losses import TERMS
from jointaware.training.shares import gradient_shares
from jointaware.training.trainer import HISTORY, Trainer
from tests.training.small import small_experiment


def train(motion, epochs: int = 2, **changes) -> Trainer:
    trainer = Trainer(motion, motion, small_experiment("ours", warm_up_epochs=1, **changes), 0)
    for _ in range(epochs):
        for _ in trainer.epoch():
            pass
    return trainer


def test_a_share_is_the_norm_of_a_gradient_over_that_of_the_position_error():
    network = torch.nn.Linear(2, 1, bias=False)
    position, term = network.weight @ torch.tensor([3.0, 4.0]), network.weight @ torch.tensor([0.0, 1.0])
    shares = gradient_shares(position.sum(), {"velocity": 2 * term.sum(), "angle": 0 * term.sum()}, network)
    assert shares == pytest.approx({"velocity": 2 / 5, "angle": 0})
    assert network.weight.grad is None


def test_measuring_them_changes_no_weight_and_adds_columns(motion):
    plain, measured = train(motion), train(motion, gradient_shares=True)
    found, expected = measured.network.state_dict(), plain.network.state_dict()
    assert all(torch.equal(found[name], weight) for name, weight in expected.items())
    columns = [f"share_{term}" for term in measured.experiment.losses]
    assert set(measured.experiment.losses) == set(TERMS)
    assert [tuple(row) for row in measured.history] == [(*HISTORY, *columns)] * 2
    first, second = measured.history
    assert {first[column] for column in columns} == {None}
    assert second["share_velocity"] > 0


def test_a_share_is_proportional_to_the_weight(motion):
    """In the first epoch with clips the network is the same whatever the weights were before."""
    shares = []
    for weight in (1.0, 3.0):
        trainer = Trainer(
            motion, motion, small_experiment("ours", losses={"velocity": weight}, gradient_shares=True), 0
        )
        trainer.step(*next(iter(trainer.batches)), with_clips=True)
        shares.append(trainer.shares[0]["velocity"])
    assert shares[1] == pytest.approx(3 * shares[0], rel=1e-4)
