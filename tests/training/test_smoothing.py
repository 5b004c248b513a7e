"""Training of the learned smoother: what it learns, from what, and that it is repeatable."""

import pytest
import torch

from jointaware.analysis.smoothing import smooth
from jointaware.artifacts.parameters import Smooth, check
from jointaware.errors import InputError
from jointaware.pose.lifting import lift
from jointaware.pose.metrics import mpjae, mpjpe
from jointaware.pose.mirroring import mirror
from jointaware.pose.network import TemporalNetwork
from jointaware.pose.smoothing.windows import slide
from jointaware.training.batches import read_motion
from jointaware.training.smoothing import Lifted, lift_motion, train_smoother
from tests import small
from tests.training.small import small_parameters

sequences = small.sequences
CPU = torch.device("cpu")


def settings(**changes: object) -> Smooth:
    demo = check(small_parameters(), "small").smooth
    return demo.model_copy(update={"window": 16, "width": 32, "epochs": 3, "batch_size": 4} | changes)


def noisy(lengths: tuple[int, ...], seed: int = 0) -> Lifted:
    """Swaying joints, predicted with white noise of 10 mm."""
    generator = torch.Generator().manual_seed(seed)
    frames = torch.arange(sum(lengths))[:, None, None]
    phase, speed = (torch.rand(17, 3, generator=generator) for _ in range(2))
    target = 0.3 * torch.sin(0.1 * (0.5 + speed) * frames + 6 * phase)
    predicted = target + 0.01 * torch.randn(target.shape, generator=generator)
    end = torch.tensor(lengths).cumsum(0)
    return Lifted(predicted, target, end - torch.tensor(lengths), end - 1)


def test_it_learns_to_remove_noise_better_than_the_filter_does():
    smoother, history = train_smoother(
        noisy((400, 400)), noisy((200,), seed=1), settings(epochs=60, learning_rate_decay=0.95), seed=0
    )
    assert history[-1]["held_out_loss"] < 0.5 * history[0]["held_out_loss"]
    new = noisy((300,), seed=2)
    with torch.no_grad():
        learned = slide(smoother, new.predicted)
    filtered = torch.from_numpy(smooth(new.predicted.numpy(), window=9, order=2))
    assert mpjpe(learned, new.target).mean() < mpjpe(filtered, new.target).mean()
    assert mpjae(learned, new.target).mean() < 0.5 * mpjae(filtered, new.target).mean()


def test_equal_seeds_give_equal_smoothers_and_others_others():
    motion = noisy((100, 60))
    torch.manual_seed(5)
    (first, history), (again, same_history) = (train_smoother(motion, motion, settings(), seed=1) for _ in range(2))
    other, _ = train_smoother(motion, motion, settings(), seed=2)
    assert history == same_history
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
        assert not torch.equal(weight, other.state_dict()[name])


def test_the_history_starts_with_the_predictions_as_they_are():
    motion = noisy((90, 30))
    _, history = train_smoother(motion, motion, settings(window=30, acceleration_weight=0.0), seed=0)
    assert [row["epoch"] for row in history] == [0, 1, 2, 3]
    assert history[0]["held_out_loss"] == pytest.approx((motion.predicted - motion.target).abs().mean().item())
    assert history[0]["loss"] is None
    assert history[2]["learning_rate"] == pytest.approx(history[1]["learning_rate"] * 0.56)


def test_without_held_out_takes_nothing_is_monitored():
    _, history = train_smoother(noisy((60,)), None, settings(), seed=0)
    assert [row["held_out_loss"] for row in history] == [None] * 4


def test_held_out_takes_only_monitor():
    training = noisy((80,))
    plain, _ = train_smoother(training, None, settings(), seed=0)
    watched, _ = train_smoother(training, noisy((80,), seed=1), settings(), seed=0)
    assert all(torch.equal(weight, watched.state_dict()[name]) for name, weight in plain.state_dict().items())


@pytest.mark.parametrize("changes", [{"epochs": 2}, {"learning_rate": 0.001}, {"learning_rate_decay": 1.0},
                                     {"batch_size": 3}, {"acceleration_weight": 5.0}])  # fmt: skip
def test_every_setting_of_the_training_changes_the_weights(changes):
    plain, other = (train_smoother(noisy((80, 50)), None, settings(**each), seed=0)[0] for each in ({}, changes))
    assert not torch.equal(plain.decode.weight, other.decode.weight)


def test_a_loss_that_diverges_stops_with_the_key_to_change():
    training = noisy((60,))
    training.target[:] = torch.inf
    with pytest.raises(InputError, match=r"smooth\.learning_rate: found 0\.006, expected less: the loss of epoch 1 is"):
        train_smoother(training, None, settings(), seed=0)


@pytest.mark.parametrize("use_flip", [True, False])
@torch.no_grad()
def test_sequences_are_lifted_one_by_one_as_at_test_time(sequences, use_flip):
    network = TemporalNetwork((3, 3), 8).eval()
    motion = read_motion(sequences, "train", CPU)
    mirrored = sequences.mirrored_keypoints
    found = lift_motion(network, motion, use_flip=use_flip, mirrored_keypoints=mirrored)
    parts = motion.keypoints.split(sequences.of("train")["frames"].tolist())
    expected = torch.cat([lift(network, part, use_flip=use_flip) for part in parts])
    torch.testing.assert_close(found.predicted, expected)
    assert torch.equal(found.target, motion.joints)
    assert use_flip == torch.allclose(
        mirror(lift(network, mirror(parts[0]), use_flip=use_flip)), found.predicted[: len(parts[0])], atol=1e-5
    )
