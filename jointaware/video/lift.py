"""Lift the people in a video: layout, gaps, frame rate and normalisation as the network wants them, and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jointaware.analysis.smoothing import ORDER, WINDOW, smooth
from jointaware.artifacts.network_files import NetworkInput, read_network, read_network_input
from jointaware.errors import InputError
from jointaware.mocap.keypoints import gaps
from jointaware.mocap.keypoints.layouts import LAYOUTS, Layout, Mapping2D, mapping
from jointaware.mocap.keypoints.video import Person, Video
from jointaware.mocap.resample import resample
from jointaware.mocap.sides import with_sides_right
from jointaware.pose.camera import normalize_screen
from jointaware.pose.inference.chunks import FRAMES, lift_in_chunks
from jointaware.pose.inference.normalisation import NORMALISATIONS
from jointaware.pose.inference.rigid import with_constant_bones
from jointaware.pose.inference.root_path import assumed_focal, root_path
from jointaware.pose.inference.turning import turned_back
from jointaware.pose.lifting import LiftingNetwork
from jointaware.pose.skeleton import JOINTS
from jointaware.progress import follow
from jointaware.video.lifted import Lifted

LIMBS = tuple(joint for joint, name in enumerate(JOINTS) if name.startswith(("left", "right")))
"""Joints that detectors find where Human3.6M has them; the root's path follows from these alone."""
H36M = LAYOUTS["h36m"]


