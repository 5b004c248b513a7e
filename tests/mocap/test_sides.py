"""Left and right that a detector exchanged are put right, and people who turn around are left alone."""

import numpy as np
import pytest

from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.mocap.sides import with_sides_right

COCO, FPS = LAYOUTS["coco"], 30.0
MIRRORED = np.array(COCO.mirrored)


def walker(frames: int = 90, turns: float = 0.0) -> np.ndarray:
    """Keypoints of a body, (frames, 17, 2) pixels, which sways, and turns about the vertical this many times."""
    rng = np.random.default_rng(0)
    side = np.array([1 if name.startswith("left") else -1 if name.startswith("right") else 0 for name in COCO.points])
    height = np.linspace(0, 500, len(COCO.points))
    angle = np.linspace(0, 2 * np.pi * turns, frames)[:, None]
    x = 60 * side * np.cos(angle) + 10 * np.sin(np.arange(frames) / 8)[:, None]
    noise = rng.normal(0, 2, (frames, len(COCO.points), 2))
    return (np.stack([x, np.broadcast_to(height, x.shape)], axis=2) + noise).astype(np.float32)


def righted(keypoints: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return with_sides_right(keypoints, np.ones(keypoints.shape[:2], np.float32), COCO, FPS)


@pytest.mark.parametrize("names", ["", "knee ankle", "elbow wrist"])
@pytest.mark.parametrize(("first", "last"), [(20, 45), (0, 10), (70, 90)])
def test_an_exchange_of_everything_legs_or_arms_is_put_right(names, first, last):
    true = walker()
    points = [i for i, name in enumerate(COCO.points) if not names or name.partition("_")[2] in names.split()]
    faulty = true.copy()
    faulty[first:last, points] = true[first:last][:, MIRRORED[points]]
    keypoints, _, changed = righted(faulty)
    np.testing.assert_array_equal(keypoints, true)
    np.testing.assert_array_equal(np.flatnonzero(changed), np.arange(first, last))


@pytest.mark.parametrize("turns", [0, 0.5, 2])
def test_who_turns_around_is_left_alone(turns):
    true = walker(turns=turns)
    keypoints, _, changed = righted(true)
    np.testing.assert_array_equal(keypoints, true)
    assert not changed.any()


def test_confidence_goes_with_its_keypoint_and_lost_frames_are_no_jump():
    faulty = walker()
    faulty[20:45] = faulty[20:45][:, MIRRORED]
    confidence = np.tile(np.arange(17, dtype=np.float32), (90, 1))
    faulty[60:65] = np.nan
    _, trust, changed = with_sides_right(faulty, confidence, COCO, FPS)
    assert changed.sum() == 25
    np.testing.assert_array_equal(trust[30], confidence[0, MIRRORED])
    np.testing.assert_array_equal(trust[50], confidence[0])


def test_the_input_stays_and_one_frame_has_no_sides_to_change():
    faulty = walker(1)
    before = faulty.copy()
    assert not righted(faulty)[2].any()
    np.testing.assert_array_equal(faulty, before)
