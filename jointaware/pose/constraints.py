"""How far a motion keeps to what bodies keep to: bones of constant and equal length, joints within their limits.

What the joint-aware losses aim at, measured on one motion without any truth to compare with; the truth itself can be
measured alike, and is not free of faults. All functions take (frames, 17, 3) metres and return one value per frame.
"""

from __future__ import annotations

from torch import Tensor

from jointaware.pose.features import asymmetry, bones, lengths, limb_angles, limit_excess


def bone_length_deviation(joints: Tensor) -> Tensor:
    """Mean over the bones of how far each is from its own mean length in this motion, (frames,) metres."""
    length = lengths(bones(joints))[..., 0]
    return (length - length.mean(dim=0)).abs().mean(dim=-1)


def left_right_difference(joints: Tensor) -> Tensor:
    """Mean over the limb pairs of the difference between left and right length, (frames,) metres."""
    return asymmetry(lengths(bones(joints)))[..., 0].abs().mean(dim=-1)


def limit_violation(joints: Tensor) -> Tensor:
    """Share of the limb angles that lie outside their limits, (frames,)."""
    return (limit_excess(limb_angles(bones(joints)))[..., 0] > 0).to(joints.dtype).mean(dim=-1)
