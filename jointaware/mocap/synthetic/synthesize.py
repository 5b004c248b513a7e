"""Synthetic motion: seven people perform the fifteen actions of Human3.6M, drawn from a seed.

An action is a row of a table (`_actions`). Feet stay where they are put and the pelvis rides on them (`_footing`),
moves between gestures are smooth (`_curves`), bones are constant (`_body`), and `_performance` puts these together.
A stand-in for real motion, whose statistics it is held to (tests/mocap/test_synthetic.py); a model of nobody.
"""

from __future__ import annotations

import difflib
import zlib
from collections.abc import Iterable

import numpy as np

from jointaware.errors import InputError
from jointaware.mocap.synthetic.actions import ACTIONS as ACTION_TABLE
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
ACTIONS = tuple(ACTION_TABLE)

MARGIN = 2.5
"""Seconds drawn before and after a take and cut off, so that it starts and ends in full motion."""


def synthesize(subject: str, action: str, subaction: str, *, frames: int, fps: float, seed: int) -> Take:
    """Someone doing something; the same names, numbers and seed give the same bytes."""
    _known("subject", subject, SUBJECTS)
    _known("action", action, ACTIONS)
    rng = _generator(seed, subject, action, subaction)
    manner = Manner.of(_generator(seed, subject), rng)
    margin = int(np.ceil(MARGIN * fps))
    times = np.arange(-margin, frames + margin) / fps
    joints = perform(ACTION_TABLE[action], BODIES[subject], manner, times, rng)
    return Take(subject, action, subaction, joints[margin : margin + frames].astype(np.float32), fps)


def _generator(seed: int, *names: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32("/".join(names).encode())])


def _known(what: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        nearest = difflib.get_close_matches(name, names, n=1, cutoff=0)[0]
        raise InputError(f"synthetic {what}: found {name!r}, expected one of the known names, nearest {nearest!r}")
