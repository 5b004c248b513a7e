"""A body with rigid bones, posed by forward kinematics of the trunk and inverse kinematics of the limbs.

Local axes are x forward, y left, z up. Segment lengths are fractions of stature. Sources: Drillis & Contini (in Winter,
Biomechanics and Motor Control, fig. 4.1) for legs, ankle height and trunk (height from hip to shoulder), with the hip
centres at 0.72 of their pelvic breadth (Bell et al. 1990); de Leva (1996, table 4) for arms; Human3.6M for shoulder
girdle, neck and head. The length of the foot, ankle to ball, is our estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from jointaware.pose import skeleton

FRACTIONS_OF_STATURE = {
    "hip": 0.069,
    "thigh": 0.245,
    "shank": 0.246,
    "ankle_height": 0.039,
    "foot": 0.085,
    "lower_spine": 0.138,
    "upper_spine": 0.150,
    "neck": 0.068,
    "head": 0.066,
    "shoulder": 0.088,
    "upper_arm": 0.162,
    "forearm": 0.154,
}
LEGS, ARMS, BREADTHS = ("thigh", "shank", "foot"), ("upper_arm", "forearm"), ("hip", "shoulder")
SOLE = 0.02
"""Thickness of a shoe's sole, metres."""


@dataclass(frozen=True)
class Body:
    """Segment lengths in metres: bones, height of the ankle above the floor, and foot from ankle to ball."""

    hip: float
    thigh: float
    shank: float
    ankle_height: float
    foot: float
    lower_spine: float
    upper_spine: float
    neck: float
    head: float
    shoulder: float
    upper_arm: float
    forearm: float

    @classmethod
    def of_stature(cls, stature: float, *, legs: float = 1.0, arms: float = 1.0, breadth: float = 1.0) -> Body:
        """Body of a stature in metres, with legs, arms and breadth scaled by factors relative to the average."""
        length = {name: fraction * stature for name, fraction in FRACTIONS_OF_STATURE.items()}
        for names, factor in ((LEGS, legs), (ARMS, arms), (BREADTHS, breadth)):
            length |= {name: length[name] * factor for name in names}
        length["ankle_height"] += SOLE
        return cls(**length)

    @property
    def leg(self) -> float:
        """Length of the extended leg, hip to ankle."""
        return self.thigh + self.shank

    @property
    def trunk(self) -> float:
        """Length of the upright spine, pelvis to thorax."""
        return self.lower_spine + self.upper_spine


@dataclass(frozen=True)
class Posture:
    """Target posture of a body in each frame; sides are left, right.

    pelvis: (frames, 3) metres, world.
    hips, chest, head: (frames, 3, 3) rotations, local to world.
    ankles: (frames, 2, 3) metres, world. knees: (frames, 2, 3) directions in which the knees point, world.
    arms: (frames, 2, 3) radians, in the chest's frame: forward elevation of the line from shoulder to hand, its
        abduction, and flexion of the elbow.
    shrug: (frames, 2) elevation of the shoulders from the perpendicular of the spine, radians.
    """

    pelvis: np.ndarray
    hips: np.ndarray
    chest: np.ndarray
    head: np.ndarray
    ankles: np.ndarray
    knees: np.ndarray
    arms: np.ndarray
    shrug: np.ndarray


