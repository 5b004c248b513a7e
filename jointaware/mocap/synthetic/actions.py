"""How the fifteen actions of Human3.6M are performed: standing, walking or sitting, and a set of gestures.

Gestures are written right-handed; a take may mirror them. The numbers describe postures and durations; the speed of
joints follows from `performance`.
"""

from __future__ import annotations

from dataclasses import dataclass

from jointaware.mocap.actions import ACTIONS

# Positions of a hand relative to its shoulder, in arm lengths: forward, outward, up.
HANGING = (0.06, 0.14, -0.95)
ON_HIP = (-0.05, 0.22, -0.72)
IN_LAP = (0.50, -0.05, -0.70)
ON_TABLE = (0.68, 0.00, -0.50)
OVER_TABLE = (0.90, 0.25, -0.30)
AT_EAR = (0.42, 0.05, 0.16)
AT_MOUTH = (0.44, -0.24, 0.06)
AT_EYES = (0.52, -0.22, 0.22)
BEHIND_HEAD = (-0.02, 0.25, 0.42)
FOLDED = (0.42, -0.28, -0.42)
AT_CHEST = (0.55, -0.12, -0.38)
SHOWING = (0.48, 0.26, -0.68)
OFFERED = (0.68, 0.25, -0.32)
APART = (0.42, 0.58, -0.30)
AHEAD = (0.93, 0.05, 0.02)
TO_THE_SIDE = (0.25, 0.90, 0.08)
ACROSS = (0.82, -0.40, 0.05)
RAISED = (0.35, 0.40, 0.55)
HIGH = (0.45, 0.25, 0.78)
LOW_AHEAD = (0.72, 0.00, -0.64)
LEASHED = (0.52, 0.15, -0.75)
PULLED = (0.88, 0.12, -0.35)


@dataclass(frozen=True)
class Gesture:
    """A recurring posture of the upper body.

    right, left: positions of the hands. lean, twist: of the trunk, forward and to the left; nod, turn: of the head,
    down and to the left; degrees. crouch: metres. wave: amplitude of the right arm's swing from side to side, radians.
    """

    right: tuple[float, float, float] = HANGING
    left: tuple[float, float, float] = HANGING
    lean: float = 3
    twist: float = 0
    nod: float = 0
    turn: float = 0
    crouch: float = 0
    wave: float = 0


@dataclass(frozen=True)
class Action:
    """How an action is performed.

    footing: stand, walk, sit, or rise (alternating between standing and sitting).
    gestures: performed in random order.
    hold, move: mean seconds for which a gesture is held, and of the transition to it.
    beat: standard deviation of random arm motion, radians.
    pause, stride: mean seconds and metres between positions of the feet when not walking.
    speed: of walking, m/s.
    swing: relative amplitude of the left and the right arm's swing when walking, 0 to 1.
    """

    footing: str
    gestures: tuple[Gesture, ...]
    hold: float = 0.15
    move: float = 0.55
    beat: float = 0.11
    pause: float = 3.0
    stride: float = 0.2
    speed: float = 0.0
    swing: tuple[float, float] = (1.0, 1.0)


