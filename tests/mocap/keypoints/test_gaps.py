"""Gaps: bridged up to a limit, filled between detections."""

import numpy as np
import pytest

from jointaware.mocap.keypoints.gaps import fill, stretches


def lost(pattern: str) -> np.ndarray:
    return np.array([letter == "." for letter in pattern])


@pytest.mark.parametrize(
    ("pattern", "gap", "expected"),
    [
        ("xxxxx", 2, [(0, 5)]),
        ("xx..xx", 2, [(0, 6)]),
        ("xx...xx", 2, [(0, 2), (5, 7)]),
        ("..xx", 2, [(0, 4)]),
        ("...xx", 2, [(3, 5)]),
        ("xx..", 2, [(0, 4)]),
        ("xx...", 2, [(0, 2)]),
        ("xx.xx", 0, [(0, 2), (3, 5)]),
        (".....", 9, []),
    ],
)
def test_runs_up_to_the_limit_are_bridged(pattern, gap, expected):
    assert [(part.start, part.stop) for part in stretches(lost(pattern), gap)] == expected


def test_points_move_straight_between_detections_and_stay_at_the_ends():
    keypoints = np.full((7, 2, 2), np.nan, np.float32)
    keypoints[:, 1] = 5
    keypoints[1, 0], keypoints[5, 0] = (0, 10), (8, 30)
    filled, never = fill(keypoints, (0, 1))
    np.testing.assert_array_equal(filled[:, 0, 0], [0, 0, 2, 4, 6, 8, 8])
    np.testing.assert_array_equal(filled[:, 0, 1], [10, 10, 15, 20, 25, 30, 30])
    assert never == ()


def test_a_point_never_seen_is_put_where_its_counterpart_is_or_amid_the_others():
    keypoints = np.zeros((3, 4, 2), np.float32)
    keypoints[:, 0], keypoints[:, 3] = 4, 8
    keypoints[:, 1] = keypoints[:, 2] = np.nan
    filled, never = fill(keypoints, (1, 0, 2, 3))
    assert never == (1, 2)
    np.testing.assert_array_equal(filled[:, 1], 4)
    np.testing.assert_array_equal(filled[:, 2], 6)
