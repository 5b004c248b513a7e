"""The joint-aware terms: by hand, by gradient, and for straight limbs and limbs of zero length."""

import math
from functools import partial

import pytest
import torch

from jointaware.pose import losses
from jointaware.pose.skeleton import LEFT_FOOT, LEFT_KNEE, RIGHT_KNEE


@pytest.fixture
def clips() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    target = 0.3 * torch.randn(5, 4, 17, 3, generator=generator, dtype=torch.float64)
    return target + 0.05 * torch.randn(target.shape, generator=generator, dtype=torch.float64), target


def gradient(predicted: torch.Tensor, target: torch.Tensor, term: str, distance: str = "squared") -> torch.Tensor:
    predicted = predicted.clone().requires_grad_()
    losses.joint_aware_loss(predicted, target, {term: 1.0}, distance=distance)[0].backward()
    assert predicted.grad is not None
    return predicted.grad


def test_the_loss_is_the_weighted_sum_of_the_terms(clips):
    weights = dict(zip(losses.TERMS, [1.0, 2.0, 0.0, 4.0, 5.0, 6.0, 7.0], strict=True))
    total, terms = losses.joint_aware_loss(*clips, weights)
    assert set(terms) == set(losses.TERMS)
    torch.testing.assert_close(total, sum(weights[term] * terms[term] for term in terms))


@pytest.mark.parametrize("distance", losses.DISTANCES)
def test_a_perfect_prediction_has_zero_loss(clips, distance):
    _, target = clips
    assert all(value == 0 for value in losses.joint_aware_loss(target, target, {}, distance=distance)[1].values())


@pytest.mark.parametrize("distance", losses.DISTANCES)
@pytest.mark.parametrize("term", losses.TERMS)
def test_each_term_alone_has_a_gradient(clips, term, distance):
    found = gradient(*clips, term, distance)
    assert found.isfinite().all()
    assert found.abs().max() > 0


@pytest.mark.parametrize("distance", losses.DISTANCES)
@pytest.mark.parametrize("term", losses.TERMS)
def test_gradients_equal_finite_differences(clips, term, distance):
    predicted, target = clips[0][:1, :3].clone().requires_grad_(), clips[1][:1, :3]
    loss = partial(losses.joint_aware_loss, target=target, weights={term: 1.0}, distance=distance)
    assert torch.autograd.gradcheck(lambda x: loss(x)[0], predicted)


@pytest.mark.parametrize("distance", losses.DISTANCES)
@pytest.mark.parametrize("term", losses.TERMS)
def test_gradients_are_finite_for_straight_limbs_and_limbs_of_zero_length(clips, term, distance):
    target = clips[1]
    along = torch.arange(17.0, dtype=torch.float64)[:, None] * target.new_tensor([0.0, 0.0, 0.1])
    for predicted in (along.expand_as(target), torch.zeros_like(target), target[:, :, :1].expand_as(target), target):
        assert gradient(predicted, target, term, distance).isfinite().all()


@pytest.mark.parametrize("term", losses.TERMS)
def test_clips_of_one_frame_give_finite_gradients(clips, term):
    assert gradient(clips[0][:, :1], clips[1][:, :1], term).isfinite().all()


def test_terms_by_hand():
    target = torch.zeros(1, 3, 17, 3)
    target[..., LEFT_KNEE, 1], target[..., RIGHT_KNEE, 1] = 0.4, 0.4
    predicted = target.clone()
    predicted[0, 1, LEFT_KNEE, 1] = 0.5
    terms = losses.joint_aware_loss(predicted, target, {})[1]
    # In one of 3 frames two of 16 bones, those that meet in the knee, differ by 0.1 m.
    assert terms["distance"].item() == pytest.approx(2 * 0.1**2 / (3 * 16))
    assert terms["symmetry"].item() == pytest.approx(2 * 0.1**2 / (3 * 6))
    assert terms["velocity"].item() == pytest.approx(2 * 0.1**2 / (2 * 17 * 3))
    assert terms["acceleration"].item() == pytest.approx(0.2**2 / (17 * 3))
    norms = losses.joint_aware_loss(predicted, target, {}, distance="norm")[1]
    assert norms["distance"].item() == pytest.approx(2 * 0.1 / (3 * 16))
    assert norms["symmetry"].item() == pytest.approx(2 * 0.1 / (3 * 6))
    assert norms["velocity"].item() == pytest.approx(2 * 0.1 / (2 * 17))
    assert norms["acceleration"].item() == pytest.approx(0.2 / 17)


def test_terms_of_angles_by_hand():
    target = torch.zeros(1, 3, 17, 3)
    target[..., LEFT_KNEE, 1], target[..., LEFT_FOOT, 1] = 0.4, 0.8
    predicted = target.clone()
    bend = math.radians(30)
    predicted[0, 1, LEFT_FOOT] = torch.tensor([0.4 * math.sin(bend), 0.4 - 0.4 * math.cos(bend), 0.0])
    terms = losses.joint_aware_loss(predicted, target, {})[1]
    # In one of 3 frames one of 10 angles is 30 degrees instead of 180, with a lower limit of 45.
    assert terms["angle"].item() == pytest.approx(math.radians(150) ** 2 / (3 * 10), rel=1e-5)
    assert terms["range_of_motion"].item() == pytest.approx(math.radians(15) ** 2 / (3 * 10), rel=1e-5)
    assert terms["angular_acceleration"].item() == pytest.approx(math.radians(2 * 150) ** 2 / 10, rel=1e-5)
    norms = losses.joint_aware_loss(predicted, target, {}, distance="norm")[1]
    assert norms["angle"].item() == pytest.approx(math.radians(150) / (3 * 10), rel=1e-5)
    assert norms["range_of_motion"].item() == pytest.approx(math.radians(15) / (3 * 10), rel=1e-5)
    assert norms["angular_acceleration"].item() == pytest.approx(math.radians(2 * 150) / 10, rel=1e-5)


def test_the_distance_norm_measures_vectors_as_the_metrics_do(clips):
    from jointaware.pose.metrics import mpjae, mpjve

    predicted, target = (poses[:1] for poses in clips)
    terms = losses.joint_aware_loss(predicted, target, {}, distance="norm")[1]
    torch.testing.assert_close(terms["velocity"], mpjve(predicted[0], target[0]).mean())
    torch.testing.assert_close(terms["acceleration"], mpjae(predicted[0], target[0]).mean())


def test_motion_terms_do_not_mix_the_clips_of_a_batch(clips):
    predicted, target = clips
    order = torch.tensor([3, 0, 4, 1, 2])
    for term in ("velocity", "acceleration", "angular_acceleration"):
        first, second = (
            losses.joint_aware_loss(p, t, {})[1][term]
            for p, t in ((predicted, target), (predicted[order], target[order]))
        )
        torch.testing.assert_close(first, second)


def test_unknown_terms_and_distances_are_refused_by_name(clips):
    with pytest.raises(ValueError, match="'speed'"):
        losses.joint_aware_loss(*clips, {"speed": 1.0})
    with pytest.raises(ValueError, match="'huber'"):
        losses.joint_aware_loss(*clips, {}, distance="huber")
