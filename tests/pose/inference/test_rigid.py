"""Constant bone lengths."""

import torch

from jointaware.pose.inference.rigid import with_constant_bones
from jointaware.pose.skeleton import BONES
from tests.people import seen


def lengths(joints: torch.Tensor) -> torch.Tensor:
    return torch.stack([(joints[:, child] - joints[:, parent]).norm(dim=-1) for parent, child in BONES], dim=1)


def test_every_bone_keeps_its_median_length_and_its_direction():
    joints = torch.from_numpy(seen(30)).double()
    rigid = with_constant_bones(joints)
    torch.testing.assert_close(lengths(rigid), lengths(joints).median(dim=0).values.expand(30, -1))
    for parent, child in BONES:
        before, after = joints[:, child] - joints[:, parent], rigid[:, child] - rigid[:, parent]
        assert (torch.cosine_similarity(before, after, dim=-1) > 1 - 1e-9).all()


def test_frames_without_a_pose_stay_without_one_and_change_no_other():
    joints = torch.from_numpy(seen(30)).double()
    with_gap = joints.clone()
    with_gap[10:15] = torch.nan
    rigid = with_constant_bones(with_gap)
    assert rigid[10:15, 1:].isnan().all()
    others = torch.cat([joints[:10], joints[15:]])
    torch.testing.assert_close(torch.cat([rigid[:10], rigid[15:]]), with_constant_bones(others))
