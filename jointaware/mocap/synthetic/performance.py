"""Perform an action with a body: combine gestures, gait and balance into one posture per frame.

Involuntary motion is modelled here, once for all actions: arms swing opposite to the legs, the pelvis rotates and drops
with each step, the trunk leans into turns and leans forward to rise, the pelvis moves back when the trunk bends, and
everything sways. Amplitudes are those of normal gait (Perry & Burnfield, Gait Analysis) or, where the book gives none,
of real recordings.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from jointaware.mocap.synthetic.actions import Action
from jointaware.mocap.synthetic.body import Body, Posture, joints_of, rotation
from jointaware.mocap.synthetic.curves import blur, drift, glide
from jointaware.mocap.synthetic.footing import LEFT, RIGHT, Feet, Footfalls, feet_at, ride_height, stand, walk

WAVES_PER_SECOND = 1.4


@dataclass(frozen=True)
class Manner:
    """Personal style: pace and size of movements relative to 1; forward lean of the trunk and the head, radians."""

    pace: float
    size: float
    stoop: float
    chin: float

    @classmethod
    def of(cls, person: np.random.Generator, take: np.random.Generator) -> Manner:
        """The style of a person, slightly varied in every take."""
        usual = person.uniform([0.94, 0.93, -0.02, -0.06], [1.06, 1.05, 0.08, 0.10])
        return cls(*usual + take.normal(0, [0.02, 0.02, 0.015, 0.03]))


@dataclass(frozen=True)
class Stance:
    """Support of the body by the feet: position, heading and distribution of weight.

    ground, ahead, aside: (frames, 2) position in metres, and unit vectors to the front and to the left.
    yaw: (frames,) radians. stride: (frames,) metres by which the left foot leads.
    burden: (frames,) load of the left foot minus that of the right.
    """

    ground: np.ndarray
    ahead: np.ndarray
    aside: np.ndarray
    yaw: np.ndarray
    stride: np.ndarray
    burden: np.ndarray


@dataclass(frozen=True)
class Intent:
    """Voluntary motion over time.

    arms: (frames, 2, 3) as in `Posture`. swing: (2,) amplitude of arm swing in gait, left and right.
    lean, twist: (frames,) radians of the trunk, forward and to the left. nod, turn: of the head, down and to the left.
    crouch: (frames,) metres. seated: (frames,) 0 standing, 1 sitting.
    """

    arms: np.ndarray
    swing: np.ndarray
    lean: np.ndarray
    twist: np.ndarray
    nod: np.ndarray
    turn: np.ndarray
    crouch: np.ndarray
    seated: np.ndarray


def perform(action: Action, body: Body, manner: Manner, times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Joints of a body performing an action, (frames, 17, 3) metres, world, at times in seconds."""
    intent = _intent(action, manner, times, rng)
    feet = feet_at(times, _footfalls(action, body, manner, times, rng), body)
    stance = _stance(feet, times)
    hips, chest, head = _trunk(intent, stance, action.speed, body, times, rng)
    opposite_to_legs = stance.stride[:, None] * np.array([-1, 1]) * intent.swing
    arms = intent.arms + opposite_to_legs[..., None] * [0.4, 0.0, 0.35]
    posture = Posture(
        pelvis=_pelvis(intent, stance, feet, hips, body, times, rng),
        hips=hips,
        chest=chest,
        head=head,
        ankles=feet.ankles,
        knees=np.stack([np.cos(feet.yaw), np.sin(feet.yaw), np.zeros_like(feet.yaw)], axis=-1),
        arms=arms,
        shrug=0.21 + 0.035 * arms[..., 0] + 0.02 * drift(times, 2, corner=0.5, rng=rng),
    )
    return joints_of(body, posture)


def _intent(action: Action, manner: Manner, times: np.ndarray, rng: np.random.Generator) -> Intent:
    """A random sequence of the action's gestures, in a personal style."""
    gestures = np.array([np.hstack(astuple(gesture)) for gesture in action.gestures])
    count = int((times[-1] - times[0] + 2) / (0.8 * action.move)) + 1
    order = np.cumsum(np.append(rng.integers(len(gestures)), rng.integers(1, len(gestures), count))) % len(gestures)
    move = action.move / manner.pace * rng.uniform(0.75, 1.35, count)
    starts = times[0] - 2 + np.cumsum(move + action.hold * rng.uniform(0.4, 1.6, count)) - move
    arm, trunk, more = np.split(gestures[order], [6, 10], axis=1)
    arm = _arm_angles(arm.reshape(-1, 2, 3)) + rng.normal(0, 0.04, (count + 1, 2, 3))
    trunk = np.radians(trunk + rng.normal(0, 4, trunk.shape))
    # Hands and trunk do not start at the same time, and the trunk is slower.
    late = rng.uniform(0, 0.15, (3, count))
    right, left = (glide(times, starts + late[i], move, arm[:, i]) for i in (0, 1))
    trunk, more = (glide(times, starts + late[2], 1.3 * move, values) for values in (trunk, more))
    right[:, 1] += more[:, 1] * np.sin(2 * np.pi * (WAVES_PER_SECOND * times + rng.random()))
    arms = np.stack([left, right], axis=1)
    arms += action.beat * manner.size * drift(times, 6, corner=1.2, rng=rng).reshape(-1, 2, 3)
    swing = manner.size * np.array(action.swing)
    if rng.random() < 0.25:
        arms, swing, trunk = arms[:, ::-1], swing[::-1], trunk * [1, -1, 1, -1]
    lean, twist, nod, turn = trunk.T
    seated = _seated(action, times, rng)
    lean = lean + manner.stoop + np.radians(35) * 4 * seated * (1 - seated)
    return Intent(arms, swing, lean, twist, nod + manner.chin, turn, more[:, 0], seated)