def rotation(yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """Rotations local to world, (frames, 3, 3): roll (to the right), then pitch (forward), then yaw (left), radians."""
    return Rotation.from_euler("ZYX", np.stack([yaw, pitch, roll], axis=-1)).as_matrix()


def joints_of(body: Body, posture: Posture) -> np.ndarray:
    """Joints of a body in each posture, (frames, 17, 3) metres, world."""
    joints = np.empty((len(posture.pelvis), len(skeleton.JOINTS), 3))
    joints[:, skeleton.PELVIS] = posture.pelvis
    joints[:, skeleton.SPINE] = posture.pelvis + posture.hips @ _inclined(body.lower_spine, -5)
    joints[:, skeleton.THORAX] = joints[:, skeleton.SPINE] + posture.chest @ _inclined(body.upper_spine, 6)
    throat = (posture.chest + posture.head) @ _inclined(1.0, 24)
    joints[:, skeleton.NECK] = joints[:, skeleton.THORAX] + body.neck * _unit(throat)
    joints[:, skeleton.HEAD] = joints[:, skeleton.NECK] + posture.head @ _inclined(body.head, 6)
    for side in (0, 1):
        joints[:, _LEGS[side]] = _leg(body, posture, side)
        joints[:, _ARMS[side]] = _arm(body, posture, side, joints[:, skeleton.THORAX])
    return joints


_LEGS = (
    [skeleton.LEFT_HIP, skeleton.LEFT_KNEE, skeleton.LEFT_FOOT],
    [skeleton.RIGHT_HIP, skeleton.RIGHT_KNEE, skeleton.RIGHT_FOOT],
)
_ARMS = (
    [skeleton.LEFT_SHOULDER, skeleton.LEFT_ELBOW, skeleton.LEFT_HAND],
    [skeleton.RIGHT_SHOULDER, skeleton.RIGHT_ELBOW, skeleton.RIGHT_HAND],
)
_OUTWARD = np.array([[1, 1, 1], [1, -1, 1]])
"""Converts (forward, outward, up) to local axes, for the left and the right side."""


def _leg(body: Body, posture: Posture, side: int) -> np.ndarray:
    """Hip, knee and foot, (frames, 3, 3) metres, world."""
    hip = posture.pelvis + posture.hips @ (_OUTWARD[side] * [0, body.hip, 0])
    return _limb(hip, posture.ankles[:, side], body.thigh, body.shank, posture.knees[:, side])


def _arm(body: Body, posture: Posture, side: int, thorax: np.ndarray) -> np.ndarray:
    """Shoulder, elbow and hand, (frames, 3, 3) metres, world."""
    cosine, sine = _circle(posture.shrug[:, side])
    girdle = np.stack([np.zeros_like(sine), cosine, sine], axis=-1)
    shoulder = thorax + body.shoulder * _rotated(posture.chest, girdle * _OUTWARD[side])
    raised, spread, bent = posture.arms[:, side].T
    (c, s), (cosine, sine) = _circle(raised), _circle(spread)
    ray = np.stack([s * cosine, sine, -c * cosine], axis=-1)
    # The elbow is behind a hanging hand, below one held forward, in front of a raised one, and always a bit outward.
    pole = np.stack([-c, np.zeros_like(c), -s], axis=-1) + 0.5 * np.stack([-s * sine, cosine, c * sine], axis=-1)
    distance = np.sqrt(body.upper_arm**2 + body.forearm**2 + 2 * body.upper_arm * body.forearm * np.cos(bent))
    hand = shoulder + distance[:, None] * _rotated(posture.chest, ray * _OUTWARD[side])
    return _limb(shoulder, hand, body.upper_arm, body.forearm, _rotated(posture.chest, pole * _OUTWARD[side]))


def _limb(root: np.ndarray, target: np.ndarray, upper: float, lower: float, pole: np.ndarray) -> np.ndarray:
    """Two-bone inverse kinematics: root, middle and end of a limb that ends at the target, (frames, 3, 3) metres.

    pole: direction in which the middle joint bends. Towards a target out of reach the limb is stretched.
    """
    ray = target - root
    wanted = np.linalg.norm(ray, axis=-1, keepdims=True)
    distance = np.minimum(wanted, 0.9999 * (upper + lower))
    along = ray / wanted
    forth = (distance**2 + upper**2 - lower**2) / (2 * distance)
    aside = np.sqrt(upper**2 - forth**2)
    bend = _unit(pole - np.sum(pole * along, axis=-1, keepdims=True) * along)
    return np.stack([root, root + forth * along + aside * bend, root + distance * along], axis=1)


def _inclined(length: float, degrees: float) -> np.ndarray:
    """Vector of this length, (3,) local axes, inclined forward from the vertical."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return length * np.array([sine, 0.0, cosine])


def _rotated(rotations: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return (rotations @ vectors[..., None])[..., 0]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _circle(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine of an angle in radians."""
    return np.cos(angle), np.sin(angle)
