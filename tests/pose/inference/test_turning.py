"""Between the camera's frame and that of the camera turned to the person."""

import torch

from jointaware.pose.inference.turning import turned_back, turned_to


def test_the_root_comes_to_lie_on_the_optical_axis_and_back():
    root = torch.tensor([[1.0, -0.5, 2.0], [0.0, 0.0, 3.0], [-4.0, 1.0, 0.5]])
    at_root = turned_to(root[:, None], root)[:, 0]
    torch.testing.assert_close(at_root, torch.stack([torch.zeros(3), torch.zeros(3), root.norm(dim=1)], dim=1))
    joints = torch.randn(3, 17, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(turned_back(turned_to(joints, root), root), joints)
    torch.testing.assert_close(turned_to(joints, root).norm(dim=-1), joints.norm(dim=-1))


def test_whoever_is_on_the_optical_axis_is_not_turned():
    joints = torch.randn(17, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(turned_to(joints, torch.tensor([0.0, 0.0, 3.0])), joints)
    turned = turned_to(torch.tensor([[0.0, 1.0, 0.0]]), torch.tensor([2.0, 0.0, 2.0]))
    torch.testing.assert_close(turned, torch.tensor([[0.0, 1.0, 0.0]]))  # to the side: up stays up
