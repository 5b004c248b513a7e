"""The floor that a person stands on."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from jointaware.pose.inference.floor import ANKLE, find_world
from tests.people import person


def filmed(pitch: float, frames: int = 200) -> tuple[torch.Tensor, torch.Tensor]:
    """Joints and root of a person who walks in a circle, seen by a camera 1.6 m high and tilted down by degrees."""
    time = np.linspace(0, 2 * np.pi, frames)
    world = person(frames) + np.stack([1.5 * np.sin(time), 5 + 1.5 * np.cos(time), 0 * time], axis=1)[:, None]
    level = (world - [0, 0, 1.6]) @ np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    points = torch.from_numpy(
        Rotation.from_euler("x", pitch, degrees=True).apply(level.reshape(-1, 3)).reshape(level.shape)
    )
    return points - points[:, :1], points[:, 0]


@pytest.mark.parametrize("pitch", [0.0, 10.0, 25.0])
def test_feet_stand_on_the_floor_and_heads_are_above_it(pitch):
    joints, root = filmed(pitch)
    turn, shift = find_world(joints, root)
    placed = (joints + root[:, None]) @ turn + shift
    torch.testing.assert_close(turn @ turn.T, torch.eye(3).double())
    assert torch.linalg.det(turn) > 0
    assert (placed[:, [3, 6], 2].min(dim=1).values - ANKLE).abs().max() < 0.08
    assert (placed[:, 10, 2] - 1.66).abs().max() < 0.1
    torch.testing.assert_close(placed[0, 0, :2], torch.zeros(2).double())


def test_a_floor_that_is_walked_on_corrects_the_up_of_someone_who_leans():
    joints, root = filmed(0.0)
    joints = joints.clone()
    joints[:, 10, 0] += 0.3  # the head: leaning to the camera's right throughout, by 11 degrees
    turn, _ = find_world(joints, root)
    tilt = torch.rad2deg(torch.acos(-turn[1, 2]))
    assert tilt < 4


def test_the_camera_is_found_as_high_as_it_hung():
    _, shift = find_world(*filmed(15.0))
    assert shift[2] == pytest.approx(1.6, abs=0.08)


def test_a_single_frame_has_a_floor():
    joints, root = filmed(5.0, frames=1)
    turn, shift = find_world(joints, root)
    assert turn.isfinite().all()
    assert shift.isfinite().all()
