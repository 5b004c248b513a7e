"""C3D, the file of motion capture laboratories: points in millimetres, z up, missing where there is no pose."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jointaware.artifacts.metrics import METRES_TO_MM
from jointaware.pose.skeleton import JOINTS
from jointaware.video.lifted import Lifted


def write(path: Path, take: Lifted) -> None:
    """Write the joints as points."""
    import ezc3d

    millimetres = METRES_TO_MM * take.placed()
    points = np.ones((4, len(JOINTS), len(millimetres)))
    points[:3] = millimetres.transpose(2, 1, 0)
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [take.fps]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(JOINTS)
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["data"]["points"] = points
    file.write(str(path))
