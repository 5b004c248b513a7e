"""What a reader returns: the keypoints of the people in a video, frame by frame, NaN where they were not detected."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.keypoints.layouts import LAYOUTS, Layout
from jointaware.mocap.keypoints.linking import link

LARGEST = 1e6
"""Pixels from the image's corner beyond which no keypoint lies."""
SPARSE = 50
"""Frames of a video for each frame with a detection beyond which numbers of frames are taken for something else."""


@dataclass(frozen=True)
class Told:
    """What the user says about a video; None where the file is to say it.

    fps: frames per second. size: width and height, pixels. frames: length of the video.
    """

    fps: float | None = None
    size: tuple[int, int] | None = None
    layout: Layout | None = None
    frames: int | None = None

    def unless(self, fps: float | None, size: tuple[int, int] | None) -> Told:
        """With what a file says, except where the user says otherwise."""
        return replace(self, fps=self.fps or fps, size=self.size or size)

    def sized(self, where: object) -> tuple[int, int]:
        """Width and height of a video whose file has coordinates between 0 and 1."""
        if self.size is None:
            raise InputError(f"{where}: found coordinates relative to the image, expected --size WIDTHxHEIGHT")
        return self.size

    def layout_of(self, points: int, known: Mapping[int, str], where: object) -> Layout:
        """The layout that the user names, or that a form defines for this number of points.

        known: layouts by their number of points, of a form that defines them.
        """
        if self.layout is not None:
            if len(self.layout.points) != points:
                raise InputError(
                    f"{where}: found {points} keypoints, expected the {len(self.layout.points)} of --layout "
                    f"{self.layout.name}"
                )
            return self.layout
        if points in known:
            return LAYOUTS[known[points]]
        likely = [name for name, layout in LAYOUTS.items() if len(layout.points) == points]
        expected = f"--layout {' or '.join(likely)}" if likely else f"a layout of {', '.join(LAYOUTS)}"
        raise InputError(f"{where}: found {points} keypoints and not which they are, expected {expected}")


@dataclass(frozen=True)
class Person:
    """One person in a video.

    id: as the file names it; numbers from 1 where it does not.
    keypoints: (frames, points, 2) float32 pixels, NaN where not detected. confidence: (frames, points), 0 there.
    """

    id: str
    keypoints: np.ndarray
    confidence: np.ndarray

    @property
    def lost(self) -> np.ndarray:
        """Whether the person was not detected at all, (frames,) bool."""
        return np.isnan(self.keypoints[..., 0]).all(axis=1)


@dataclass(frozen=True)
class Video:
    """Keypoints of a video. fps, size: None where neither the file nor the user says.

    people: those who are seen longest come first.
    """

    path: Path
    layout: Layout
    fps: float | None
    size: tuple[int, int] | None
    people: tuple[Person, ...]


@dataclass
class Detections:
    """Collects the detections of a video in compact arrays.

    path: the file or folder. where: what messages name, if not the path.
    """

    path: Path
    where: object = ""
    frames: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("f"))
    ids: list[str | None] = field(default_factory=list)
    points: int = 0

    def add(self, frame: int, triples: Sequence[float] | np.ndarray, person: object = None) -> None:
        """Add a detection: x, y and confidence of one point after the other; person: its id in the file."""
        if not self.points:
            self.points = len(triples) // 3
        if not self.points or len(triples) != 3 * self.points:
            raise InputError(
                f"{self.where or self.path}: frame {frame}: found {len(triples)} numbers, expected "
                f"{f'x, y and confidence of {self.points} keypoints' if self.points else 'x, y, confidence, x, ...'}"
            )
        self.frames.append(frame)
        self.values.extend(triples)
        self.ids.append(None if person is None else str(person))

    def finish(self, told: Told, layout: Layout | Mapping[int, str], *, first: int | None, frames: int = 0) -> Video:
        """The video of all detections.

        layout: the file's, or those that its form defines, by the number of their points.
        first: number of the first frame; None for the smallest number of all.
        frames: length of the video, as far as the file says; frames without a detection are lost.
        """
        numbers, keypoints, confidence = np.array(self.frames), np.empty((0, 0, 2)), np.empty((0, 0))
        if self.frames:
            keypoints, confidence = cleaned(
                np.frombuffer(self.values, np.float32).reshape(-1, self.points, 3), self.path
            )
        if np.isnan(keypoints).all():
            raise InputError(f"{self.path}: found no person in any frame, expected keypoints")
        if told.layout is not None or not isinstance(layout, Layout):
            layout = told.layout_of(self.points, {} if isinstance(layout, Layout) else layout, self.path)
        if len(layout.points) != self.points:
            raise InputError(
                f"{self.path}: found {self.points} keypoints, expected the {len(layout.points)} that it names"
            )
        start = int(numbers.min()) if first is None else first
        numbers -= start
        length = max(frames, told.frames or 0, int(numbers.max()) + 1)
        self._check(numbers, length, told)
        ids, person_of = np.unique(self._ids(numbers, keypoints, confidence), return_inverse=True)
        people = []
        for place, name in enumerate(ids.tolist()):
            people.append(_person(name, np.flatnonzero(person_of == place), numbers, keypoints, confidence, length))
        people.sort(key=lambda person: int(person.lost.sum()))
        return Video(self.path, layout, told.fps, told.size, tuple(people))

    def _check(self, numbers: np.ndarray, length: int, told: Told) -> None:
        """Raise InputError unless the numbers are those of a video's frames."""
        if numbers.min() < 0:
            raise InputError(f"{self.path}: found frame {numbers.min()}, expected numbers from 0")
        if told.frames and length > told.frames:
            raise InputError(f"{self.path}: found {length} frames, expected the {told.frames} of --frames")
        if length > 1000 + SPARSE * (seen := len(np.unique(numbers))):
            raise InputError(
                f"{self.path}: found frames up to {length - 1}, and detections in {seen} of them, expected the frames "
                "of one video, counted one by one"
            )

    def _ids(self, numbers: np.ndarray, keypoints: np.ndarray, confidence: np.ndarray) -> list[str]:
        """An id for every detection; those of a file that names nobody are linked from frame to frame."""
        if any(each is None for each in self.ids):
            return [str(1 + track) for track in link(numbers, keypoints, confidence)]
        return [str(each) for each in self.ids]


def _person(
    name: str, rows: np.ndarray, numbers: np.ndarray, keypoints: np.ndarray, confidence: np.ndarray, frames: int
) -> Person:
    """One person's detections over all frames; of two in one frame the more confident one is kept.

    rows: indices of the person's among all detections.
    """
    rows = rows[np.lexsort((confidence[rows].mean(axis=1), numbers[rows]))]
    whole = np.full((frames, *keypoints.shape[1:]), np.nan, np.float32)
    trust = np.zeros(whole.shape[:2], np.float32)
    whole[numbers[rows]], trust[numbers[rows]] = keypoints[rows], confidence[rows]
    return Person(name, whole, trust)


def cleaned(values: np.ndarray, where: object) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints and confidence; NaN and 0 where a detector writes 0, 0, a confidence of 0, or NaN."""
    keypoints, confidence = values[..., :2], values[..., 2]
    missing = ~(confidence > 0) | (keypoints == 0).all(axis=-1) | np.isnan(keypoints).any(axis=-1)
    keypoints[missing], confidence[missing] = np.nan, 0
    if not np.nanmax(np.abs(keypoints), initial=0) <= LARGEST or np.isinf(confidence).any():
        raise InputError(f"{where}: found a keypoint {np.nanmax(np.abs(keypoints)):.3g} away, expected pixels")
    return keypoints, confidence
