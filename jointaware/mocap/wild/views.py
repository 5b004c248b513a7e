"""A made-up view of a piece of a take: the joints that a network is to find, and the keypoints that it is given."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from jointaware.mocap.cameras import Camera
from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.mocap.wild.bodies import other_body
from jointaware.mocap.wild.cameras import camera_around
from jointaware.mocap.wild.faults import with_faults
from jointaware.mocap.wild.keypoints import place_keypoints
from jointaware.mocap.wild.settings import Wild
from jointaware.pose.camera import image_coordinates, project, world_to_camera
from jointaware.pose.inference.normalisation import NORMALISATIONS
from jointaware.pose.inference.turning import turned_to
from jointaware.pose.skeleton import ROOT

NORMALISATION = "person"


@dataclass(frozen=True)
class WildView:
    """A view of a piece of a take, by its number among those of the take. name: of its camera in tables."""

    number: int

    @property
    def name(self) -> str:
        """`wild7`."""
        return f"wild{self.number}"


Detect = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
"""Detected keypoints, (frames, points, 2) pixels: of true ones, a factor on the noise, and a generator."""


@dataclass(frozen=True)
class Seen:
    """What a camera saw. noise: mean distance of the keypoints from their places on the body, pixels.

    pixels: (frames, 17, 2) float32, the keypoints as detected.
    arrays: keypoints (frames, 17, 2), normalised; joints (frames, 17, 3) metres, root-relative, in the frame of the
    camera turned to the root; root (frames, 3) metres, camera frame.
    """

    camera: Camera
    pixels: np.ndarray
    arrays: dict[str, np.ndarray]
    noise: float


def form_of(settings: Wild) -> dict[str, Any]:
    """What the header of the sequences says of the keypoints."""
    layout = LAYOUTS[settings.layout]
    return {"layout": layout.name, "normalisation": NORMALISATION, "mirrored_keypoints": layout.mirrored}


def wild_views(frames: slice, *, views: int, longest: float) -> Iterator[tuple[WildView, slice]]:
    """The views of a take, each with the frames that it sees: `views` of every piece of about equal length.

    frames: of the take that are kept. longest: of the pieces, frames.
    """
    count = len(range(frames.start, frames.stop, frames.step))
    pieces = max(1, round(count / longest + 0.5 - 1e-9))
    edges = [frames.start + frames.step * (piece * count // pieces) for piece in range(pieces)] + [frames.stop]
    for number in range(views * pieces):
        piece = number % pieces
        yield WildView(number), slice(edges[piece], edges[piece + 1], frames.step)


def see(joints: np.ndarray, name: str, *, settings: Wild, fps: float, detect: Detect) -> Seen:
    """A view of a piece of a take.

    joints: (frames, 17, 3) metres, world frame, z up. name: of the view, on which together with the seed everything
    that is drawn depends. detect: the noise of the detector.
    """
    layout = LAYOUTS[settings.layout]
    rng = np.random.default_rng([settings.seed, zlib.crc32(name.encode())])
    body = other_body(joints, proportions=settings.proportions, posture=settings.posture, rng=rng)
    points = place_keypoints(body, layout, misplacement=settings.misplacement, fps=fps, rng=rng)
    camera = camera_around(
        body[:, ROOT],
        distance=(settings.nearest, settings.farthest),
        height=(settings.lowest, settings.highest),
        roll=settings.roll,
        rng=rng,
    )
    pose = torch.from_numpy(camera.orientation), torch.from_numpy(camera.translation)
    in_camera = world_to_camera(torch.from_numpy(body), *pose)
    screen = project(world_to_camera(torch.from_numpy(points), *pose), torch.from_numpy(camera.intrinsics))
    pixels = image_coordinates(screen, camera.width, camera.height).numpy()
    noisy = detect(pixels, float(np.exp(rng.normal(0, settings.noise_spread))), rng)
    noisy = with_faults(noisy, layout, lost=settings.lost_probability, swapped=settings.swap_probability, rng=rng)
    normalise = NORMALISATIONS[NORMALISATION].normalise
    root = in_camera[:, ROOT]
    arrays = {
        "keypoints": normalise(torch.from_numpy(noisy), (camera.width, camera.height), layout.root),
        "joints": turned_to(in_camera - root[:, None], root),
        "root": root,
    }
    noise = float(np.linalg.norm(noisy - pixels, axis=-1).mean())
    return Seen(camera, noisy.astype(np.float32), {key: array.numpy() for key, array in arrays.items()}, noise)
