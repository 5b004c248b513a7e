"""Takes of the CMU motion capture database, mapped to the 17 joints of Human3.6M.

The data was obtained from mocap.cs.cmu.edu; the database was created with funding from NSF EIA-0196217.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.cmu.asf_amc import positions, read_motion, read_skeleton

FPS = 120.0
"""Frame rate of most trials; the files do not state it. `cmu_subjects.csv` lists it by subject."""

POINTS = (
    "root",
    *("lhipjoint", "lfemur", "ltibia", "lfoot", "ltoes"),
    *("rhipjoint", "rfemur", "rtibia", "rfoot", "rtoes"),
    *("lowerback", "upperback", "thorax", "lowerneck", "upperneck", "head"),
    *("lclavicle", "lhumerus", "lradius", "lwrist", "lhand", "lfingers", "lthumb"),
    *("rclavicle", "rhumerus", "rradius", "rwrist", "rhand", "rfingers", "rthumb"),
)
"""The root and the distal ends of the 30 bones, in the order of their ids."""

POINTS_OF_JOINTS = (
    ("lhipjoint", "rhipjoint"),
    *(("rhipjoint",), ("rfemur",), ("rtibia",)),
    *(("lhipjoint",), ("lfemur",), ("ltibia",)),
    *(("lowerback",), ("thorax",), ("upperneck",), ("head",)),
    *(("lclavicle",), ("lhumerus",), ("lwrist",)),
    *(("rclavicle",), ("rhumerus",), ("rwrist",)),
)
"""For each joint of `jointaware.pose.skeleton` the points whose mean it is; a foot is the ankle, a hand the wrist."""


def read_take(asf_path: str | Path, amc_path: str | Path) -> np.ndarray:
    """Positions of `POINTS`, (frames, 31, 3) metres, world frame, z up, floor near 0, at `FPS`."""
    skeleton = read_skeleton(Path(asf_path))
    if (names := tuple(bone.name for bone in skeleton.bones)) != POINTS:
        reason = next((f"{name} is missing" for name in POINTS if name not in names), "their order differs")
        raise InputError(f"{asf_path}: found {len(names) - 1} bones, expected CMU's {len(POINTS) - 1}; {reason}")
    x, y, z = np.moveaxis(positions(skeleton, read_motion(Path(amc_path), skeleton)), -1, 0)
    return np.stack([x, -z, y], axis=-1)


def to_h36m17(points: np.ndarray) -> np.ndarray:
    """Convert CMU points (frames, 31, 3) to joints in the order of `jointaware.pose.skeleton`, (frames, 17, 3)."""
    if points.shape[1:] != (len(POINTS), 3):
        raise ValueError(f"points must be (frames, {len(POINTS)}, 3); found {points.shape}")
    joints = [points[:, [POINTS.index(name) for name in names]].mean(axis=1) for names in POINTS_OF_JOINTS]
    return np.stack(joints, axis=1)
