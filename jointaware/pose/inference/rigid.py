"""Constant bone lengths: the motion of a skeleton of which every bone keeps its median length and its direction."""

from __future__ import annotations

import torch
from torch import Tensor

from jointaware.pose.skeleton import BONES


def with_constant_bones(joints: Tensor) -> Tensor:
    """Joints (frames, 17, 3), of which every bone has its median length over all frames; the root stays.

    joints: (frames, 17, 3) metres; frames that are not finite count for nothing and stay as they are.
    """
    finite = joints.isfinite().all(dim=-1).all(dim=-1)
    rigid = joints.double().clone()
    for parent, joint in BONES:
        bone = joints[:, joint].double() - joints[:, parent].double()
        length = bone.norm(dim=-1, keepdim=True)
        median = length[finite].median() if finite.any() else length.new_tensor(0.0)
        rigid[:, joint] = rigid[:, parent] + bone * (median / length.clamp(min=torch.finfo(length.dtype).tiny))
    return rigid.to(joints.dtype)
