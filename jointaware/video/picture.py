"""A moving picture of a take as SVG: the 2D keypoints beside the 3D skeleton on its floor, in some kilobytes a second.

Browsers play it wherever an image may stand, as in a README, and show it still where a reader has asked for no motion.
Its colours can be seen on white and on black.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from jointaware.pose.skeleton import BONES, JOINTS
from jointaware.report.player import side_of
from jointaware.video.film import TALL, bones_of, centres, every, seen, tiles
from jointaware.video.lifted import Lifted, held

MOST_FPS, LEAST_SECONDS = 30.0, 3.0
"""Frame rate beyond which frames are left out; shorter takes are slowed down to last as long."""
SIDE, MARGIN, TITLE = 600, 30, 44
"""Width and height of either half, space around what is in it, and height of the words above; units of the picture."""
REACH, BELOW = 1.4, 0.35
"""Half the width of the scene for nobody taller than TALL, and its depth below the middle of the floor; metres."""
STYLE = (
    "path{fill:none;stroke-width:9;stroke-linecap:round;stroke-linejoin:round}"
    ".left{stroke:#2b8fd0}.right{stroke:#e0702a}.middle{stroke:#888}.floor{stroke:#888;stroke-width:1.5}"
    "text{font:26px system-ui,sans-serif;fill:#808080}.still{display:none}"
    "@media(prefers-reduced-motion:reduce){.moving{display:none}.still{display:inline}}"
)


def write(path: Path, take: Lifted) -> None:
    """Write the picture. Where there is no pose, it shows none."""
    step = every(take.fps, MOST_FPS)
    known = take.known[::step]
    real = len(known) * step / take.fps
    seconds = max(real, LEAST_SECONDS)
    layers = [(name, _paths(lines[::step], known)) for name, lines in [*_keypoints(take), *_skeleton(take)]]
    middle = int(np.flatnonzero(known)[known.sum() // 2])
    still = [f'<path class="{name}" d="{paths[middle]}"/>' for name, paths in layers]
    moving = [
        f'{path.removesuffix("/>")}><animate attributeName="d" dur="{seconds:.2f}s" repeatCount="indefinite" '
        f'calcMode="discrete" values="{";".join(paths)}"/></path>'
        for path, (_, paths) in zip(still, layers, strict=True)
    ]
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * SIDE} {SIDE + TITLE}" role="img" '
        f'aria-label="2D keypoints of a video beside the 3D joints lifted from them"><style>{STYLE}</style>'
        f'<text x="{MARGIN}" y="32">2D keypoints of a video</text>'
        f'<text x="{SIDE + MARGIN}" y="32">3D joints{", slowed down" if seconds > real else ""}</text>'
        f'<g class="moving">{"".join(moving)}</g><g class="still">{"".join(still)}</g></svg>\n',
        encoding="utf-8",
    )


def _keypoints(take: Lifted) -> Iterator[tuple[str, np.ndarray]]:
    """The left half: lines by side, (frames, lines, 2 ends, 2)."""
    low, high = (bound(take.keypoints, axis=(0, 1)) for bound in (np.nanmin, np.nanmax))
    scale = (SIDE - 2 * MARGIN) / float((high - low).max())
    places = (take.keypoints - (low + high) / 2) * scale + [SIDE / 2, TITLE + SIDE / 2]
    yield from _by_side(places, bones_of(take.layout.points), take.layout.points)


def _skeleton(take: Lifted) -> Iterator[tuple[str, np.ndarray]]:
    """The right half: the floor and the skeleton, likewise."""
    world = held(take.placed())
    centre = centres(world, take.fps)
    top = max(TALL, float(world[..., 2].max()) + 0.1)
    scale = min(SIDE / (2 * REACH * top / TALL), SIDE / (top + BELOW))

    def placed(points: np.ndarray) -> np.ndarray:
        return np.array([1.5 * SIDE, TITLE + SIDE - BELOW * scale]) + seen(points) * [scale, -scale]

    yield "floor", placed(np.stack([tiles(each) for each in centre]))
    yield from _by_side(placed(world - centre[:, None]), BONES, JOINTS)


def _by_side(
    places: np.ndarray, bones: Sequence[tuple[int, int]], points: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    sides = [side_of(points[end]) for _, end in bones]
    for name in ("middle", "right", "left"):
        ends = [bone for bone, side in zip(bones, sides, strict=True) if side == name]
        yield name, places[:, np.array(ends, int).reshape(-1, 2)]


def _paths(lines: np.ndarray, known: np.ndarray) -> list[str]:
    """Lines (frames, lines, 2 ends, 2) as the path of each frame."""
    whole = np.rint(np.nan_to_num(lines)).astype(int)
    return [
        "".join(f"M{x} {y}L{a} {b}" for (x, y), (a, b) in frame) if is_known else "M0 0"
        for frame, is_known in zip(whole, known, strict=True)
    ]
