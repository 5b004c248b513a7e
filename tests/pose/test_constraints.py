"""Physical plausibility: a rigid body has no violation, and each measure finds its own."""

import pytest
import torch

from jointaware.pose.constraints import bone_length_deviation, left_right_difference, limit_violation
from jointaware.pose.skeleton import BONES, LEFT_FOOT, LEFT_HIP, LEFT_KNEE


@pytest.fixture
def still() -> torch.Tensor:
    """4 equal frames of a body with straight limbs, every bone 0.3 m long."""
    pose = torch.zeros(17, 3)
    direction = {**dict.fromkeys(range(1, 7), (0.0, -1.0, 0.0)), **dict.fromkeys(range(7, 17), (0.0, 1.0, 0.0))}
    direction |= {1: (-1.0, 0.0, 0.0), 4: (1.0, 0.0, 0.0), 11: (1.0, 0.0, 0.0), 14: (-1.0, 0.0, 0.0)}
    for parent, joint in BONES:
        pose[joint] = pose[parent] + 0.3 * torch.tensor(direction[joint])
    return pose.expand(4, 17, 3).clone()


def test_a_still_symmetric_body_has_no_violation(still):
    assert bone_length_deviation(still).max() < 1e-6
    assert left_right_difference(still).max() < 1e-6
    assert limit_violation(still).max() == 0


def test_a_bone_that_grows_in_one_frame_deviates_from_its_mean(still):
    still[0, LEFT_FOOT, 1] -= 0.08
    # One of 16 bones: 0.06 m above its mean in that frame, 0.02 m below in the three others.
    assert bone_length_deviation(still).tolist() == pytest.approx([0.06 / 16, *[0.02 / 16] * 3], abs=1e-6)


def test_a_longer_left_shin_is_a_left_right_difference(still):
    still[:, LEFT_FOOT, 1] -= 0.06
    assert left_right_difference(still).tolist() == pytest.approx([0.06 / 6] * 4, abs=1e-6)
    assert bone_length_deviation(still).max() < 1e-6


def test_a_shin_folded_onto_the_thigh_violates_a_limit(still):
    still[1, LEFT_FOOT] = still[1, LEFT_HIP] + 0.05 * (still[1, LEFT_KNEE] - still[1, LEFT_HIP])
    assert limit_violation(still).tolist() == pytest.approx([0, 0.1, 0, 0])