PERFORMANCES = {
    "Directions": Action(
        "stand",
        (
            Gesture(AHEAD, HANGING, nod=3),
            Gesture(TO_THE_SIDE, HANGING, twist=-15, turn=-45),
            Gesture(ACROSS, HANGING, twist=20, turn=30),
            Gesture(HIGH, ON_HIP, nod=-15),
            Gesture(AT_CHEST, TO_THE_SIDE, twist=15, turn=40),
            Gesture(),
        ),
    ),
    "Discussion": Action(
        "stand",
        (
            Gesture(OFFERED, OFFERED, lean=6, nod=5),
            Gesture(AT_CHEST, AT_CHEST, turn=15),
            Gesture(APART, APART, lean=-2, nod=-5, twist=12),
            Gesture(RAISED, OFFERED, lean=4, turn=20),
            Gesture(OFFERED, HANGING, turn=-20, twist=-8),
            Gesture(FOLDED, FOLDED, nod=8),
        ),
        hold=0.1,
        move=0.5,
        beat=0.14,
    ),
    "Eating": Action(
        "sit",
        (
            Gesture(AT_MOUTH, OVER_TABLE, lean=6, nod=5, turn=-10),
            Gesture(ON_TABLE, OVER_TABLE, lean=20, nod=25, turn=12),
            Gesture(OVER_TABLE, AT_MOUTH, lean=2, nod=0, turn=-15),
            Gesture(ON_TABLE, APART, lean=4, turn=25, twist=15),
            Gesture(OVER_TABLE, OVER_TABLE, lean=26, nod=15),
            Gesture(AT_MOUTH, AT_MOUTH, lean=-2, nod=-8),
        ),
        hold=0.1,
        move=0.5,
        stride=0.1,
    ),
    "Greeting": Action(
        "stand",
        (
            Gesture(RAISED, HANGING, wave=0.22),
            Gesture(AHEAD, HANGING, lean=10, nod=8),
            Gesture(lean=38, nod=15),
            Gesture(APART, APART, lean=-2, nod=-8),
            Gesture(),
        ),
    ),
    "Phoning": Action(
        "stand",
        (
            Gesture(AT_EAR, HANGING, nod=10, turn=-8),
            Gesture(AT_EAR, OFFERED, turn=12),
            Gesture(AT_EAR, ON_HIP, lean=0, nod=-6),
            Gesture(AT_EAR, APART, twist=15, turn=20),
            Gesture(AT_EAR, HIGH, twist=-8, nod=-8),
        ),
        hold=0.1,
        move=0.5,
        pause=1.6,
        stride=0.35,
        beat=0.12,
    ),
    "Photo": Action(
        "stand",
        (
            Gesture(AT_EYES, AT_EYES, lean=6, nod=4),
            Gesture(AT_EYES, AT_EYES, lean=16, nod=6, crouch=0.16),
            Gesture(AT_CHEST, AT_CHEST, lean=8, nod=30),
            Gesture(APART, HANGING, nod=5, turn=25, twist=10),
        ),
        pause=2.0,
        stride=0.3,
    ),
    "Posing": Action(
        "stand",
        (
            Gesture(ON_HIP, ON_HIP, lean=-2),
            Gesture(BEHIND_HEAD, ON_HIP, lean=-3, twist=12, nod=-10),
            Gesture(HIGH, HIGH, lean=-4, nod=-12),
            Gesture(FOLDED, FOLDED, twist=-15, turn=20),
            Gesture(TO_THE_SIDE, TO_THE_SIDE, lean=0),
            Gesture(AT_CHEST, ON_HIP, twist=25, turn=-25, lean=10),
        ),
        hold=0.4,
        beat=0.06,
    ),
    "Purchases": Action(
        "stand",
        (
            Gesture(LOW_AHEAD, LOW_AHEAD, lean=55, nod=5, crouch=0.14),
            Gesture(HIGH, HANGING, lean=0, nod=-15),
            Gesture(AT_CHEST, AT_CHEST, lean=8, nod=30),
            Gesture(AHEAD, AT_CHEST, lean=14, twist=12),
            Gesture(LOW_AHEAD, ON_HIP, lean=40, twist=15, nod=5, crouch=0.08),
        ),
        pause=2.0,
        stride=0.35,
    ),
    "Sitting": Action(
        "sit",
        (
            Gesture(IN_LAP, IN_LAP, lean=0),
            Gesture(FOLDED, FOLDED, lean=-6, nod=5),
            Gesture(ON_TABLE, IN_LAP, lean=20, nod=10, turn=20),
            Gesture(BEHIND_HEAD, BEHIND_HEAD, lean=-10, nod=-5),
            Gesture(APART, IN_LAP, twist=-20, turn=-40, lean=6),
            Gesture(AT_EAR, OFFERED, lean=12, turn=10),
        ),
        pause=3.0,
        stride=0.1,
    ),
    "SittingDown": Action(
        "rise",
        (
            Gesture(IN_LAP, IN_LAP, lean=4),
            Gesture(LOW_AHEAD, LOW_AHEAD, lean=12, nod=10),
            Gesture(ON_HIP, IN_LAP, turn=25, twist=10),
            Gesture(AT_CHEST, AT_CHEST, lean=6, nod=15),
            Gesture(BEHIND_HEAD, OFFERED, lean=0, nod=-8),
        ),
        hold=0.1,
        move=0.5,
        pause=6.0,
        stride=0.03,
    ),
    "Smoking": Action(
        "stand",
        (
            Gesture(AT_MOUTH, HANGING, nod=5),
            Gesture(HANGING, HANGING, nod=-10),
            Gesture(APART, APART, turn=-15, twist=-12),
            Gesture(AT_MOUTH, FOLDED, turn=10),
            Gesture(HANGING, FOLDED, turn=30),
        ),
        pause=3.0,
    ),
    "Waiting": Action(
        "stand",
        (
            Gesture(FOLDED, FOLDED, turn=25),
            Gesture(ON_HIP, ON_HIP, turn=-35),
            Gesture(HANGING, AT_CHEST, nod=28, lean=8),
            Gesture(HANGING, HANGING, turn=45, twist=15),
            Gesture(HANGING, RAISED, nod=-5, turn=20),
            Gesture(AT_MOUTH, FOLDED, nod=10),
        ),
        pause=1.6,
        stride=0.3,
    ),
    "WalkDog": Action(
        "walk",
        (
            Gesture(LEASHED, HANGING, nod=12, turn=-10),
            Gesture(LOW_AHEAD, HANGING, nod=18, turn=-15, lean=4),
            Gesture(PULLED, HANGING, nod=8, lean=5),
            Gesture(LEASHED, HANGING, turn=15),
        ),
        hold=1.0,
        speed=1.05,
        swing=(0.9, 0.25),
    ),
    "Walking": Action("walk", (Gesture(nod=4), Gesture(turn=8), Gesture(turn=-8)), hold=2.0, beat=0.04, speed=1.15),
    "WalkTogether": Action(
        "walk",
        (
            Gesture(turn=30, twist=4),
            Gesture(),
            Gesture(HANGING, SHOWING, turn=35, twist=6),
            Gesture(turn=10, nod=8),
        ),
        hold=1.2,
        beat=0.07,
        speed=1.12,
        swing=(0.7, 0.9),
    ),
}

assert list(PERFORMANCES) == list(ACTIONS)
