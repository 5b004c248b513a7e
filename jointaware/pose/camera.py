"""Pinhole cameras with lens distortion: world to camera, camera to image, and normalised screen coordinates.

World and camera frames are right-handed and in metres; the world's z points up, the camera's z into the scene and its
y down. An orientation is the unit quaternion w x y z of the rotation from camera to world, a translation the camera's
position in the world. Normalised screen coordinates put x in [-1, 1] across the image's width and scale y by the same
factor. Conventions and the clamp in `project` are VideoPose3D's, so that its 2D keypoints fit.
"""

from __future__ import annotations

import torch
from torch import Tensor


def rotate(points: Tensor, quaternion: Tensor) -> Tensor:
    """Points turned by a unit quaternion, in the shape of the points.

    points: (..., 3).
    quaternion: (4,) or broadcastable to (..., 4), w x y z.
    """
    real, imaginary = quaternion[..., :1], quaternion[..., 1:].expand(points.shape)
    twice = 2 * torch.linalg.cross(imaginary, points)
    return points + real * twice + torch.linalg.cross(imaginary, twice)


def world_to_camera(points: Tensor, orientation: Tensor, translation: Tensor) -> Tensor:
    """Points in the camera's frame, (..., 3) metres.

    points: (..., 3) metres, world frame.
    orientation: (4,) quaternion w x y z, camera to world.
    translation: (3,) metres, the camera's position in the world.
    """
    inverse = orientation * orientation.new_tensor([1.0, -1.0, -1.0, -1.0])
    return rotate(points - translation, inverse)


def camera_to_world(points: Tensor, orientation: Tensor, translation: Tensor) -> Tensor:
    """Points in the world frame, (..., 3) metres: the inverse of `world_to_camera`."""
    return rotate(points, orientation) + translation


def project(points: Tensor, intrinsics: Tensor) -> Tensor:
    """Image of points with radial and tangential distortion, (..., 2) normalised screen coordinates.

    points: (..., 3) metres, camera frame. Directions beyond 45 degrees are clamped: the distortion is not fitted there.
    intrinsics: (9,) or broadcastable to (..., 9): fx fy cx cy k1 k2 k3 p1 p2, normalised.
    """
    focal, centre, radial, tangential = torch.split(intrinsics, [2, 2, 3, 2], dim=-1)
    direction = (points[..., :2] / points[..., 2:]).clamp(-1, 1)
    squared = direction.square().sum(dim=-1, keepdim=True)
    radial_factor = 1 + (radial * torch.cat([squared, squared**2, squared**3], dim=-1)).sum(dim=-1, keepdim=True)
    tangential_factor = (tangential * direction).sum(dim=-1, keepdim=True)
    distorted = direction * (radial_factor + tangential_factor) + tangential * squared
    return focal * distorted + centre


def project_linear(points: Tensor, intrinsics: Tensor) -> Tensor:
    """Image of points by focal length and centre alone, (..., 2) normalised screen coordinates; see `project`."""
    focal, centre = intrinsics[..., :2], intrinsics[..., 2:4]
    return focal * (points[..., :2] / points[..., 2:]).clamp(-1, 1) + centre


def normalize_screen(pixels: Tensor, width: int, height: int) -> Tensor:
    """Normalised screen coordinates of pixels, (..., 2): x from [0, width] to [-1, 1], y by the same factor."""
    return pixels / width * 2 - pixels.new_tensor([1.0, height / width])


def image_coordinates(screen: Tensor, width: int, height: int) -> Tensor:
    """Pixels of normalised screen coordinates, (..., 2): the inverse of `normalize_screen`."""
    return (screen + screen.new_tensor([1.0, height / width])) * width / 2
