"""Clips: equal to VideoPose3D's chunked generator, mirrored or not, causal or not."""

import pytest
import torch

from jointaware.pose.clips import clip_counts, cut_clips, draw_clips, input_frames, single_frames, target_frames
from jointaware.pose.mirroring import with_mirrored

RECEPTIVE_FIELD = 27


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("frames", [1, 3, 4])
def test_clips_equal_videopose3ds_generator(reference, frames, causal):
    arrays = reference("windows")
    case = f"chunk{frames}_shift{13 if causal else 0}"
    keypoints, joints = ([arrays.tensor(f"seq{i}/poses_{d}d") for i in range(3)] for d in (2, 3))
    length = torch.tensor([len(sequence) for sequence in joints])
    last = length.cumsum(0) - 1
    first = last - length + 1
    plain = cut_clips(first, last, frames)
    # The reference lists each sequence's clips, then the same clips mirrored.
    clips = torch.cat([plain[plain[:, 1] == start] + copy * length.sum() for start in first for copy in (0, 1)])
    assert torch.equal((clips[:, 0] - clips[:, 1]), arrays.tensor(f"{case}/windows")[:, 1])

    seen = with_mirrored(torch.cat(joints))[target_frames(clips, frames)]
    assert torch.equal(seen, arrays.tensor(f"{case}/batch_3d"))
    index = input_frames(clips, RECEPTIVE_FIELD, frames, causal=causal)
    assert torch.equal(with_mirrored(torch.cat(keypoints))[index], arrays.tensor(f"{case}/batch_2d"))


def test_single_frames_have_the_inputs_and_targets_of_their_clip():
    clips = cut_clips(torch.tensor([0, 40]), torch.tensor([39, 50]), 4)
    single = single_frames(clips, 4)
    assert torch.equal(target_frames(single).view(-1, 4), target_frames(clips, 4))
    seen = input_frames(clips, RECEPTIVE_FIELD, 4)
    expected = torch.stack([seen[:, frame : frame + RECEPTIVE_FIELD] for frame in range(4)], dim=1)
    assert torch.equal(input_frames(single, RECEPTIVE_FIELD).view_as(expected), expected)


def test_no_clip_sees_another_sequence():
    first, last = torch.tensor([0, 5]), torch.tensor([4, 13])
    for frames in (1, 4):
        clips = cut_clips(first, last, frames)
        index = input_frames(clips, RECEPTIVE_FIELD, frames)
        assert ((index >= clips[:, 1:2]) & (index <= clips[:, 2:])).all()


def test_a_clip_without_frames_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        cut_clips(torch.tensor([0]), torch.tensor([4]), 0)


def test_drawn_clips_lie_within_their_sequence_and_start_at_every_frame():
    first, last = torch.tensor([0, 9, 40]), torch.tensor([8, 39, 42])
    generator = torch.Generator().manual_seed(0)
    drawn = torch.stack([draw_clips(first, last, 9, generator) for _ in range(300)])
    assert torch.equal(clip_counts(first, last, 9), torch.tensor([1, 3, 1]))
    assert drawn.shape == (300, 5, 3)
    start, first, last = drawn.unbind(dim=2)
    assert (start[:, 0] == 0).all()
    assert set(start[:, 1:4].flatten().tolist()) == set(range(9, 40 - 9 + 1))
    assert (start[:, 1:4].diff(dim=1) >= 0).all()
    assert (first[0] == torch.tensor([0, 9, 9, 9, 40])).all()
    assert (last[0] == torch.tensor([8, 39, 39, 39, 42])).all()


def test_a_sequence_shorter_than_a_clip_is_headline_in_its_middle():
    (row,) = draw_clips(torch.tensor([5]), torch.tensor([7]), 8, torch.Generator())
    assert torch.equal(row, cut_clips(torch.tensor([5]), torch.tensor([7]), 8)[0])
