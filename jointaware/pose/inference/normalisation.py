"""The table of normalisations: how the keypoints of a video become the input of a network, in training as in use.

A network declares its row in the header of its file. A function takes keypoints (..., points, 2) in pixels, x right
and y down, the size of the image, and the points whose mean is the root; it looks at every frame by itself, so that
a stream and a whole video give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from jointaware.pose.camera import normalize_screen

SMALLEST = 1.0
"""Least size of a person, pixels: nobody is a point."""

Normalise = Callable[[Tensor, tuple[int, int], Sequence[int]], Tensor]


@dataclass(frozen=True)
class Normalisation:
    """A normalisation.

    words: what it does. is_turned: whether a network's joints are in the frame of the camera turned to the root, since
    their place in the image is not in its input: `jointaware.pose.inference.turning`.
    """

    words: str
    normalise: Normalise
    is_turned: bool = False


def by_screen(pixels: Tensor, size: tuple[int, int], root: Sequence[int]) -> Tensor:
    """Normalised screen coordinates, as in `jointaware.pose.camera`: place and size in the image remain."""
    return normalize_screen(pixels, *size)


def by_person(pixels: Tensor, size: tuple[int, int], root: Sequence[int]) -> Tensor:
    """Place and scale removed: the root at 0, 0, and a root mean square distance of 1 from the points' centre.

    The distance of all points changes little from frame to frame, unlike a person's height in the image.
    """
    centred = pixels - pixels.mean(dim=-2, keepdim=True)
    scale = centred.square().sum(dim=-1, keepdim=True).mean(dim=-2, keepdim=True).sqrt().clamp(min=SMALLEST)
    return (pixels - pixels[..., list(root), :].mean(dim=-2, keepdim=True)) / scale


NORMALISATIONS = {
    "screen": Normalisation("normalised screen coordinates (VideoPose3D)", by_screen),
    "person": Normalisation("relative to the root, scaled by the person's size in the image", by_person, True),
}
"""Normalisations by the name that a network's file gives."""
