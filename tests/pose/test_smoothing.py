"""The learned smoother: one curve at a time, whole sequences by windows, and its loss."""

import pytest
import torch

from jointaware.pose.smoothing.network import Smoother, smooth_windows, smoothing_error
from jointaware.pose.smoothing.windows import all_windows, slide

WINDOW = 8


@pytest.fixture
def smoother() -> Smoother:
    torch.manual_seed(0)
    return Smoother(WINDOW, width=16, blocks=2)


def motion(frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(frames, 17, 3, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_every_joint_and_axis_is_smoothed_alone_by_the_same_weights(smoother):
    joints = motion(WINDOW)[None]
    smoothed = smooth_windows(smoother, joints)
    for joint, axis in ((0, 0), (3, 1), (16, 2)):
        torch.testing.assert_close(smoothed[0, :, joint, axis], smoother(joints[0, :, joint, axis]))


@torch.no_grad()
def test_an_offset_passes_through(smoother):
    joints = motion(20)
    torch.testing.assert_close(slide(smoother, joints + 0.25), slide(smoother, joints) + 0.25, atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("frames", [WINDOW, WINDOW + 1, 30])
def test_a_frame_is_the_mean_of_all_windows_that_see_it(smoother, frames):
    joints = motion(frames)
    seen = [[] for _ in range(frames)]
    for start in range(frames - WINDOW + 1):
        for place, pose in enumerate(smooth_windows(smoother, joints[None, start : start + WINDOW])[0]):
            seen[start + place].append(pose)
    expected = torch.stack([torch.stack(poses).mean(dim=0) for poses in seen])
    torch.testing.assert_close(slide(smoother, joints), expected)


@torch.no_grad()
@pytest.mark.parametrize("frames", [1, 2, WINDOW - 1])
def test_a_sequence_shorter_than_the_window_repeats_its_last_frame(smoother, frames):
    joints = motion(frames)
    repeated = torch.cat([joints, joints[-1:].expand(WINDOW - frames, -1, -1)])
    torch.testing.assert_close(slide(smoother, joints), slide(smoother, repeated)[:frames])


def test_windows_start_wherever_they_fit_and_a_short_sequence_has_one():
    first, last = torch.tensor([0, 10, 15]), torch.tensor([9, 14, 22])
    starts = all_windows(first, last, WINDOW)[:, 0].tolist()
    assert starts == [0, 1, 2, 10, 15]


def test_the_loss_adds_up_position_and_acceleration():
    target = torch.zeros(1, 4, 1, 3)
    predicted = target.clone()
    predicted[0, 1, 0, 0] = 1.0  # accelerations of frames 0 to 2 and 1 to 3: -2 and 1
    assert smoothing_error(predicted, target, acceleration_weight=0.0).item() == pytest.approx(1 / 12)
    assert smoothing_error(predicted, target, acceleration_weight=10.0).item() == pytest.approx(1 / 12 + 10 * 3 / 6)


def test_a_constant_error_has_no_acceleration():
    target = motion(WINDOW)[None]
    found = smoothing_error(target + 0.5, target, acceleration_weight=100.0)
    assert found.item() == pytest.approx(0.5, rel=1e-4)


def test_every_weight_has_a_gradient(smoother):
    joints = motion(WINDOW)[None]
    smoothing_error(smooth_windows(smoother, joints), 0.5 * joints, acceleration_weight=1.0).backward()
    assert all(weight.grad.isfinite().all() and weight.grad.any() for weight in smoother.parameters())