@dataclass(frozen=True)
class Lifter:
    """A network, and all that it needs to know of its input. network: in evaluation mode."""

    network: LiftingNetwork
    layout: Layout
    expects: NetworkInput

    def normalise(self, pixels: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The network's input, (..., points, 2), of keypoints in pixels."""
        row = NORMALISATIONS[self.expects.normalisation]
        return row.normalise(torch.from_numpy(np.ascontiguousarray(pixels, np.float32)), size, self.layout.root)

    def turn(self, joints: Tensor, pixels: np.ndarray, size: tuple[int, int], focal: float) -> Tensor:
        """A network's joints, (..., 17, 3), in the camera frame; pixels: its keypoints. focal: on normalised screen."""
        if not NORMALISATIONS[self.expects.normalisation].is_turned:
            return joints
        place = torch.from_numpy(pixels[..., list(self.layout.root), :].mean(axis=-2, dtype=np.float32))
        screen = normalize_screen(place, *size)
        return turned_back(joints, torch.cat([screen, torch.full_like(screen[..., :1], focal)], dim=-1))

    def mapping(self, source: Layout, where: object) -> Mapping2D:
        """How keypoints of a layout become the network's."""
        return mapping(source, self.layout, where)


@dataclass(frozen=True)
class Choices:
    """What the user chooses.

    gap: longest run of lost frames that is bridged; None for half a second. focal: focal length in pixels; None to
    assume one. is_smoothed, is_rigid: whether motion is filtered, and whether bones keep their lengths.
    """

    gap: int | None = None
    focal: float | None = None
    use_flip: bool = True
    is_smoothed: bool = False
    is_rigid: bool = False

    def focal_on(self, size: tuple[int, int]) -> float:
        """Focal length in normalised screen coordinates, for an image of this size."""
        return self.focal / size[0] * 2 if self.focal else assumed_focal(*size)


def open_lifter(path: Path) -> tuple[Lifter, bool]:
    """A network for `lift`, and whether its file says what it was trained on.

    A file that does not is of Human3.6M's joints in screen coordinates at 50 frames/s, as all were before they said so.
    """
    network, expects = read_network(path), read_network_input(path)
    found = expects or NetworkInput()
    if found.layout not in LAYOUTS or len(LAYOUTS[found.layout].points) != len(JOINTS):
        known = [name for name, layout in LAYOUTS.items() if len(layout.points) == len(JOINTS)]
        raise InputError(
            f"{path}: was trained on keypoints called {found.layout[:40]!r}, expected {' or '.join(known)}"
        )
    if found.normalisation not in NORMALISATIONS:
        raise InputError(
            f"{path}: was trained on keypoints normalised by {found.normalisation[:40]!r}, expected "
            f"{' or '.join(NORMALISATIONS)}"
        )
    return Lifter(network, LAYOUTS[found.layout], found), expects is not None


def lift_person(lifter: Lifter, video: Video, person: Person, choices: Choices, name: str) -> tuple[Lifted, list[str]]:
    """A person's motion, and what has to be said of it, one line each."""
    fps, size = _known(video)
    detected = lifter.mapping(video.layout, video.path).apply(person.keypoints, person.confidence)
    frames, lost = len(detected[0]), np.isnan(detected[0][..., 0]).all(axis=1)
    if lost.all():
        raise InputError(f"{video.path}: person {person.id}: found none of the keypoints that the network needs")
    keypoints, confidence, exchanged = with_sides_right(*detected, lifter.layout, fps)
    gap = max(1, round(gaps.SECONDS * fps)) if choices.gap is None else choices.gap
    joints = np.full((frames, len(JOINTS), 3), np.nan, np.float32)
    root = np.full((frames, 3), np.nan, np.float32)
    never: set[int] = set()
    parts = gaps.stretches(lost, gap)
    for part in parts:
        keypoints[part], missing = gaps.fill(keypoints[part], lifter.layout.mirrored)
        never |= set(missing)
        joints[part] = _lift_stretch(lifter, keypoints[part], size, fps, choices, name)
    if choices.is_rigid:
        joints = with_constant_bones(torch.from_numpy(joints)).numpy()
    limbs = mapping(lifter.layout, H36M, video.path) if lifter.layout is not H36M else mapping(H36M, H36M, video.path)
    places, trust = limbs.apply(keypoints, confidence)
    focal = choices.focal_on(size)
    for part in parts:
        root[part] = _find_root(joints[part], places[part], trust[part], size, focal)
        if choices.is_smoothed:
            root[part] = smooth(root[part], window=_odd(WINDOW * fps / lifter.expects.fps), order=ORDER)
    take = Lifted(name, joints, root, trust, lost, fps, keypoints, lifter.layout, size)
    return take, list(_remarks(take, exchanged, [lifter.layout.points[point] for point in sorted(never)]))


def _known(video: Video) -> tuple[float, tuple[int, int]]:
    """Frame rate and size of a video, which neither the file nor the user may have said."""
    if video.fps is None:
        raise InputError(f"{video.path}: does not say the frame rate, expected --fps FRAMES_PER_SECOND")
    if video.size is None:
        raise InputError(f"{video.path}: does not say the size of the image, expected --size WIDTHxHEIGHT")
    return video.fps, video.size


def _lift_stretch(
    lifter: Lifter, pixels: np.ndarray, size: tuple[int, int], fps: float, choices: Choices, name: str
) -> np.ndarray:
    """Joints of consecutive frames, (frames, 17, 3), at the video's frame rate."""
    rate = lifter.expects.fps
    seen = resample(pixels, fps, rate)
    keypoints = lifter.normalise(seen, size)
    chunks = lift_in_chunks(
        lifter.network,
        keypoints,
        use_flip=choices.use_flip,
        mirrored_keypoints=lifter.layout.mirrored,
        frames=FRAMES,
    )
    joints = np.empty((len(keypoints), len(JOINTS), 3), np.float32)
    total = -(-len(keypoints) // FRAMES)
    for place, chunk in enumerate(follow(chunks, f"lifting {name}", total=total, unit="chunks")):
        joints[place * FRAMES :][: len(chunk)] = chunk.numpy()
    if not np.isfinite(joints).all():
        raise InputError(f"{name}: the network predicts non-finite joints, expected a trained network")
    joints = lifter.turn(torch.from_numpy(joints), seen, size, choices.focal_on(size)).numpy()
    if choices.is_smoothed:
        joints = smooth(joints, window=WINDOW, order=ORDER)
    joints = resample(joints, rate, fps)[: len(pixels)]
    joints[:, 0] = 0  # the root, which a network predicts only about
    return joints


def _find_root(
    joints: np.ndarray, pixels: np.ndarray, trust: np.ndarray, size: tuple[int, int], focal: float
) -> np.ndarray:
    """The root's path, (frames, 3), chunk by chunk."""
    path = np.empty((len(joints), 3), np.float32)
    for first in range(0, len(joints), FRAMES):
        part = slice(first, first + FRAMES)
        screen = normalize_screen(torch.from_numpy(pixels[part][:, LIMBS]), *size)
        relative, weights = (torch.from_numpy(each[part][:, LIMBS]) for each in (joints, trust))
        path[part] = root_path(relative, screen, weights, focal=focal).numpy()
    return path


def _odd(window: float) -> int:
    """The nearest odd number of frames."""
    return 2 * round((window - 1) / 2) + 1


def _remarks(take: Lifted, exchanged: np.ndarray, never: list[str]) -> Iterator[str]:
    """What a user should know of a take, one line each."""
    if exchanged.any():
        yield f"{take.name}: left and right exchanged by the detector in {int(exchanged.sum())} frames, put right"
    if take.lost.any():
        unbridged = int((~take.known).sum())
        yield (
            f"{take.name}: {int(take.lost.sum())} of {len(take.lost)} frames lost"
            + (f", {unbridged} of them in gaps too long to bridge (NaN)" if unbridged else ", all bridged")
        )
    if never:
        yield f"{take.name}: never detected, so put where its counterpart or the body is: {', '.join(never)}"
