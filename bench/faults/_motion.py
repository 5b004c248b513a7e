"""A user's own motion: made-up people, in every form that the pipeline reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.faults._checkout import Step, parameters
from bench.faults._child import Call
from jointaware.mocap.arrays import write_take
from jointaware.mocap.cameras import CAMERAS
from jointaware.mocap.h36m import KEPT_JOINTS
from jointaware.mocap.synthetic.takes import synthesize
from jointaware.mocap.take import Take
from jointaware.mocap.views import look, views_of
from jointaware.pose.skeleton import JOINTS
from tests import tiny
from tests.mocap.h36m_files import WRITERS

People = dict[str, dict[str, np.ndarray]]
"""Joints by subject and action: (frames, 17, 3) metres, world frame, z up."""
Views = dict[str, dict[str, list[np.ndarray]]]
"""Keypoints by subject and action, one array for each camera: (frames, 17, 2) pixels."""
USER = "user"
"""The user's folder, below that of a try."""
DETECTOR = "mine"
TRAIN, TEST = ("S1", "S5"), ("S9",)
ACTIONS = ("Walking", "Eating")
FRAMES, FPS = 40, 50
SYMMETRY = tuple([joint for joint, name in enumerate(JOINTS) if name.startswith(side)] for side in ("left", "right"))
"""Left and right joints."""
READING: list[Call] = [Step("fetch").call, Step("preprocess").call]


@cache
def people() -> People:
    """Three people, walking and eating."""
    return {
        subject: {action: synthesize(subject, action, "", frames=FRAMES, fps=FPS, seed=0).joints for action in ACTIONS}
        for subject in (*TRAIN, *TEST)
    }


def seen(motion: People) -> Views:
    """Exact keypoints of all cameras."""
    return {
        subject: {
            action: [
                look(Take(subject, action, "", joints, FPS), view)[1] for view in views_of(subject, CAMERAS, (0.0,))
            ]
            for action, joints in takes.items()
        }
        for subject, takes in motion.items()
    }


def write_arrays(folder: Path, motion: People) -> None:
    """Motion arrays, and parameters that read them."""
    write_parameters(folder, "arrays")
    for subject, takes in motion.items():
        for action, joints in takes.items():
            write_take(folder / USER, Take(subject, action, "", joints, FPS))


def write_positions(form: str) -> Callable[[Path, People], None]:
    """A function that writes Human3.6M's positions in one of its forms, and parameters that project the joints."""

    def write(folder: Path, motion: People) -> None:
        write_parameters(folder, "h36m", keypoints="gt")
        (folder / USER).mkdir()
        WRITERS[form](folder / USER, {subject: _recorded(takes) for subject, takes in motion.items()})

    return write


def write_detections(folder: Path, motion: People, views: Any = None, symmetry: Any = SYMMETRY) -> None:
    """VideoPose3D's positions and keypoints, and parameters that read both."""
    write_positions("npz")(folder, motion)
    write_parameters(folder, "h36m", keypoints=DETECTOR)
    metadata = {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": [list(side) for side in symmetry]}
    path = folder / USER / f"data_2d_h36m_{DETECTOR}.npz"
    np.savez_compressed(path, positions_2d=np.array(views or seen(motion)), metadata=np.array(metadata))


def write_parameters(folder: Path, source: str, *, keypoints: str = "gt") -> None:
    """Tiny parameters that read the user's folder."""
    raw = parameters(
        data={"source": source, "remote": "own", "path": USER, "h36m": {"keypoints": keypoints}},
        preprocess={"validation_every": 0, "actions": list(ACTIONS)},
        train={"monitor": "test"},
    )
    raw["preprocess"]["subjects"][source] = {"train": list(TRAIN), "test": list(TEST)}
    tiny.write_yaml(folder / "params.yaml", raw)


def _recorded(takes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Human3.6M's 32 joints, (frames, 96) millimetres; those that the pipeline leaves out lie at the root."""
    recorded = {}
    for action, joints in takes.items():
        whole = np.repeat(joints[:, :1], 32, axis=1)
        whole[:, KEPT_JOINTS] = joints
        recorded[action] = (1000 * whole).reshape(len(joints), 96).astype(np.float32)
    return recorded
