"""When a claim holds: rules from a 95 % interval to a verdict, and from nothing else.

Claims are about errors, which fall: the claimed side of zero is below it. `published` is the claimed change in percent,
NO_WORSE or NO_CHANGE; `margin` is what those two allow, fixed in claims.yaml before any run that is judged by it.

- holds: all of the interval is at or below the number; for NO_WORSE at or below the margin; for NO_CHANGE within the
  margin on either side.
- in direction: else, if all of it is below zero; a number only.
- contradicted: else, if all of it is above zero; for NO_CHANGE if zero is not in it. A change within the margin is not
  excluded by that.
- open: else. Not testable: there is no interval.
"""

from __future__ import annotations

import math

HOLDS, IN_DIRECTION, CONTRADICTED, OPEN, NOT_TESTABLE = (
    "holds",
    "in direction",
    "contradicted",
    "open",
    "not testable",
)
REPRODUCED = "reproduced"
"""A claim of the paper that holds on Human3.6M at the paper's size; elsewhere one only holds on this motion."""
VERDICTS = (REPRODUCED, HOLDS, IN_DIRECTION, OPEN, CONTRADICTED, NOT_TESTABLE)
"""All of them, in the order in which pages list them."""
MEANINGS = {
    REPRODUCED: "holds on Human3.6M at the paper's size",
    HOLDS: "the whole 95 % interval is at or beyond the claim",
    IN_DIRECTION: "the whole interval is on the claimed side of zero, but not at or beyond the claim",
    OPEN: "the interval decides nothing",
    CONTRADICTED: "the whole interval is on the other side of zero; a change within the margin of a claim is not "
    "excluded",
    NOT_TESTABLE: "not on this motion, or there is no interval",
}
NO_WORSE, NO_CHANGE = "no worse", "no change"


def judge_change(low: float, high: float, *, published: float | str, margin: float) -> str:
    """Verdict on a relative change, in percent; low and high are its interval, NaN if there is none."""
    if math.isnan(low) or math.isnan(high):
        return NOT_TESTABLE
    if published == NO_CHANGE:
        return HOLDS if -margin <= low and high <= margin else OPEN if low <= 0 <= high else CONTRADICTED
    bound = margin if published == NO_WORSE else float(published)
    # Nothing is lowered by a change of exactly zero.
    if high <= bound and (published == NO_WORSE or high < 0):
        return HOLDS
    return IN_DIRECTION if high < 0 else CONTRADICTED if low > 0 else OPEN


def judge_value(low: float, high: float, *, published: float, margin: float) -> str:
    """Verdict on a value: holds if the whole interval is at or below the printed value, give or take `margin`.

    So the wider the interval, the harder it is to hold, and lower errors than the printed one are welcome.
    """
    if math.isnan(low) or math.isnan(high):
        return NOT_TESTABLE
    limit = published + margin
    return HOLDS if high <= limit else CONTRADICTED if low > limit else OPEN


def judge_every(*, below: int, above: int, tested: int, of: int) -> str:
    """Verdict on a decrease in every one of `of` actions, `tested` of which have an interval.

    below, above: those whose whole interval is below and above zero.
    """
    if not tested:
        return NOT_TESTABLE
    return CONTRADICTED if above else HOLDS if below == of else OPEN