def _arm_angles(place: np.ndarray) -> np.ndarray:
    """`Posture.arms` for hands at (forward, outward, up) of the shoulder, in arm lengths, (..., 3)."""
    forward, outward, up = np.moveaxis(place, -1, 0)
    distance = np.linalg.norm(place, axis=-1)
    raised = (np.arctan2(forward, -up) + np.pi / 2) % (2 * np.pi) - np.pi / 2
    return np.stack([raised, np.arcsin(outward / distance), 2 * np.arccos(np.minimum(distance, 0.985))], axis=-1)


def _footfalls(
    action: Action, body: Body, manner: Manner, times: np.ndarray, rng: np.random.Generator
) -> list[Footfalls]:
    if action.footing == "walk":
        return walk(times[0], times[-1], speed=action.speed * manner.pace, width=1.2 * body.hip, rng=rng)
    return stand(times[0], times[-1], pause=action.pause, stride=action.stride, width=2.3 * body.hip, rng=rng)


def _seated(action: Action, times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Position between standing (0) and sitting (1), (frames,)."""
    if action.footing != "rise":
        return np.full(len(times), float(action.footing == "sit"))
    changes = int((times[-1] - times[0]) / 1.8) + 1
    starts = times[0] + np.cumsum(rng.uniform(1.8, 2.8, changes)) - 1.8
    return glide(times, starts, np.full(changes, 1.3), (np.arange(changes + 1.0) + rng.integers(2)) % 2)


def _stance(feet: Feet, times: np.ndarray) -> Stance:
    weight = 0.35 + 0.65 * feet.load[..., None]
    ground = blur((weight * feet.middle).sum(axis=1) / weight.sum(axis=1), 0.2, times)
    yaw = blur(feet.yaw.mean(axis=1), 0.2, times)
    ahead = np.stack([np.cos(yaw), np.sin(yaw)], axis=-1)
    aside = np.stack([-np.sin(yaw), np.cos(yaw)], axis=-1)
    lead = np.sum((feet.middle[:, LEFT] - feet.middle[:, RIGHT]) * ahead, axis=-1)
    burden = blur(feet.load[:, LEFT] - feet.load[:, RIGHT], 0.06, times)
    return Stance(ground, ahead, aside, yaw, blur(lead, 0.05, times), burden)


def _trunk(
    intent: Intent, stance: Stance, speed: float, body: Body, times: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotations of hips, chest and head, each (frames, 3, 3)."""
    # Shoulders follow the smoothed path, so the trunk tilts where the pelvis deviates from it, and inward in a turn.
    jolt = (stance.ground - blur(stance.ground, 0.3, times)) / body.trunk
    fore, side = np.sum(jolt * stance.ahead, axis=-1), np.sum(jolt * stance.aside, axis=-1)
    bob = 0.05 * stance.burden**2 - fore
    shake = 0.007 + 0.013 * speed
    wobble = (0.023 * drift(times, 9, corner=0.5, rng=rng) + shake * drift(times, 9, corner=3, rng=rng)).T
    hips = rotation(
        stance.yaw + 0.4 * intent.twist - 0.10 * stance.stride + wobble[0],
        0.4 * intent.lean - 0.2 * intent.seated + bob + wobble[1],
        0.1 * side - 0.05 * stance.burden + wobble[2],
    )
    chest = rotation(
        stance.yaw + intent.twist + 0.15 * stance.stride + wobble[3],
        intent.lean + bob + wobble[4],
        side + 0.03 * stance.burden + wobble[5],
    )
    head = rotation(
        stance.yaw + 0.5 * intent.twist + intent.turn + 2 * wobble[6],
        0.4 * intent.lean + intent.nod + 2 * wobble[7],
        0.02 * stance.burden + wobble[8],
    )
    return hips, chest, head


def _pelvis(
    intent: Intent,
    stance: Stance,
    feet: Feet,
    hips: np.ndarray,
    body: Body,
    times: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Position of the pelvis, (frames, 3) metres: above the feet, on the seat behind them, or in between."""
    middle = len(times) // 2
    seat = stance.ground[middle] - 0.47 * body.leg * stance.ahead[middle]
    standing = stance.ground - 0.16 * np.sin(0.6 * intent.lean)[:, None] * stance.ahead
    sway = 0.012 * drift(times, 2, corner=0.4, rng=rng)
    level = standing + intent.seated[:, None] * (seat - standing) + sway
    hip_joints = np.stack([hips @ [0, body.hip, 0], hips @ [0, -body.hip, 0]], axis=1)
    high = ride_height(times, level, hip_joints, feet, body) - intent.crouch
    low = 0.6 * body.leg + 0.02
    height = high + intent.seated * (low - high)
    return np.concatenate([level, height[:, None]], axis=-1)
