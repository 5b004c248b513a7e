"""Batches: every frame once an epoch, clips within their sequence."""

import pytest
import torch

from jointaware.errors import InputError
from jointaware.training.batches import Batches


def test_every_training_frame_is_in_one_batch_of_an_epoch(motion):
    batches = Batches(motion, batch_size=32, clips=0, clip_frames=4)
    singles = torch.cat([single for single, _ in batches])
    assert sorted(singles[:, 0].tolist()) == list(range(len(motion.joints)))


def test_clips_lie_within_their_sequence_and_start_at_every_frame(motion):
    batches = Batches(motion, batch_size=32, clips=4, clip_frames=4)
    start, first, last = torch.cat([clips for _ in range(40) for _, clips in batches]).unbind(dim=1)
    assert ((start >= first) & (start + 3 <= last)).all()
    assert len(start.unique()) == sum(length - 3 for length in (last - first + 1).unique().tolist())


def test_extra_frames_are_drawn_from_all_frames(motion):
    batches = Batches(motion, batch_size=32, clips=0, clip_frames=1, extra_frames=len(motion.joints))
    start, first, last = torch.cat([batches.extra() for _ in range(20)]).unbind(dim=1)
    assert len(start) == 20 * len(motion.joints)
    assert sorted(start.unique().tolist()) == list(range(len(motion.joints)))
    assert ((start >= first) & (start <= last)).all()


def test_a_last_batch_of_one_frame_is_left_out(motion):
    batches = Batches(motion, batch_size=len(motion.joints) - 1, clips=0, clip_frames=1)
    assert [len(singles) for singles, _ in batches] == [len(motion.joints) - 1]


def test_clips_longer_than_every_sequence_are_refused_where_they_are_used(motion):
    longest = int((motion.last - motion.first).max()) + 1
    Batches(motion, batch_size=32, clips=1, clip_frames=longest)
    with pytest.raises(InputError, match=f"clip_frames: found {longest + 1}, expected at most {longest}"):
        Batches(motion, batch_size=32, clips=1, clip_frames=longest + 1)
    for singles, clips in Batches(motion, batch_size=32, clips=0, clip_frames=longest + 1):
        assert len(singles) > 0 == len(clips)
