"""Plausible made-up motion: a person who stands, sways and turns, in metres and proportions of an adult."""

import numpy as np

STANDING = np.array(
    [
        [0.0, 0.0, 0.95],  # pelvis
        [-0.13, 0.0, 0.95],
        [-0.14, 0.03, 0.51],
        [-0.15, -0.02, 0.09],
        [0.13, 0.0, 0.95],
        [0.14, 0.03, 0.51],
        [0.15, -0.02, 0.09],
        [0.0, -0.01, 1.19],  # spine
        [0.0, 0.0, 1.44],
        [0.0, 0.04, 1.55],
        [0.0, 0.03, 1.66],  # head
        [0.15, 0.0, 1.4],
        [0.24, 0.02, 1.14],
        [0.27, 0.1, 0.91],
        [-0.15, 0.0, 1.4],
        [-0.24, 0.02, 1.14],
        [-0.27, 0.1, 0.91],
    ]
)
"""Joints of a standing person, (17, 3) metres, z up, facing y."""


def person(frames: int, seed: int = 0, place: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Motion of a person at a place on the floor, (frames, 17, 3) float32 metres, world frame, z up."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None, None] / 50
    sway = 0.02 * np.sin(rng.uniform(0, 6, (17, 3)) + 6.3 * rng.uniform(0.2, 1, (17, 3)) * time)
    yaw = rng.uniform(0, 6) + rng.uniform(0.5, 1) * time[:, 0, 0]
    turn = np.zeros((frames, 3, 3))
    turn[:, 0, 0] = turn[:, 1, 1] = np.cos(yaw)
    turn[:, 1, 0] = np.sin(yaw)
    turn[:, 0, 1], turn[:, 2, 2] = -turn[:, 1, 0], 1
    return ((STANDING + sway) @ turn.transpose(0, 2, 1) + [*place, 0]).astype(np.float32)


def seen(frames: int, seed: int = 0) -> np.ndarray:
    """The same in the frame of an upright camera and relative to the root: x right, y down, z forward."""
    joints = person(frames, seed)
    return (joints - joints[:, :1]) @ np.float32([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
