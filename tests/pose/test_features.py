"""Limb angles and bone lengths, by hand."""

import math

import pytest
import torch

from jointaware.pose.features import asymmetry, bones, lengths, limb_angles, limit_excess
from jointaware.pose.skeleton import (
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LIMB_ANGLES,
    LIMB_PAIRS,
    RIGHT_KNEE,
    THORAX,
)


def test_a_right_angle_and_a_straight_limb_by_hand():
    joints = torch.zeros(17, 3)
    joints[LEFT_SHOULDER], joints[LEFT_ELBOW], joints[LEFT_HAND] = torch.tensor(
        [[0.0, 0.3, 0.0], [0.0, 0.0, 0.0], [0.25, 0.0, 0.0]]
    )
    elbow = list(LIMB_ANGLES).index("left_elbow")
    assert limb_angles(bones(joints))[elbow].item() == pytest.approx(math.pi / 2)
    joints[LEFT_HAND] = torch.tensor([0.0, -0.25, 0.0])
    assert limb_angles(bones(joints))[elbow].item() == pytest.approx(math.pi)


def test_a_longer_left_shin_by_hand():
    joints = torch.zeros(17, 3)
    joints[LEFT_KNEE + 1, 0], joints[RIGHT_KNEE + 1, 0] = 0.5, 0.3
    shins = [right for _, (_, right) in LIMB_PAIRS].index(RIGHT_KNEE + 1)
    assert asymmetry(lengths(bones(joints)))[:, 0].nonzero().tolist() == [[shins]]
    assert asymmetry(lengths(bones(joints)))[shins].item() == pytest.approx(0.2)


def test_the_limit_excess_is_zero_within_the_limits():
    straight = torch.zeros(17, 3)
    straight[LEFT_KNEE, 1], straight[LEFT_KNEE + 1, 1] = -0.4, -0.8
    knee = list(LIMB_ANGLES).index("left_knee")
    assert limit_excess(limb_angles(bones(straight)))[knee].item() == 0
    folded = straight.clone()
    folded[LEFT_KNEE + 1] = torch.tensor(
        [0.4 * math.sin(math.radians(30)), -0.4 + 0.4 * math.cos(math.radians(30)), 0.0]
    )
    assert limit_excess(limb_angles(bones(folded)))[knee].item() == pytest.approx(math.radians(15), rel=1e-4)


def test_the_thorax_moves_the_angles_of_neck_spine_and_shoulders():
    joints = 0.3 * torch.randn(5, 17, 3, generator=torch.Generator().manual_seed(0))
    moved = joints.clone()
    moved[..., THORAX, :] += 0.1
    changed = (limb_angles(bones(moved)) - limb_angles(bones(joints))).abs().amax(dim=(0, 2)) > 1e-6
    names = [name for name, did in zip(LIMB_ANGLES, changed.tolist(), strict=True) if did]
    assert names == ["neck", "spine", "left_shoulder", "right_shoulder"]


def test_a_limb_too_short_for_an_angle_has_no_gradient():
    joints = torch.zeros(17, 3)
    joints[LEFT_SHOULDER, 1], joints[LEFT_HAND, 0] = 0.3, 1e-7
    joints.requires_grad_()
    limb_angles(bones(joints))[list(LIMB_ANGLES).index("left_elbow")].sum().backward()
    assert joints.grad.abs().max() < 1  # not the inverse of the limb's length
