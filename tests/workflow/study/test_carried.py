"""Do the losses carry over? Each line of the rule, and missing intervals."""

from math import nan

import pytest

from jointaware.analysis.intervals import Change
from workflow.study.carried import CARRIES, NOT, NOTHING, OPEN, judge_carried

BELOW, ACROSS, ABOVE, NONE = Change(-2, -3, -1), Change(0, -1, 1), Change(2, 1, 3), Change(-2, nan, nan)


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        (BELOW, BELOW, CARRIES),
        (BELOW, ABOVE, NOT),
        (BELOW, ACROSS, OPEN),
        (BELOW, NONE, OPEN),
        (ACROSS, BELOW, NOTHING),
        (ABOVE, BELOW, NOTHING),
        (NONE, BELOW, NOTHING),
        (Change(-1, -2, 0), BELOW, NOTHING),
    ],
)
def test_a_loss_carries_over_only_if_both_intervals_are_below_zero(first, second, word):
    assert judge_carried(first, second) == word
