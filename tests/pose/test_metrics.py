"""The five metrics: by hand, by invariance, and against VideoPose3D."""

import math

import pytest
import torch

from jointaware.pose import metrics
from jointaware.pose.camera import rotate

PER_FRAME = {"mpjpe": "frame", "p_mpjpe": "frame", "n_mpjpe": "frame", "mpjve": "step", "mpjae": "step"}


@pytest.fixture
def motion() -> torch.Tensor:
    return torch.randn(8, 17, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def turned(motion: torch.Tensor) -> torch.Tensor:
    half = math.radians(40) / 2
    return rotate(motion, motion.new_tensor([math.cos(half), 0.0, 0.0, math.sin(half)]))


@pytest.mark.parametrize("case", ["smooth", "noisy", "degenerate"])
@pytest.mark.parametrize("metric", PER_FRAME)
def test_metrics_equal_videopose3d_frame_by_frame(reference, metric, case):
    arrays = reference("metrics")
    predicted, target = (arrays.tensor(f"{case}/{pose}", torch.float64) for pose in ("predicted", "target"))
    expected = arrays.tensor(f"{case}/{metric}_per_{PER_FRAME[metric]}")
    found = getattr(metrics, metric)(predicted, target)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=0)
    assert found.mean().item() == pytest.approx(float(arrays[f"{case}/{metric}"]), rel=1e-9)
    in_single = getattr(metrics, metric)(arrays.tensor(f"{case}/predicted"), arrays.tensor(f"{case}/target"))
    assert in_single.double().mean().item() == pytest.approx(float(arrays[f"{case}/{metric}_f32"]), abs=1e-6)


@pytest.mark.parametrize("metric", PER_FRAME)
def test_float32_is_precise_enough(reference, metric):
    arrays = reference("metrics")
    predicted, target = arrays.tensor("degenerate/predicted"), arrays.tensor("degenerate/target")
    expected = arrays.tensor(f"degenerate/{metric}_per_{PER_FRAME[metric]}")
    found = getattr(metrics, metric)(predicted, target)
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-6)


def test_mpjpe_is_the_mean_distance_of_the_joints():
    target = torch.zeros(1, 17, 3)
    predicted = target.clone()
    predicted[0, 3] = torch.tensor([0.03, 0.0, 0.04])
    assert metrics.mpjpe(predicted, target).item() == pytest.approx(0.05 / 17)


def test_p_mpjpe_forgives_a_similarity_but_not_a_mirror(motion):
    assert metrics.p_mpjpe(1.7 * turned(motion) + 3, motion).max() < 1e-12
    assert metrics.p_mpjpe(motion * motion.new_tensor([-1.0, 1.0, 1.0]), motion).min() > 0.01


def test_n_mpjpe_forgives_a_scale_but_not_a_turn(motion):
    assert metrics.n_mpjpe(0.3 * motion, motion).max() < 1e-12
    assert metrics.n_mpjpe(turned(motion), motion).min() > 0.01


def test_a_prediction_in_one_point_has_a_finite_error(motion):
    for metric in (metrics.p_mpjpe, metrics.n_mpjpe):
        assert metric(torch.zeros_like(motion), motion).isfinite().all()


def test_a_constant_offset_has_no_velocity_error(motion):
    assert metrics.mpjve(motion + 1, motion).max() < 1e-12


def test_uniform_motions_have_no_acceleration_error():
    time = torch.arange(5.0)[:, None, None]
    slow, fast = time * torch.ones(17, 3), 3 * time * torch.ones(17, 3)
    assert metrics.mpjve(fast, slow).tolist() == pytest.approx([2 * math.sqrt(3)] * 4)
    assert metrics.mpjae(fast, slow).abs().max() < 1e-6


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_sequences_have_as_many_values_as_there_are_differences(motion, frames):
    assert len(metrics.mpjve(motion[:frames], motion[:frames])) == frames - 1
    assert len(metrics.mpjae(motion[:frames], motion[:frames])) == max(frames - 2, 0)


@pytest.mark.parametrize("metric", PER_FRAME)
def test_poses_of_another_shape_are_refused_by_name(motion, metric):
    with pytest.raises(ValueError, match=r"predicted \(8, 17, 3\), target \(7, 17, 3\)"):
        getattr(metrics, metric)(motion, motion[:7])
