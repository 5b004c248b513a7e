"""The paper's Figure 1: one frame as the network sees it, the true pose, and what it makes of it.

The frame is not picked by eye. It is the frame of median error in the first test sequence of Walking, or of the first
action where nobody walks; the error is the mean over the experiments that are shown.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D

from jointaware.artifacts.sequences import Sequences
from jointaware.pose.skeleton import BONES, HEAD, JOINTS, LEFT_FOOT, RIGHT_FOOT

KEYPOINTS, TRUE = "keypoints", "true"
PREFERRED = ("baseline", "joint_aware")
SIDES = {"left": "#0072B2", "right": "#D55E00", "": "#444444"}
GHOST = "#c4c4c4"
FLOOR, HEIGHT = 0.5, 2.1
"""Half the width of the floor and the height of the scene, metres."""
METRES_TO_MM = 1000.0


def shown_experiments(experiments: list[str]) -> list[str]:
    """The two experiments of the figure: those of the paper, or where they are not, the first two."""
    return [name for name in PREFERRED if name in experiments] or experiments[: len(PREFERRED)]


def choose_frame(sequences: Sequences, predicted: dict[str, np.ndarray]) -> pd.DataFrame:
    """The skeletons of the chosen frame: a row for each skeleton and joint.

    predicted: (test frames, 17, 3) metres, camera frame, by experiment. x, y, z: metres to the camera's right, forward
    and up, relative to the root; of the keypoints, x and y in normalised screen coordinates.
    """
    table, target = sequences.of("test").reset_index(drop=True), sequences.read("joints", "test")
    walking = table.index[table["action"] == "Walking"]
    chosen = table.loc[walking[0] if len(walking) else 0]
    first = int(table["frames"][: chosen.name].sum())
    frames = slice(first, first + int(chosen["frames"]))
    errors = {name: np.linalg.norm((joints - target)[frames], axis=-1).mean(-1) for name, joints in predicted.items()}
    order = np.argsort(np.mean(list(errors.values()), axis=0), kind="stable")
    frame = int(order[(len(order) - 1) // 2])

    seen_alike = (table[["subject", "camera"]] == chosen[["subject", "camera"]]).all(axis=1)
    turn = upright(target[np.repeat(seen_alike, table["frames"])])
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
    """Keypoints, the true skeleton, and each predicted one over the true one in grey."""
    table = pd.read_csv(csv, dtype={"action": str})
    poses = {name: rows[["x", "y", "z"]].to_numpy() for name, rows in table.groupby("skeleton", sort=False)}
    errors = table.groupby("skeleton")["mpjpe_mm"].first()
    words = {KEYPOINTS: "2D keypoints", TRUE: "true pose"}
    figure, width = plt.figure(figsize=(2.1 * len(poses), 3.2)), 1 / len(poses)
    for place, (name, pose) in enumerate(poses.items()):
        flat = name == KEYPOINTS
        axis = figure.add_axes((place * width, 0.1, width, 0.86), projection=None if flat else "3d")
        if flat:
            _draw_keypoints(axis, pose)
        else:
            _set_scene(axis, poses[TRUE])
            if name != TRUE:
                _draw_bones(axis, poses[TRUE], {"": GHOST})
            _draw_bones(axis, pose, SIDES)
        label = words.get(name) or f"{name}\nMPJPE {errors[name]:.0f} mm"
        figure.text((place + 0.5) * width, 0.12, label, ha="center", va="top")
    handles = [Line2D([], [], color=SIDES[side], lw=2.2, label=side) for side in ("left", "right")]
    handles.append(Line2D([], [], color=GHOST, lw=2.2, label="true pose"))
    figure.legend(handles=handles, loc="upper right", ncols=3, handlelength=1.2, fontsize=8)
    return figure


def upright(joints: np.ndarray) -> np.ndarray:
    """The matrix that turns (..., 3) of the camera frame into right, forward and up.

    A camera looks down a little. Up is where heads are from feet in the mean of the true poses, (frames, 17, 3), in
    which people lean to all sides.
    """
    up = (joints[:, HEAD] - joints[:, [LEFT_FOOT, RIGHT_FOOT]].mean(axis=1)).mean(axis=0)
    up /= np.linalg.norm(up)
    right = np.array([1, 0, 0]) - up[0] * up
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(up, right), up], axis=1).astype(joints.dtype)


def _rows(place: dict, skeleton: str, joints: np.ndarray, mpjpe_mm: float = np.nan) -> pd.DataFrame:
    coordinates = {axis: joints[:, column] for column, axis in enumerate("xyz")}
    return pd.DataFrame({**place, "skeleton": skeleton, "mpjpe_mm": mpjpe_mm, "joint": JOINTS, **coordinates})


def _draw_keypoints(axis: Axes, keypoints: np.ndarray) -> None:
    _draw_bones(axis, keypoints[:, :2], SIDES)
    axis.plot(*keypoints[:, :2].T, "o", color="#333333", ms=3.5, zorder=3)
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
    """Equal axes around the body and a floor of half-metre squares under it, seen from beside the camera.

    Depth is what lifting gets wrong, and the camera itself would not see it.
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
