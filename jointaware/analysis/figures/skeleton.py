"""The paper's Figure 1: 2D keypoints, true pose and predicted poses of one frame.

The frame is not picked by eye: it has the median error in the first test sequence of Walking, or in the first of all
if there is no Walking. The error is the mean over the experiments shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D

from jointaware.analysis.figures.style import INK, WIDTH, read
from jointaware.artifacts.metrics import METRES_TO_MM, METRICS
from jointaware.artifacts.sequences import Sequences
from jointaware.pose.skeleton import BONES, HEAD, JOINTS, LEFT_FOOT, RIGHT_FOOT

KEYPOINTS, TRUE = "keypoints", "true"
SHOWN = ("baseline", "ours")
"""Roles of the experiments shown."""
SIDES = {"left": "#0072B2", "right": "#D55E00", "": "#444444"}
GHOST = "#c4c4c4"
FLOOR, HEIGHT = 0.5, 2.1
"""Half the width of the floor and the height of the scene, metres."""


def shown_experiments(roles: Mapping[str, str]) -> list[str]:
    """The experiments of the figure: those with the roles `SHOWN`, or the first two if no experiment has one of these.

    roles: the role of each experiment.
    """
    return [name for role in SHOWN for name in roles if roles[name] == role] or list(roles)[: len(SHOWN)]


def choose_frame(sequences: Sequences, predicted: dict[str, np.ndarray]) -> pd.DataFrame:
    """The skeletons of the chosen frame, one row per skeleton and joint.

    predicted: (test frames, 17, 3) metres, camera frame, by experiment. Columns x, y, z: metres to the camera's right,
    forward and up, root-relative; for keypoints, x and y in normalised screen coordinates.
    """
    table, target = sequences.of("test").reset_index(drop=True), sequences.read("joints", "test")
    walking = table.index[table["action"] == "Walking"]
    chosen = table.loc[walking[0] if len(walking) else 0]
    first = int(table["frames"][: chosen.name].sum())
    frames = slice(first, first + int(chosen["frames"]))
    errors = {name: np.linalg.norm((joints - target)[frames], axis=-1).mean(-1) for name, joints in predicted.items()}
    order = np.argsort(np.mean(list(errors.values()), axis=0), kind="stable")
    frame = int(order[(len(order) - 1) // 2])

    same_view = (table[["subject", "camera"]] == chosen[["subject", "camera"]]).all(axis=1)
    turn = upright(target[np.repeat(same_view, table["frames"])])
    screen = sequences.read("keypoints", "test")[first + frame]
    place = {**chosen[["subject", "action", "subaction", "camera"]], "frame": frame}
    rows = [
        _rows(place, KEYPOINTS, np.pad(screen, ((0, 0), (0, 1)), constant_values=np.nan)),
        _rows(place, TRUE, target[first + frame] @ turn),
    ]
    for name, joints in predicted.items():
        error = METRES_TO_MM * errors[name][frame]
        rows.append(_rows(place, name, joints[first + frame] @ turn, mpjpe_mm=error))
    return pd.concat(rows, ignore_index=True)


def draw_skeleton(csv: Path) -> Figure:
    """Keypoints, the true skeleton, and each predicted skeleton over the true one in grey."""
    table = read(csv)
    poses = {name: rows[["x", "y", "z"]].to_numpy() for name, rows in table.groupby("skeleton", sort=False)}
    errors = table.groupby("skeleton")["mpjpe_mm"].first()
    words, mpjpe = {KEYPOINTS: "2D keypoints", TRUE: "true pose"}, METRICS["mpjpe_mm"]
    lines = -(-len(poses) // 2)
    figure = plt.figure(figsize=(WIDTH, 2.7 * lines + 0.3))
    width, height = 1 / 2, 2.7 / (2.7 * lines + 0.3)
    for number, (name, pose) in enumerate(poses.items()):
        left, bottom = (number % 2) * width, (lines - 1 - number // 2) * height
        flat = name == KEYPOINTS
        box = (left, bottom + 0.16 * height, width, 0.84 * height)
        axis = figure.add_axes(box, projection=None if flat else "3d")
        if flat:
            _draw_keypoints(axis, pose)
        else:
            _set_scene(axis, poses[TRUE])
            if name != TRUE:
                _draw_bones(axis, poses[TRUE], {"": GHOST})
            _draw_bones(axis, pose, SIDES)
        label = words.get(name) or f"{name}\n{mpjpe.name} {errors[name]:.0f} {mpjpe.unit}"
        figure.text(left + 0.5 * width, bottom + 0.17 * height, label, ha="center", va="top")
    handles = [Line2D([], [], color=SIDES[side], lw=2.2, label=side) for side in ("left", "right")]
    handles.append(Line2D([], [], color=GHOST, lw=2.2, label="true pose"))
    figure.legend(handles=handles, loc="upper right", ncols=3, handlelength=1.2, fontsize=8)
    return figure


def upright(joints: np.ndarray) -> np.ndarray:
    """Rotation (3, 3) from the camera frame to right, forward and up, for points as row vectors.

    Cameras are tilted downwards. Up is the mean direction from feet to head of the true poses, (frames, 17, 3): leaning
    averages out.
    """
    up = (joints[:, HEAD] - joints[:, [LEFT_FOOT, RIGHT_FOOT]].mean(axis=1)).mean(axis=0)
    up /= np.linalg.norm(up)
    right = np.array([1, 0, 0]) - up[0] * up
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(up, right), up], axis=1).astype(joints.dtype)


def _rows(place: dict[str, Any], skeleton: str, joints: np.ndarray, mpjpe_mm: float = np.nan) -> pd.DataFrame:
    coordinates = {axis: joints[:, column] for column, axis in enumerate("xyz")}
    return pd.DataFrame({**place, "skeleton": skeleton, "mpjpe_mm": mpjpe_mm, "joint": JOINTS, **coordinates})


def _draw_keypoints(axis: Axes, keypoints: np.ndarray) -> None:
    _draw_bones(axis, keypoints[:, :2], SIDES)
    axis.plot(*keypoints[:, :2].T, "o", color=INK, ms=3.5, zorder=3)
    axis.set_aspect("equal")
    axis.invert_yaxis()
    axis.set_axis_off()
    axis.margins(0.3, 0.16)


def _draw_bones(axis: Axes, joints: np.ndarray, by_side: dict[str, str]) -> None:
    for parent, joint in BONES:
        side = JOINTS[joint].partition("_")[0]
        colour = by_side.get(side, by_side[""])
        axis.plot(*joints[[parent, joint]].T, color=colour, linewidth=2.2, solid_capstyle="round")


def _set_scene(axis: Axes3D, joints: np.ndarray) -> None:
    """Equal axes around the body on a floor of half-metre squares, seen from beside the camera.

    Lifting errs in depth, which is invisible from the camera itself.
    """
    floor = joints[:, 2].min() - 0.03
    ends = np.array([-FLOOR, FLOOR])
    for step in np.arange(-FLOOR, FLOOR + 0.1, 0.5):
        for x, y in ((ends, [step, step]), ([step, step], ends)):
            axis.plot(x, y, floor, color="#e0e0e0", linewidth=0.7, zorder=0)
    axis.set(xlim=ends, ylim=ends, zlim=(floor - 0.25, floor + HEIGHT - 0.25))
    axis.set_box_aspect((2 * FLOOR, 2 * FLOOR, HEIGHT), zoom=1.35)
    axis.set_proj_type("ortho")
    axis.view_init(elev=12, azim=-50)
    axis.set_axis_off()
