"""Camera views of a take: joints in the camera frame and their projection, for Human3.6M's cameras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from jointaware.mocap.cameras import Camera, load_cameras
from jointaware.mocap.take import Take
from jointaware.pose.camera import image_coordinates, project, world_to_camera
from jointaware.pose.skeleton import ROOT

RIG = "S1"
"""The Human3.6M subject whose calibration is used for subjects without their own."""


@dataclass(frozen=True)
class View:
    """A camera, and the yaw in degrees by which the motion is turned about the vertical before it is projected."""

    camera: Camera
    yaw: float

    @property
    def name(self) -> str:
        """Id of the camera, followed by the yaw unless zero: `54138969@90`."""
        return f"{self.camera.id}@{self.yaw:g}" if self.yaw else self.camera.id

    def describe(self) -> dict[str, object]:
        """Name, size and calibration, for a JSON file."""
        return {
            "camera": self.name,
            "width": self.camera.width,
            "height": self.camera.height,
            "intrinsics": self.camera.intrinsics.tolist(),
            "orientation": self.camera.orientation.tolist(),
            "translation": self.camera.translation.tolist(),
        }


def views_of(subject: str, cameras: Sequence[str], yaws: Sequence[float]) -> list[View]:
    """The views of a subject: every camera at every yaw."""
    rigs = load_cameras()
    rig = rigs.get(subject, rigs[RIG])
    return [View(rig[camera], yaw) for yaw in yaws for camera in cameras]


def centre(joints: np.ndarray) -> np.ndarray:
    """Joints moved horizontally so that the root's mean position is the origin, where the cameras look.

    joints: (frames, 17, 3) metres, world frame.
    """
    return joints - joints[:, ROOT].mean(axis=0) * np.array([1, 1, 0], joints.dtype)


def look(take: Take, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Joints in the camera frame, (frames, 17, 3) metres, and their projection, (frames, 17, 2) pixels."""
    camera = view.camera
    orientation, translation, intrinsics = (
        torch.from_numpy(value) for value in (camera.orientation, camera.translation, camera.intrinsics)
    )
    turn = Rotation.from_euler("z", view.yaw, degrees=True).as_matrix().astype(take.joints.dtype)
    joints = world_to_camera(torch.from_numpy(take.joints @ turn.T), orientation, translation)
    pixels = image_coordinates(project(joints, intrinsics), camera.width, camera.height)
    return joints.numpy(), pixels.numpy()
