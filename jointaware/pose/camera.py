"""Pinhole cameras with lens distortion: world to camera, camera to image, and normalised screen coordinates.

World and camera frames are right-handed and in metres. World: z points up. Camera: z points into the scene, y down. The
orientation of a camera is its rotation from camera to world, as a unit quaternion w x y z; its translation is its
position in the world. Normalised screen coordinates map the image width to x in [-1, 1] and scale y by the same factor.
Conventions and the clamp in `project` are VideoPose3D's, for compatibility with its 2D keypoints.
"""

from __future__ import annotations

import torch
from torch import Tensor


def rotate(points: Tensor, quaternion: Tensor) -> Tensor:
    """Rotate points by a unit quaternion, (..., 3), in the unit of the points.

    points: (..., 3).
    quaternion: (4,) or broadcastable to (..., 4), w x y z.
    """
    real, imaginary = quaternion[..., :1], quaternion[..., 1:].expand(points.shape)
    twice = 2 * torch.linalg.cross(imaginary, points)
    return points + real * twice + torch.linalg.cross(imaginary, twice)


def world_to_camera(points: Tensor, orientation: Tensor, translation: Tensor) -> Tensor:
    """Points in the camera frame, (..., 3) metres.

    points: (..., 3) metres, world frame.
    orientation: (4,) or broadcastable to (..., 4), quaternion w x y z, camera to world.
    translation: (3,) or broadcastable to (..., 3) metres, the camera's position in the world.
    """
    inverse = orientation * orientation.new_tensor([1.0, -1.0, -1.0, -1.0])
    return rotate(points - translation, inverse)


def camera_to_world(points: Tensor, orientation: Tensor, translation: Tensor) -> Tensor:
    """Points in the world frame, (..., 3) metres: the inverse of `world_to_camera`.

    points: (..., 3) metres, camera frame. orientation, translation: as in `world_to_camera`.
    """
    return rotate(points, orientation) + translation


def project(points: Tensor, intrinsics: Tensor) -> Tensor:
    """Project points with radial and tangential lens distortion, (..., 2) normalised screen coordinates.

    points: (..., 3) metres, camera frame. x/z and y/z are clamped to [-1, 1] (45 degrees): the distortion model is not
        fitted beyond.
    intrinsics: (9,) or broadcastable to (..., 9): fx fy cx cy k1 k2 k3 p1 p2, for normalised screen coordinates.
    """
    focal, centre, radial, tangential = torch.split(intrinsics, [2, 2, 3, 2], dim=-1)
    direction = (points[..., :2] / points[..., 2:]).clamp(-1, 1)
    squared = direction.square().sum(dim=-1, keepdim=True)
    radial_factor = 1 + (radial * torch.cat([squared, squared**2, squared**3], dim=-1)).sum(dim=-1, keepdim=True)
    tangential_factor = (tangential * direction).sum(dim=-1, keepdim=True)
    distorted = direction * (radial_factor + tangential_factor) + tangential * squared
    return focal * distorted + centre


def project_linear(points: Tensor, intrinsics: Tensor) -> Tensor:
    """Project points without lens distortion, (..., 2) normalised screen coordinates; arguments as in `project`."""
    focal, centre = intrinsics[..., :2], intrinsics[..., 2:4]
    return focal * (points[..., :2] / points[..., 2:]).clamp(-1, 1) + centre


def normalize_screen(pixels: Tensor, width: int, height: int) -> Tensor:
    """Convert pixels to normalised screen coordinates, (..., 2): x from [0, width] to [-1, 1], y by the same factor.

    pixels: (..., 2) x right and y down from the upper left corner of an image of width x height pixels.
    """
    return pixels / width * 2 - pixels.new_tensor([1.0, height / width])


def image_coordinates(screen: Tensor, width: int, height: int) -> Tensor:
    """Convert normalised screen coordinates to pixels, (..., 2): the inverse of `normalize_screen`."""
    return (screen + screen.new_tensor([1.0, height / width])) * width / 2
