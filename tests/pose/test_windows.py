"""Windows: equal to VideoPose3D's chunked generator, mirrored or not, causal or not."""

import pytest
import torch

from jointaware.pose import windows
from jointaware.pose.skeleton import LEFT_HAND, RIGHT_HAND

RECEPTIVE_FIELD = 27


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("length", [1, 3, 4])
def test_windows_equal_videopose3ds_generator(reference, length, causal):
    arrays = reference("windows")
    case = f"chunk{length}_shift{13 if causal else 0}"
    keypoints, joints = ([arrays.tensor(f"seq{i}/poses_{d}d") for i in range(3)] for d in (2, 3))
    frames = torch.tensor([len(sequence) for sequence in joints])
    last = frames.cumsum(0) - 1
    first = last - frames + 1
    plain = windows.cut(first, last, length)
    # The reference lists each sequence's windows, then the same windows mirrored.
    rows = torch.cat([plain[plain[:, 1] == start] + copy * frames.sum() for start in first for copy in (0, 1)])
    assert torch.equal((rows[:, 0] - rows[:, 1]), arrays.tensor(f"{case}/windows")[:, 1])

    seen = windows.with_mirrored(torch.cat(joints))[windows.target_frames(rows, length)]
    assert torch.equal(seen, arrays.tensor(f"{case}/batch_3d"))
    index = windows.input_frames(rows, RECEPTIVE_FIELD, length, causal=causal)
    assert torch.equal(windows.with_mirrored(torch.cat(keypoints))[index], arrays.tensor(f"{case}/batch_2d"))


def test_frame_by_frame_a_window_sees_the_same():
    rows = windows.cut(torch.tensor([0, 40]), torch.tensor([39, 50]), 4)
    single = windows.frame_by_frame(rows, 4)
    assert torch.equal(windows.target_frames(single).view(-1, 4), windows.target_frames(rows, 4))
    seen = windows.input_frames(rows, RECEPTIVE_FIELD, 4)
    expected = torch.stack([seen[:, frame : frame + RECEPTIVE_FIELD] for frame in range(4)], dim=1)
    assert torch.equal(windows.input_frames(single, RECEPTIVE_FIELD).view_as(expected), expected)


def test_mirroring_negates_x_and_swaps_the_sides_and_twice_is_nothing():
    pose = torch.randn(2, 17, 3)
    mirrored = windows.mirror(pose)
    assert torch.equal(mirrored[:, LEFT_HAND], pose[:, RIGHT_HAND] * torch.tensor([-1.0, 1.0, 1.0]))
    assert torch.equal(windows.mirror(mirrored), pose)


def test_no_window_sees_another_sequence():
    first, last = torch.tensor([0, 5]), torch.tensor([4, 13])
    for length in (1, 4):
        rows = windows.cut(first, last, length)
        index = windows.input_frames(rows, RECEPTIVE_FIELD, length)
        assert ((index >= rows[:, 1:2]) & (index <= rows[:, 2:])).all()


def test_a_window_needs_a_frame():
    with pytest.raises(ValueError, match="at least 1"):
        windows.cut(torch.tensor([0]), torch.tensor([4]), 0)
