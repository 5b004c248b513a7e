"""Synthetic motion: statistics of real motion, anatomy, and contact with the floor.

The real ranges are in tests/reference/real-motion-statistics.csv: 122 CMU trials in groups, 50 frames per second, mm.
Walking actions are compared with the walking groups, every other action with all groups.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jointaware.errors import InputError
from jointaware.mocap.actions import ACTIONS
from jointaware.mocap.synthetic import SUBJECTS, synthesize
from jointaware.pose import skeleton
from jointaware.pose.skeleton import (
    BONES,
    HEAD,
    LEFT_FOOT,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    LIMB_ANGLES,
    LIMB_PAIRS,
    PELVIS,
    RIGHT_FOOT,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_KNEE,
)

FPS = 50.0
WALKERS = ("WalkDog", "Walking", "WalkTogether")
FEET = [LEFT_FOOT, RIGHT_FOOT]
every_action = pytest.mark.parametrize("action", ACTIONS)


def real(action: str, quantity: str, *items: str) -> pd.DataFrame:
    rows = pd.read_csv(Path(__file__).parents[1] / "reference" / "real-motion-statistics.csv")
    rows = rows[(rows["action"] != "all") & (rows["quantity"] == quantity) & rows["item"].isin(items)]
    return rows[rows["action"].str.startswith("walk")] if action in WALKERS else rows


@lru_cache
def takes(action: str) -> np.ndarray:
    """All takes of an action, (14, 200, 17, 3) metres."""
    return np.stack(
        [
            synthesize(subject, action, subaction, frames=200, fps=FPS, seed=1).joints.astype(float)
            for subject in SUBJECTS
            for subaction in ("1", "2")
        ]
    )


def angles(joints: np.ndarray, first: int, middle: int, last: int) -> np.ndarray:
    """Degrees at the middle joint; 180 is straight."""
    one, other = joints[..., first, :] - joints[..., middle, :], joints[..., last, :] - joints[..., middle, :]
    cosine = np.sum(one * other, axis=-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(other, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def ahead_of(joints: np.ndarray) -> np.ndarray:
    """Where the hips face, a horizontal unit vector, (..., 2)."""
    across = joints[..., LEFT_HIP, :2] - joints[..., RIGHT_HIP, :2]
    facing = np.stack([across[..., 1], -across[..., 0]], axis=-1)
    return facing / np.linalg.norm(facing, axis=-1, keepdims=True)


def off_the_floor(joints: np.ndarray) -> np.ndarray:
    """Height of each ankle above that of a flat foot, (..., frames, 2) metres."""
    height = joints[..., FEET, 2]
    return height - height.min(axis=(-2, -1), keepdims=True)


@every_action
@pytest.mark.parametrize(("quantity", "order"), [("speed", 1), ("accel", 2)])
@pytest.mark.parametrize("frame", ["world", "hip_relative"])
def test_mean_and_95th_percentile_of_speed_and_acceleration_are_those_of_real_motion(action, quantity, order, frame):
    joints = takes(action) * 1000
    if frame == "hip_relative":
        joints = np.delete(joints - joints[:, :, :1], PELVIS, axis=2)
    found = np.linalg.norm(np.diff(joints, n=order, axis=1), axis=-1)
    rows = real(action, f"{quantity}_{frame}", "all")
    assert rows["mean"].min() <= found.mean() <= rows["mean"].max()
    assert rows["p95"].min() <= np.percentile(found, 95) <= rows["p95"].max()


@every_action
@pytest.mark.parametrize("name", LIMB_ANGLES)
def test_limb_angles_lie_within_the_range_of_real_motion(action, name):
    triple, _ = LIMB_ANGLES[name]
    found = angles(takes(action), *triple)
    bare = name.removeprefix("left_").removeprefix("right_")
    rows = real(action, "limb_angle", bare, f"left_{bare}", f"right_{bare}")
    assert rows["p05"].min() <= np.percentile(found, 5)
    assert np.percentile(found, 95) <= rows["p95"].max()
    if action in WALKERS:  # no real group sits or telephones all the time, so only walking has a real mean
        assert rows["mean"].min() <= found.mean() <= rows["mean"].max()


@every_action
def test_the_95_percent_power_frequency_of_the_wrists_is_that_of_real_motion(action):
    wrists = takes(action)[:, :, [LEFT_HAND, RIGHT_HAND]] - takes(action)[:, :, :1]
    windows = np.concatenate([wrists[:, start : start + 128] for start in (0, 64)]).swapaxes(0, 1).reshape(128, -1)
    line = np.vander(np.arange(128.0), 2)
    level = windows - line @ np.linalg.lstsq(line, windows, rcond=None)[0]
    power = np.sum(np.abs(np.fft.rfft(level * np.hanning(128)[:, None], 1024, axis=0)) ** 2, axis=1)
    found = np.interp(0.95, np.cumsum(power) / power.sum(), np.fft.rfftfreq(1024, 1 / FPS))
    rows = real(action, "wrist_power95", "position_hip_relative")
    assert rows["p05"].min() <= found <= rows["p95"].max()


@every_action
def test_planted_feet_do_not_slide(action):
    flat = off_the_floor(takes(action)) < 0.001
    planted = flat[:, 1:] & flat[:, :-1]
    slide = np.linalg.norm(np.diff(takes(action)[:, :, FEET], axis=1), axis=-1)
    assert slide[planted].max() < 0.002
    assert planted.mean() > 0.2


@every_action
def test_feet_touch_the_ground_at_ankle_height(action):
    joints = takes(action)
    assert joints[..., 2].min() > 0.07
    assert joints[:, :, FEET, 2].min(axis=(1, 2)).max() < 0.10
    lower_foot = off_the_floor(joints).min(axis=-1)
    assert lower_foot.max() < 0.08
    assert (lower_foot < 0.03).mean() > 0.9


@pytest.mark.parametrize("action", WALKERS)
def test_a_swinging_foot_clears_the_ground(action):
    lift = off_the_floor(takes(action)).max(axis=1)
    assert lift.min() > 0.08
    assert lift.max() < 0.25


@every_action
def test_bones_are_constant_and_bodies_symmetric(action):
    length = {
        bone: np.linalg.norm(takes(action)[..., bone[1], :] - takes(action)[..., bone[0], :], axis=-1) for bone in BONES
    }
    assert max(np.ptp(each, axis=1).max() for each in length.values()) < 1e-5
    assert max(np.abs(length[left] - length[right]).max() for left, right in LIMB_PAIRS) < 1e-5


@every_action
def test_joint_limits_are_rarely_exceeded(action):
    for triple, (lowest, highest) in LIMB_ANGLES.values():
        found = angles(takes(action), *triple)
        assert np.mean((found < lowest) | (found > highest)) < 0.005


@every_action
def test_knees_bend_forward(action):
    joints = takes(action)
    for hip, knee, foot in ((LEFT_HIP, LEFT_KNEE, LEFT_FOOT), (RIGHT_HIP, RIGHT_KNEE, RIGHT_FOOT)):
        bend = joints[:, :, knee] - (joints[:, :, hip] + joints[:, :, foot]) / 2
        assert np.sum(bend[..., :2] * ahead_of(joints), axis=-1).min() > 0


@every_action
def test_the_pelvis_stays_near_the_origin(action):
    assert np.isfinite(takes(action)).all()
    assert np.linalg.norm(takes(action)[:, :, PELVIS, :2], axis=-1).max() < 1.5


@pytest.mark.parametrize("action", WALKERS)
def test_arms_swing_opposite_to_the_legs(action):
    joints = takes(action)
    feet, hands = (
        np.sum((joints[:, :, left, :2] - joints[:, :, right, :2]) * ahead_of(joints), axis=-1)
        for left, right in ((LEFT_FOOT, RIGHT_FOOT), (LEFT_HAND, RIGHT_HAND))
    )
    assert np.corrcoef(feet.ravel(), (hands - hands.mean(axis=1, keepdims=True)).ravel())[0, 1] < -0.3


@pytest.mark.parametrize("action", ["Sitting", "Eating"])
def test_sitting_has_the_height_of_a_chair(action):
    joints = takes(action)
    assert 0.45 < joints[:, :, PELVIS, 2].min() < joints[:, :, PELVIS, 2].max() < 0.65
    thighs = joints[:, :, [LEFT_HIP, RIGHT_HIP], 2] - joints[:, :, [LEFT_KNEE, RIGHT_KNEE], 2]
    assert np.abs(thighs).max() < 0.2


def test_sitting_down_starts_from_standing():
    height = takes("SittingDown")[:, :, PELVIS, 2]
    assert np.all(height.min(axis=1) < 0.65)
    assert np.all(height.max(axis=1) > 0.75)


def test_phoning_holds_a_hand_to_the_head():
    joints = takes("Phoning")
    distance = np.linalg.norm(joints[:, :, [LEFT_HAND, RIGHT_HAND]] - joints[:, :, [HEAD]], axis=-1)
    assert np.median(distance, axis=1).min(axis=-1).max() < 0.35


@pytest.mark.parametrize("fps", [12.5, 25.0, 100.0])
def test_speed_does_not_depend_on_the_frame_rate(fps):
    def speed(rate: float) -> float:
        joints = synthesize("S5", "Walking", "1", frames=round(6 * rate), fps=rate, seed=1).joints
        return np.linalg.norm(np.diff(joints[:, PELVIS], axis=0), axis=-1).mean() * rate

    assert speed(fps) == pytest.approx(speed(FPS), rel=0.05)


def test_a_take_may_be_one_frame_long():
    take = synthesize("S11", "Sitting", "1", frames=1, fps=FPS, seed=0)
    assert take.joints.shape == (1, len(skeleton.JOINTS), 3)
    assert take.joints.dtype == np.float32
    assert (take.subject, take.action, take.subaction, take.fps) == ("S11", "Sitting", "1", FPS)


def test_equal_arguments_give_equal_bytes_in_any_order_of_calls():
    def make(action: str) -> bytes:
        return synthesize("S8", action, "1", frames=50, fps=FPS, seed=3).joints.tobytes()

    first = make("Posing"), make("Walking")
    assert (make("Walking"), make("Posing")) == first[::-1]


@pytest.mark.parametrize(
    "other",
    [{"seed": 4}, {"subject": "S7"}, {"subaction": "2"}, {"action": "Smoking"}],
    ids=["seed", "subject", "subaction", "action"],
)
def test_any_other_argument_gives_another_motion(other):
    words = {"subject": "S6", "action": "Waiting", "subaction": "1", "frames": 50, "fps": FPS, "seed": 3}
    one, two = synthesize(**words).joints, synthesize(**(words | other)).joints
    assert np.abs((one - one[:, :1]) - (two - two[:, :1])).mean() > 0.02


def test_the_seven_bodies_differ():
    def lengths(subject: str) -> np.ndarray:
        joints = synthesize(subject, "Posing", "1", frames=1, fps=FPS, seed=0).joints[0]
        return np.array([np.linalg.norm(joints[end] - joints[start]) for start, end in BONES])

    bodies = np.stack([lengths(subject) for subject in SUBJECTS])
    apart = np.abs(bodies[:, None] - bodies[None]).max(axis=-1)
    assert apart[~np.eye(len(SUBJECTS), dtype=bool)].min() > 0.005


def test_an_unknown_name_is_refused_with_the_nearest_known_one():
    with pytest.raises(InputError, match=r"subject.*'S12'.*'S1'"):
        synthesize("S12", "Walking", "1", frames=1, fps=FPS, seed=0)
    with pytest.raises(InputError, match=r"action.*'walking'.*'Walking'"):
        synthesize("S1", "walking", "1", frames=1, fps=FPS, seed=0)
