"""Physical plausibility: constant bone lengths, symmetry, joint limits.

The joint-aware loss terms are meant to improve these measures. They need no ground truth; ground-truth motion can be
measured in the same way, and is not free of violations. All functions take (frames, 17, 3) joints in metres, in any
frame of reference, and return one value per frame.
"""

from __future__ import annotations

from torch import Tensor

from jointaware.pose.features import asymmetry, bones, lengths, limb_angles, limit_excess


def bone_length_deviation(joints: Tensor) -> Tensor:
    """Absolute deviation of each bone from its mean length in this motion, averaged over bones, (frames,) metres."""
    length = lengths(bones(joints))[..., 0]
    return (length - length.mean(dim=0)).abs().mean(dim=-1)


def left_right_difference(joints: Tensor) -> Tensor:
    """Absolute difference of left and right limb length, averaged over the 6 limb pairs, (frames,) metres."""
    return asymmetry(lengths(bones(joints)))[..., 0].abs().mean(dim=-1)


def limit_violation(joints: Tensor) -> Tensor:
    """Fraction of the 10 limb angles outside their limits, (frames,), from 0 to 1."""
    return (limit_excess(limb_angles(bones(joints)))[..., 0] > 0).to(joints.dtype).mean(dim=-1)
