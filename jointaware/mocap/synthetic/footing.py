"""Footsteps: where and when the feet are planted, and the resulting height of the pelvis.

A foot is a rigid segment from ankle to ball. The ball stays in place until the foot lifts; before that the heel rises
and the ankle rolls over the ball. Feet do not slide, because only steps move them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import minimum_filter1d

from jointaware.mocap.synthetic.body import Body
from jointaware.mocap.synthetic.curves import blur, glide

LEFT, RIGHT = 0, 1
WALKING_RATIO = 0.0065
"""Step length over cadence, metres per (step/minute), which is invariant over speed (Sekiya & Nagasaki 1998)."""
SHORTEST_PAUSE = 1.3
"""Seconds in which both feet take a step, one after the other."""
CLEARANCE = 0.035
"""Height of the ball of the foot in mid-swing, metres."""


@dataclass(frozen=True)
class Footfalls:
    """Successive placements of one foot: position of its ball, (placements, 2) metres, and yaw, radians.

    The foot is flat on the ground from `flat` to `lift`, seconds; the first and last placement extend beyond the take.
    """

    flat: np.ndarray
    lift: np.ndarray
    ball: np.ndarray
    yaw: np.ndarray


@dataclass(frozen=True)
class Feet:
    """Both feet in each frame, left and right.

    ankles: (frames, 2, 3) metres. middle: (frames, 2, 2) metres, centre of pressure. yaw: (frames, 2) radians.
    load: (frames, 2) 1 on the ground, 0 in the air; it changes shortly before a foot lifts and after it lands.
    """

    ankles: np.ndarray
    middle: np.ndarray
    yaw: np.ndarray
    load: np.ndarray


def walk(start: float, end: float, *, speed: float, width: float, rng: np.random.Generator) -> list[Footfalls]:
    """Steady steps around the origin, left and right foot. speed: m/s. width: metres between left and right steps."""
    cadence = np.sqrt(speed / WALKING_RATIO * 60) / 60
    step = 1 / cadence
    count = int((end - start) / step) + 8
    land = start + step * (np.arange(count) - rng.uniform(3, 5) + rng.normal(0, 0.02, count))
    way, heading = _around_the_origin(speed * (land - land[0]) + rng.normal(0, 0.012, count), rng)
    side = np.where(np.arange(count) % 2 == 0, 1, -1)
    normal = np.stack([-np.sin(heading), np.cos(heading)], axis=-1)
    ball = way + normal * (side * width / 2 + rng.normal(0, 0.008, count))[:, None]
    yaw = heading + side * np.radians(6) + rng.normal(0, np.radians(2), count)
    # The foot is flat a sixth of a step after heel strike; stance takes three fifths of the gait cycle.
    return [Footfalls(land[s::2] + 0.16 * step, land[s::2] + 1.18 * step, ball[s::2], yaw[s::2]) for s in (0, 1)]


def stand(
    start: float, end: float, *, pause: float, stride: float, width: float, rng: np.random.Generator
) -> list[Footfalls]:
    """Occasional steps within a metre of the origin, with one foot and then the other, each with a slight turn.

    pause, stride: mean seconds and metres between placements.
    """
    count = int((end - start) / SHORTEST_PAUSE) + 2
    pauses = SHORTEST_PAUSE + (pause - SHORTEST_PAUSE) * rng.uniform(0.2, 1.8, count)
    move = start - rng.uniform(0, pause) + np.cumsum(pauses) - pauses[0]
    x, y, yaw = _wander(count + 1, rng) * [[stride / 1.5], [stride / 1.5], [1.6 * stride]]
    place = rng.normal(0, 0.15, 2) + np.stack([x, y], axis=-1)
    yaw += rng.uniform(0, 2 * np.pi)
    normal = np.stack([-np.sin(yaw), np.cos(yaw)], axis=-1)
    falls = []
    for sign, delay in zip((1, -1), rng.permutation([0.0, 0.6]), strict=True):
        lift = move + delay
        flat = lift + rng.uniform(0.5, 0.6, count)
        ball = place + sign * width / 2 * normal + rng.normal(0, 0.02, (count + 1, 2))
        falls.append(
            Footfalls(np.append(lift[0] - 1, flat), np.append(lift, flat[-1] + 1), ball, yaw + sign * np.radians(9))
        )
    return falls


def feet_at(times: np.ndarray, falls: list[Footfalls], body: Body) -> Feet:
    """Both feet at the given times."""
    ankles, middles, yaws, loads = zip(*(_foot(times, fall, body) for fall in falls), strict=True)
    return Feet(*(np.stack(parts, axis=1) for parts in (ankles, middles, yaws, loads)))


def ride_height(times: np.ndarray, pelvis: np.ndarray, hips: np.ndarray, feet: Feet, body: Body) -> np.ndarray:
    """Height of the pelvis, (frames,) metres: smooth, and as high as the legs reach from the planted feet.

    pelvis: (frames, 2) metres. hips: (frames, 2, 3) hip joints relative to the pelvis.
    """
    across = np.linalg.norm(pelvis[:, None] + hips[..., :2] - feet.ankles[..., :2], axis=-1)
    limit = np.sqrt(np.maximum((0.997 * body.leg) ** 2 - across**2, 0.01)) + feet.ankles[..., 2] - hips[..., 2]
    tall = body.ankle_height + 0.991 * body.leg
    return _smooth_lower_bound(np.minimum(limit.min(axis=1), tall), 0.1, times)


def _foot(times: np.ndarray, fall: Footfalls, body: Body) -> tuple[np.ndarray, ...]:
    """One foot at the given times: ankle, middle, yaw and load, as in `Feet`."""
    lift, swing = fall.lift[:-1], fall.flat[1:] - fall.lift[:-1]
    ball = glide(times, lift, 0.96 * swing, fall.ball)
    yaw = glide(times, lift, swing, fall.yaw)
    ahead = np.stack([np.cos(yaw), np.sin(yaw)], axis=-1)
    # The heel rises well before the ball lifts, higher for longer steps, and lands together with the ball.
    stepped = np.linalg.norm(np.diff(fall.ball, axis=0), axis=-1)
    peel = np.append(0.0, np.cumsum(np.radians(np.minimum(62, 12 + 90 * stepped))))
    pitch = glide(times, lift - 0.6 * swing, 1.1 * swing, peel) - glide(times, lift + 0.1 * swing, 0.9 * swing, peel)
    back = body.foot * np.cos(pitch) - body.ankle_height * np.sin(pitch)
    progress = np.clip((times[:, None] - lift) / swing, 0, 1)
    clearance = CLEARANCE * np.sum((4 * progress * (1 - progress)) ** 3, axis=1)
    height = body.foot * np.sin(pitch) + body.ankle_height * np.cos(pitch) + clearance
    ankle = np.concatenate([ball - back[:, None] * ahead, height[:, None]], axis=-1)
    # A foot is unloaded before it lifts, and loaded again at heel strike.
    steps = np.arange(len(fall.lift), dtype=float)
    lifted = glide(times, lift - 0.1, np.full(len(lift), 0.15), steps)
    landed = glide(times, lift + 0.75 * swing, np.full(len(lift), 0.15), steps)
    return ankle, ball - 0.6 * body.foot * ahead, yaw, 1 - (lifted - landed)


def _wander(count: int, rng: np.random.Generator) -> np.ndarray:
    """Three mean-reverting random walks with steps of about 1, rarely beyond 4, (3, count)."""
    values = np.zeros((3, count))
    for i, step in enumerate(rng.normal(size=(count - 1, 3))):
        values[:, i + 1] = 0.8 * values[:, i] + step.clip(-2, 2)
    return values


def _around_the_origin(distance: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Position and heading at each distance along a slowly precessing ellipse, (n, 2) metres and (n,) radians."""
    semi = rng.uniform(1.0, 1.15), rng.uniform(0.75, 0.95)
    sense, precession = rng.choice([-1, 1]), rng.uniform(0.03, 0.1)
    round_trips = (distance.max() + 4) / (2 * np.pi * 0.75)
    angle = sense * np.linspace(0, 2 * np.pi * round_trips, int(200 * round_trips))
    tilt = rng.uniform(0, 2 * np.pi) + precession * angle
    x, y = semi[0] * np.cos(angle), semi[1] * np.sin(angle)
    way = np.stack([x * np.cos(tilt) - y * np.sin(tilt), x * np.sin(tilt) + y * np.cos(tilt)], axis=-1)
    leg = np.diff(way, axis=0)
    heading = np.unwrap(np.arctan2(leg[:, 1], leg[:, 0]))
    mark = np.append(0.0, np.cumsum(np.linalg.norm(leg, axis=-1)))
    point = np.stack([np.interp(distance, mark, way[:, axis]) for axis in (0, 1)], axis=-1)
    return point, np.interp(distance, mark[:-1], heading)


def _smooth_lower_bound(curve: np.ndarray, reach: float, times: np.ndarray) -> np.ndarray:
    """A smooth curve below the given one: its moving minimum over +-reach seconds, blurred within that reach."""
    frames = int(np.ceil(reach / (times[1] - times[0])))
    return blur(minimum_filter1d(curve, 2 * frames + 1, mode="nearest"), reach / 2.5, times)
