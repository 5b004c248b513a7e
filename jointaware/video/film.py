"""A film of a take: the 2D keypoints in their image beside the 3D skeleton on its floor, as MP4 or GIF.

Every frame is drawn by Matplotlib with the colours of the other figures. The 3D is drawn as lines of a parallel
projection, which takes a fraction of the time of 3D axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy.ndimage import uniform_filter1d

from jointaware.analysis.figures.skeleton import SIDES
from jointaware.pose.skeleton import BONES, JOINTS, ROOT
from jointaware.progress import follow
from jointaware.video.lifted import Lifted, held

INCHES, DOTS_PER_INCH = (9.6, 4.8), 100
MOST_FPS, MOST_FPS_GIF = 30.0, 15.0
"""Frame rates beyond which frames are left out."""
AZIMUTH, ELEVATION = 35.0, 12.0
"""Degrees from which the 3D is seen: beside the camera, because lifting errs in depth, and from slightly above."""
REACH, TALL = 1.2, 2.1
"""Half the width and the height of the scene, metres, for nobody taller."""
FLOOR, TILE = "#dddddd", 0.5
GREY = "#bbbbbb"
SKELETON_2D = (
    *((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in (
        ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("shoulder", "hip"),
        ("eye", "ear"),
    )),
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("nose", "left_eye"), ("nose", "right_eye"),
    ("thorax", "neck"), ("neck", "head"),
)  # fmt: skip
"""Bones of the keypoints, by name; those that a layout lacks are not drawn."""


def write(path: Path, take: Lifted) -> None:
    """Write a film of the suffix, .mp4 or .gif."""
    if path.suffix == ".gif":
        _write_gif(path, take)
        return
    import imageio_ffmpeg

    step = every(take.fps, MOST_FPS)
    size = tuple(int(inches * DOTS_PER_INCH) for inches in INCHES)
    writer = imageio_ffmpeg.write_frames(str(path), size, fps=take.fps / step, macro_block_size=2, quality=7)
    writer.send(None)
    try:
        for picture in pictures(take, step):
            writer.send(picture)
    finally:
        writer.close()


def _write_gif(path: Path, take: Lifted) -> None:
    """All frames with the colours of the first, which has all colours there are."""
    from PIL import Image

    step = every(take.fps, MOST_FPS_GIF)
    frames = pictures(take, step)
    first = Image.fromarray(next(frames)).quantize(64)
    rest = (Image.fromarray(picture).quantize(palette=first, dither=Image.Dither.NONE) for picture in frames)
    first.save(path, save_all=True, append_images=rest, duration=round(1000 * step / take.fps), loop=0)


def pictures(take: Lifted, step: int = 1) -> Iterator[np.ndarray]:
    """Every `step`-th frame as a picture, (height, width, 3) uint8."""
    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    flat, scene = figure.add_axes((0.0, 0.0, 0.5, 1.0)), figure.add_axes((0.5, 0.0, 0.5, 1.0))
    for axis in (flat, scene):
        axis.set_aspect("equal")
        axis.set_axis_off()
    width, height = take.size
    flat.set(xlim=(-0.02 * width, 1.02 * width), ylim=(1.02 * height, -0.02 * height))
    flat.plot([0, width, width, 0, 0], [0, 0, height, height, 0], color=GREY, linewidth=0.8)
    points, bones_2d = take.layout.points, np.array(bones_of(take.layout.points))
    lines_2d = LineCollection([], colors=[_colour(points[b]) for _, b in bones_2d], linewidths=2.2)
    ground = LineCollection([], colors=FLOOR, linewidths=0.8)
    bones_3d = np.array(BONES)
    colours = [_colour(JOINTS[joint]) for _, joint in BONES]
    lines_3d = LineCollection([], colors=colours, linewidths=2.6, capstyle="round")
    flat.add_collection(lines_2d)
    scene.add_collection(ground)
    scene.add_collection(lines_3d)
    time = figure.text(0.98, 0.03, "", ha="right", color="#555555", fontsize=9)
    world = held(take.placed())
    middle = centres(world, take.fps)
    top = max(TALL, float(world[..., 2].max()) + 0.1)
    scene.set(xlim=(-REACH * top / TALL, REACH * top / TALL), ylim=(-0.35, top))
    known = take.known
    shown = range(0, len(world), step)
    for frame in follow(shown, f"drawing {take.name}", total=len(shown), unit="frames"):
        keypoints, body = take.keypoints[frame], seen(world[frame] - middle[frame])
        lines_2d.set_segments(list(keypoints[bones_2d]) if known[frame] else [])
        lines_3d.set_segments(list(body[bones_3d]) if known[frame] else [])
        ground.set_segments(list(seen(tiles(middle[frame]))))
        time.set_text(f"{frame / take.fps:.2f} s" + (" (lost)" if take.lost[frame] else ""))
        canvas.draw()
        yield np.asarray(canvas.buffer_rgba())[..., :3].copy()


def bones_of(points: Sequence[str]) -> list[tuple[int, int]]:
    """What connects the keypoints of a layout."""
    return [(points.index(a), points.index(b)) for a, b in SKELETON_2D if {a, b} <= set(points)]


def centres(world: np.ndarray, fps: float) -> np.ndarray:
    """Where the scene has its middle, on the floor, (frames, 3): it follows the root of joints (frames, 17, 3)."""
    path = uniform_filter1d(world[:, ROOT, :2], max(1, round(fps)), axis=0, mode="nearest")
    return np.pad(path, ((0, 0), (0, 1)))


def seen(points: np.ndarray) -> np.ndarray:
    """Points (..., 3), z up, on the picture, (..., 2)."""
    azimuth, elevation = np.deg2rad([AZIMUTH, ELEVATION])
    across = points[..., 0] * np.cos(azimuth) + points[..., 1] * np.sin(azimuth)
    depth = points[..., 1] * np.cos(azimuth) - points[..., 0] * np.sin(azimuth)
    return np.stack([across, points[..., 2] * np.cos(elevation) + depth * np.sin(elevation)], axis=-1)


def tiles(centre: np.ndarray) -> np.ndarray:
    """Lines of the floor, (lines, 2, 3), relative to the centre; they stay where they are in the world."""
    steps = np.arange(-1.0, 1.0 + TILE / 2, TILE)
    x, y = (steps - np.mod(centre[axis], TILE) for axis in range(2))
    along_x = [[(x[0], each, 0), (x[-1], each, 0)] for each in y]
    along_y = [[(each, y[0], 0), (each, y[-1], 0)] for each in x]
    return np.array(along_x + along_y)


def _colour(point: str) -> str:
    return SIDES.get(point.partition("_")[0], SIDES[""])


def every(fps: float, most: float) -> int:
    """Of how many frames one is shown."""
    return max(1, int(np.ceil(fps / most - 1e-6)))
