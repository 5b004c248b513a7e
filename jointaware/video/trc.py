"""TRC, the marker file of OpenSim: tab-separated text, millimetres, y up, empty where there is no pose."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jointaware.artifacts.metrics import METRES_TO_MM
from jointaware.pose.skeleton import JOINTS
from jointaware.video.lifted import Lifted


def y_up(world: np.ndarray) -> np.ndarray:
    """Points (..., 3) with y up and z towards the camera, of points with z up and y away from it."""
    return np.stack([world[..., 0], world[..., 2], -world[..., 1]], axis=-1)


def write(path: Path, take: Lifted) -> None:
    """Write the joints as markers."""
    millimetres = METRES_TO_MM * y_up(take.placed()).reshape(len(take.root), -1)
    rate, frames, markers = f"{take.fps:g}", len(millimetres), len(JOINTS)
    axes = [f"{axis}{number + 1}" for number in range(markers) for axis in "XYZ"]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"PathFileType\t4\t(X/Y/Z)\t{take.name}.trc\n")
        file.write(
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
        )
        file.write(f"{rate}\t{rate}\t{frames}\t{markers}\tmm\t{rate}\t1\t{frames}\n")
        file.write("Frame#\tTime\t" + "\t\t\t".join(JOINTS) + "\t\t\n")
        file.write("\t\t" + "\t".join(axes) + "\n\n")
        for number, row in enumerate(millimetres):
            numbers = ("" if np.isnan(value) else f"{value:.4f}" for value in row)
            file.write(f"{number + 1}\t{number / take.fps:.6f}\t" + "\t".join(numbers) + "\n")
