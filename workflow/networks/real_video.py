"""The network of `jointaware lift` on a real video: tests/reference/real-video, keypoints of one walk in two cameras.

The reference is what four cameras together give. `p_mpjpe_mm` is the error over its limbs, hips to ankles and shoulders
to wrists, `jitter_mm` the mean second difference of all joints, mm/frame².
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from jointaware.mocap.keypoints.loading import read_video
from jointaware.mocap.keypoints.video import Told
from jointaware.pose.metrics import p_mpjpe
from jointaware.video.lift import Choices, lift_person, open_lifter

FOLDER = Path(__file__).resolve().parents[2] / "tests/reference/real-video"
CAMERAS = ("cam01", "cam02")
CONSTANT_MM, MEDIAPIPE_MM = 107.0, 97.0
"""Errors of the reference's mean pose, and of MediaPipe's own 3D joints, mean of four cameras: its README."""
LIMBS = {1: 24, 2: 26, 3: 28, 4: 23, 5: 25, 6: 27, 11: 11, 12: 13, 13: 15, 14: 12, 15: 14, 16: 16}
"""MediaPipe's landmark of each joint that the reference has."""


def errors(network: Path) -> dict[str, dict[str, float]]:
    """Both numbers by camera, of what `jointaware lift` gives without any option."""
    found = {}
    lifter, _ = open_lifter(network)
    for camera in CAMERAS:
        video = read_video(FOLDER / f"{camera}.npz", Told(), None)
        take, _ = lift_person(lifter, video, video.people[0], Choices(), camera)
        found[camera] = measure(take.joints)
    return found


def measure(joints: np.ndarray) -> dict[str, float]:
    """Both numbers of root-relative joints (100, 17, 3), metres."""
    with np.load(FOLDER / "reference.npz") as file:
        reference = torch.from_numpy(file["joints"][:, list(LIMBS.values())]).double()
    predicted = torch.from_numpy(joints[:, list(LIMBS)]).double()
    jitter = np.linalg.norm(np.diff(joints, n=2, axis=0), axis=-1).mean()
    return {"p_mpjpe_mm": 1000 * float(p_mpjpe(predicted, reference).mean()), "jitter_mm": 1000 * float(jitter)}
