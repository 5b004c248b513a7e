"""A person's motion as lifted from a video, and the .npz that it is written to.

The file explains itself: joint names, unit, frame of reference and frame rate are in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.foreign import refusing
from jointaware.mocap.arrays import write_npz
from jointaware.mocap.keypoints.layouts import Layout
from jointaware.mocap.plain_pickle import load_npz
from jointaware.pose.inference.floor import World, find_world
from jointaware.pose.skeleton import JOINTS

UNIT = "metre"
DECIMALS = 9
"""Of the world frame: sums of many numbers end differently from run to run."""
FRAME_OF_REFERENCE = "camera: x right, y down, z forward; joints relative to root (pelvis), root relative to camera"


@dataclass(frozen=True)
class Lifted:
    """One person's motion.

    name: of the take, for files. joints: (frames, 17, 3) float32 metres, camera frame, root-relative.
    root: (frames, 3) float32 metres, camera frame. confidence: (frames, 17), the detector's.
    lost: (frames,) bool, frames without a detection; those in gaps too long to bridge are NaN in joints and root.
    keypoints: (frames, points, 2) float32 pixels of `layout`, as they were lifted. size: of the image, pixels.
    """

    name: str
    joints: np.ndarray
    root: np.ndarray
    confidence: np.ndarray
    lost: np.ndarray
    fps: float
    keypoints: np.ndarray
    layout: Layout
    size: tuple[int, int]

    @property
    def known(self) -> np.ndarray:
        """Frames with a pose, (frames,) bool."""
        return np.isfinite(self.root).all(axis=1) & np.isfinite(self.joints).all(axis=(1, 2))

    def world(self) -> World:
        """A world frame with z up, on the floor that the person stands on."""
        known = self.known
        found = find_world(torch.from_numpy(self.joints[known]), torch.from_numpy(self.root[known]))
        return World(*(part.round(decimals=DECIMALS) for part in found))

    def placed(self) -> np.ndarray:
        """Joints in that world, (frames, 17, 3) float64 metres, x right, y away from the camera, z up; NaN if lost."""
        turn, shift = (part.numpy() for part in self.world())
        return (self.joints.astype(float) + self.root[:, None]) @ turn + shift


def held(motion: np.ndarray) -> np.ndarray:
    """Motion (frames, ...) without NaN: the last pose is held where there is none, at the start the first."""
    known = np.isfinite(motion.reshape(len(motion), -1)).all(axis=1)
    frames = np.maximum.accumulate(np.where(known, np.arange(len(motion)), -1))
    return motion[np.where(frames < 0, np.argmax(known), frames)]


def write_lifted(path: Path, take: Lifted) -> None:
    """Write a take; equal takes give equal bytes."""
    turn, shift = (part.numpy() for part in take.world())
    arrays = {
        "joints": take.joints,
        "root": take.root,
        "joint_names": np.array(JOINTS),
        "fps": np.float64(take.fps),
        "unit": np.array(UNIT),
        "frame_of_reference": np.array(FRAME_OF_REFERENCE),
        "confidence": take.confidence,
        "lost": take.lost,
        "keypoints": take.keypoints,
        "keypoint_names": np.array(take.layout.points),
        "size": np.array(take.size),
        "world_turn": turn,  # points p of the camera frame are p @ world_turn + world_shift, z up, floor at 0
        "world_shift": shift,
    }
    with writing(path) as temporary:
        write_npz(temporary, arrays, level=1)


def read_lifted(path: Path) -> Lifted:
    """Read what `write_lifted` wrote."""
    arrays = load_npz(path, objects=False)
    with refusing(path, "an .npz that `jointaware lift` wrote"):
        width, height = arrays["size"].tolist()
        layout = Layout("of the file", tuple(arrays["keypoint_names"].tolist()))
        named = {name: arrays[name] for name in ("joints", "root", "confidence", "lost", "keypoints")}
        take = Lifted(path.stem, fps=float(arrays["fps"]), layout=layout, size=(width, height), **named)
    if take.joints.shape != (len(take.root), len(JOINTS), 3):
        raise InputError(f"{path}: joints are {take.joints.shape}, expected (frames, {len(JOINTS)}, 3)")
    return take
