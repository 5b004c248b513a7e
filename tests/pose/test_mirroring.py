"""Mirror images of poses."""

import torch

from jointaware.pose.mirroring import mirror
from jointaware.pose.skeleton import LEFT_HAND, RIGHT_HAND


def test_mirroring_negates_x_and_swaps_left_and_right_and_is_its_own_inverse():
    pose = torch.randn(2, 17, 3)
    mirrored = mirror(pose)
    assert torch.equal(mirrored[:, LEFT_HAND], pose[:, RIGHT_HAND] * torch.tensor([-1.0, 1.0, 1.0]))
    assert torch.equal(mirror(mirrored), pose)
