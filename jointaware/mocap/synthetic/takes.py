"""Synthetic motion: seven subjects perform the fifteen actions of Human3.6M, determined by a seed.

Each action is a row of a table (`actions`). Planted feet do not slide and the pelvis is carried by them (`footing`),
transitions between gestures are smooth (`curves`), bones are rigid (`body`); `performance` combines these. It is a
stand-in for real motion, tested against its statistics (tests/mocap/test_synthetic.py), not a model of any person.
"""

from __future__ import annotations

import difflib
import zlib
from collections.abc import Collection

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.synthetic.actions import PERFORMANCES
from jointaware.mocap.synthetic.body import Body
from jointaware.mocap.synthetic.performance import Manner, perform
from jointaware.mocap.take import Take

BODIES = {
    "S1": Body.of_stature(1.64, legs=1.01, arms=0.97, breadth=0.94),
    "S5": Body.of_stature(1.69, legs=0.97, arms=0.98, breadth=1.00),
    "S6": Body.of_stature(1.79, legs=1.03, arms=1.02, breadth=1.03),
    "S7": Body.of_stature(1.66, legs=1.00, arms=1.02, breadth=0.98),
    "S8": Body.of_stature(1.86, legs=0.99, arms=1.00, breadth=1.07),
    "S9": Body.of_stature(1.76, legs=1.00, arms=1.03, breadth=1.01),
    "S11": Body.of_stature(1.73, legs=0.98, arms=0.99, breadth=1.05),
}
SUBJECTS = tuple(BODIES)

MARGIN = 2.5
"""Seconds generated before and after a take and cut off, so that it starts and ends in mid-motion."""


def synthesize(subject: str, action: str, subaction: str, *, frames: int, fps: float, seed: int) -> Take:
    """A take of a subject performing an action; equal arguments give equal bytes."""
    _check_known("subject", subject, BODIES)
    _check_known("action", action, PERFORMANCES)
    rng = _generator(seed, subject, action, subaction)
    manner = Manner.of(_generator(seed, subject), rng)
    margin = int(np.ceil(MARGIN * fps))
    times = np.arange(-margin, frames + margin) / fps
    joints = perform(PERFORMANCES[action], BODIES[subject], manner, times, rng)
    return Take(subject, action, subaction, joints[margin : margin + frames].astype(np.float32), fps)


def _generator(seed: int, *names: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32("/".join(names).encode())])


def _check_known(what: str, name: str, names: Collection[str]) -> None:
    if name not in names:
        nearest = difflib.get_close_matches(name, names, n=1, cutoff=0)[0]
        raise InputError(f"synthetic {what}: found {name!r}, expected one of the known names, nearest {nearest!r}")
