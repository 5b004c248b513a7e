"""Lift a stream of keypoints while it comes: JSON lines in, JSON lines out, with a causal network.

In: {"keypoints": [[x, y, confidence], ...]} in pixels, or [x, y, confidence, x, ...], or null where nobody is seen.
Out: first a line with joint_names, unit, frame_of_reference and fps, then for every frame {"frame", "joints",
"root", "lost"}; joints and root are null until somebody is seen. A point that is not found stays where it was. At
another frame rate than the network's, keypoints are interpolated between the last two frames.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch

from jointaware.errors import InputError
from jointaware.foreign import refusing
from jointaware.mocap.keypoints.gaps import fill
from jointaware.mocap.keypoints.layouts import Layout, Mapping2D, mapping
from jointaware.mocap.keypoints.video import Told, cleaned
from jointaware.pose.camera import normalize_screen
from jointaware.pose.inference.root_path import root_path
from jointaware.pose.inference.streams import Stream
from jointaware.pose.skeleton import JOINTS
from jointaware.video.lift import H36M, LIMBS, Choices, Lifter
from jointaware.video.lifted import FRAME_OF_REFERENCE, UNIT

DIGITS = 7
"""Of a metre, behind the point."""


def follow_stream(lifter: Lifter, told: Told, choices: Choices) -> None:
    """Lift stdin to stdout, line by line."""
    for line in lift_lines(lifter, told, choices, sys.stdin):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def lift_lines(lifter: Lifter, told: Told, choices: Choices, lines: Iterable[str]) -> Iterator[str]:
    """The lines that answer lines of keypoints."""
    if told.size is None or told.fps is None or told.layout is None:
        raise InputError("--follow: a stream says nothing of itself, expected --size, --fps and --layout")
    if not lifter.network.causal:
        raise InputError("--follow: found a network that looks at later frames, expected a causal one")
    follower = _Follower(lifter, told.size, told.fps, told.layout, choices)
    yield json.dumps({"joint_names": JOINTS, "unit": UNIT, "frame_of_reference": FRAME_OF_REFERENCE, "fps": told.fps})
    for number, line in enumerate(lines):
        if line.strip():
            with refusing(f"stdin: line {number + 1}", '{"keypoints": [[x, y, confidence], ...]}'):
                yield json.dumps(follower.lift(json.loads(line)["keypoints"]))


class _Follower:
    """A person in a stream. Keeps what the network remembers, and the last place of every keypoint."""

    def __init__(self, lifter: Lifter, size: tuple[int, int], fps: float, layout: Layout, choices: Choices) -> None:
        self.lifter, self.size, self.layout = lifter, size, layout
        self.stream = Stream(lifter.network, use_flip=choices.use_flip, mirrored_keypoints=lifter.layout.mirrored)
        self.mapping: Mapping2D = lifter.mapping(layout, "--layout")
        self.limbs = mapping(lifter.layout, H36M, "--layout")
        self.focal = choices.focal_on(size)
        self.ratio = lifter.expects.fps / fps
        self.frame, self.ticks = -1, 0
        self.keypoints: np.ndarray | None = None
        self.joints: torch.Tensor | None = None

    def lift(self, found: Any) -> dict[str, Any]:
        """The answer to the keypoints of the next frame."""
        self.frame += 1
        keypoints, confidence = self._read(found)
        lost = bool(np.isnan(keypoints).all())
        if not lost:
            before = self.keypoints
            held = keypoints if before is None else np.where(np.isnan(keypoints), before, keypoints)
            now = fill(held[None], self.lifter.layout.mirrored)[0][0]
            self._advance(now if before is None else before, now)
            self.keypoints = now
        elif self.keypoints is not None:
            self._advance(self.keypoints, self.keypoints)
        else:
            self.ticks = self._due()
        return {"frame": self.frame, **self._answer(confidence), "lost": lost}

    def _due(self) -> int:
        """Frames of the network's rate up to the present one."""
        return int(np.floor(self.frame * self.ratio + 1e-6)) + 1

    def _advance(self, before: np.ndarray, now: np.ndarray) -> None:
        """Lift the frames of the network's rate since the last frame."""
        for tick in range(self.ticks, self._due()):
            share = np.float32(min(1.0, max(0.0, tick / self.ratio - self.frame + 1)))
            between = now if share == 1 else before + share * (now - before)
            lifted = self.stream.lift(self.lifter.normalise(between, self.size))
            self.joints = self.lifter.turn(lifted, between, self.size, self.focal)
            self.joints[0] = 0
        self.ticks = self._due()

    def _answer(self, confidence: np.ndarray) -> dict[str, Any]:
        if self.joints is None or self.keypoints is None:
            return {"joints": None, "root": None}
        places, trust = self.limbs.apply(self.keypoints[None], confidence[None])
        screen = normalize_screen(torch.from_numpy(places[:, LIMBS]), *self.size)
        limbs, weights = self.joints[None, list(LIMBS)], torch.from_numpy(trust[:, LIMBS])
        root = root_path(limbs, screen, weights, focal=self.focal)[0]
        rounded = np.round(self.joints.numpy().astype(float), DIGITS), np.round(root.numpy(), DIGITS)
        return {"joints": rounded[0].tolist(), "root": rounded[1].tolist()}

    def _read(self, found: Any) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints and confidence in the network's layout; NaN where there are none."""
        points = len(self.layout.points)
        triples = np.full((points, 3), np.nan, np.float32)
        if found:
            values = np.asarray(found, np.float32)
            if values.size != triples.size:
                raise InputError(
                    f"stdin: frame {self.frame}: found keypoints {values.shape}, expected {triples.shape}, the "
                    f"{points} of {self.layout.name}"
                )
            triples = values.reshape(triples.shape)
        keypoints, confidence = (part[0] for part in self.mapping.apply(*cleaned(triples[None], "stdin")))
        return keypoints, confidence
