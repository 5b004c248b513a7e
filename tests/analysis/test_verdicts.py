"""Each rule from an interval to a verdict."""

from math import nan

import pytest

from jointaware.analysis.verdicts import MEANINGS, NO_CHANGE, NO_WORSE, VERDICTS, judge_change, judge_every, judge_value


@pytest.mark.parametrize(
    ("published", "low", "high", "verdict"),
    [
        (-7.0, -9.0, -7.0, "holds"),
        (-7.0, -9.0, -6.9, "in direction"),
        (-7.0, -3.0, -1.0, "in direction"),
        (-7.0, -20.0, 0.1, "open"),
        (-7.0, -20.0, 0.0, "open"),
        (-7.0, 0.1, 5.0, "contradicted"),
        (-7.0, nan, nan, "not testable"),
        (0.0, -5.0, -0.1, "holds"),
        (0.0, 0.0, 0.0, "open"),
        (0.0, -5.0, 0.1, "open"),
        (NO_WORSE, -5.0, 1.0, "holds"),
        (NO_WORSE, -5.0, -4.0, "holds"),
        (NO_WORSE, 0.2, 0.9, "holds"),
        (NO_WORSE, -1.0, 7.8, "open"),
        (NO_WORSE, 0.1, 1.1, "contradicted"),
        (NO_WORSE, nan, nan, "not testable"),
        (NO_CHANGE, -1.0, 1.0, "holds"),
        (NO_CHANGE, 0.2, 0.9, "holds"),
        (NO_CHANGE, -1.1, 0.5, "open"),
        (NO_CHANGE, -9.0, 9.0, "open"),
        (NO_CHANGE, 0.1, 9.0, "contradicted"),
        (NO_CHANGE, -9.0, -0.1, "contradicted"),
    ],
)
def test_a_change_is_judged_by_its_whole_interval(published, low, high, verdict):
    assert judge_change(low, high, published=published, margin=1.0) == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (45.8, 45.94, "holds"),
        (40.0, 41.0, "holds"),
        (45.8, 46.0, "open"),
        (30.0, 60.0, "open"),
        (46.0, 47.0, "contradicted"),
        (nan, nan, "not testable"),
    ],
)
def test_a_value_holds_no_more_easily_the_wider_its_interval(low, high, verdict):
    assert judge_value(low, high, published=45.9, margin=0.05) == verdict


@pytest.mark.parametrize("half_width", [0.0, 0.01, 0.1, 1.0, 10.0])
def test_noise_never_turns_a_verdict_into_holds(half_width):
    """A value just above the printed one, and a change just short of the claimed one."""
    assert judge_value(46.0 - half_width, 46.0 + half_width, published=45.9, margin=0.05) != "holds"
    assert judge_change(-6.9 - half_width, -6.9 + half_width, published=-7.0, margin=1.0) != "holds"
    assert judge_change(1.1 - half_width, 1.1 + half_width, published=NO_WORSE, margin=1.0) != "holds"


@pytest.mark.parametrize(
    ("below", "above", "tested", "verdict"),
    [
        (15, 0, 15, "holds"),
        (14, 0, 15, "open"),
        (14, 0, 14, "open"),
        (14, 1, 15, "contradicted"),
        (0, 0, 0, "not testable"),
    ],
)
def test_every_action_means_every_one_with_an_interval(below, above, tested, verdict):
    assert judge_every(below=below, above=above, tested=tested, of=15) == verdict


def test_every_verdict_has_a_meaning():
    assert tuple(MEANINGS) == VERDICTS
