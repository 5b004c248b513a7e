"""Where a person is: the root's position in the camera frame, from root-relative joints and their keypoints.

For a pinhole camera every keypoint gives two equations that are linear in the root's position. They are solved for
each frame by least squares, weighted by depth so that what counts are distances in the image.
"""

from __future__ import annotations

import torch
from torch import Tensor

NEAREST = 0.1
"""Metres in front of the camera: nobody is nearer."""
STEPS = 4
"""Of reweighting by the depth of each joint; the second already changes it by millimetres."""
WEIGHT = 1e-4
"""Least weight of a keypoint, so that a frame without any confidence has a solution."""


def root_path(joints: Tensor, keypoints: Tensor, weights: Tensor, *, focal: float) -> Tensor:
    """Position of the root in every frame, (frames, 3) metres, camera frame.

    joints: (frames, joints, 3) metres, camera frame, root-relative.
    keypoints: (frames, joints, 2) of the same joints in normalised screen coordinates, the optical axis at 0, 0.
    weights: (frames, joints), of each keypoint's error. focal: focal length in the same units.
    """
    joints, keypoints, weights = joints.double(), keypoints.double(), weights.double().clamp(min=WEIGHT)
    # f (X + x) = u (Z + z) and f (Y + y) = v (Z + z), in the unknown root x, y, z
    known = keypoints * joints[..., 2:] - focal * joints[..., :2]
    depth = torch.ones_like(weights)
    for _ in range(STEPS):
        w = (weights / depth.square())[..., None]
        total = w.sum(dim=1)
        slope, offset = (w * keypoints).sum(dim=1) / total, (w * known).sum(dim=1) / total
        # What is left of the normal equations when x and y are eliminated: spread of the keypoints times z.
        spread = (w * (keypoints - slope[:, None]).square()).sum(dim=(1, 2))
        z = -(w * (keypoints - slope[:, None]) * known).sum(dim=(1, 2)) / spread.clamp(min=torch.finfo(w.dtype).tiny)
        depth = (joints[..., 2] + z[:, None]).clamp(min=NEAREST)
    return torch.cat([(offset + slope * z[:, None]) / focal, z[:, None]], dim=1)


def assumed_focal(width: int, height: int) -> float:
    """Focal length of an unknown camera, in normalised screen coordinates: as long as the image's diagonal in pixels.

    That is a field of view of 53 degrees from corner to corner, between a telephone's and a film camera's.
    """
    return float((width**2 + height**2) ** 0.5) / width * 2
