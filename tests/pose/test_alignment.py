"""Alignment: both methods agree, and ambiguous rotations are left to the singular value decomposition."""

import pytest
import torch

from jointaware.pose.alignment import by_invariants, by_singular_values, similarity


def centred(frames: int, seed: int) -> torch.Tensor:
    points = torch.randn(frames, 17, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return points - points.mean(dim=1, keepdim=True)


@pytest.mark.parametrize("noise", [0.0, 1e-6, 0.05, 1.0, 100.0])
def test_both_methods_find_the_same_rotation_and_gain(noise):
    target, errors = centred(2000, 0), centred(2000, 1)
    turned = target @ torch.linalg.qr(centred(2000, 2)[:, :3])[0]
    product = (turned + noise * errors).mT @ target
    found, is_unique = by_invariants(product)
    assert is_unique.double().mean() > 0.99
    expected = by_singular_values(product)
    size = expected.abs().amax(dim=(-2, -1), keepdim=True)
    torch.testing.assert_close((found / size)[is_unique], (expected / size)[is_unique], rtol=0, atol=1e-9)


def test_a_known_rotation_and_scale_are_recovered():
    target = centred(5, 0)
    turn = torch.linalg.qr(centred(5, 1)[:, :3])[0]
    turn = turn * torch.det(turn).sign()[:, None, None]
    torch.testing.assert_close(similarity(target @ turn.mT / 2, target), 2 * turn)


def test_the_rotation_to_a_mirror_image_is_not_a_reflection():
    target = centred(50, 0)
    found = similarity(target * torch.tensor([-1.0, 1, 1], dtype=torch.float64), target)
    assert (torch.det(found) > 0).all()


@pytest.mark.parametrize("frames", ["one point", "a line", "a mirrored cross"])
def test_an_ambiguous_rotation_is_left_to_singular_values(frames):
    points = torch.zeros(3, 6, 3, dtype=torch.float64)
    target = torch.zeros(3, 6, 3, dtype=torch.float64)
    if frames == "a line":
        points[..., 0], target[..., 1] = torch.linspace(-1, 1, 6), torch.linspace(-1, 1, 6)
    if frames == "a mirrored cross":  # three equal axes: any of them may be flipped
        points[:] = torch.cat([torch.eye(3), -torch.eye(3)])
        target = -points
    product = points.mT @ target
    assert not by_invariants(product)[1].any()
    found = similarity(points, target)
    assert found.isfinite().all()
    size = points.square().sum(dim=(-2, -1)).clamp(min=1)[:, None, None]
    torch.testing.assert_close(found, by_singular_values(product) / size)
