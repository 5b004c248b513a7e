"""Do the losses carry over to another network? A rule from two intervals to a word.

Both are of the change that a set of losses makes to an error, in the network that the losses were chosen for and in
another: each against the same network trained on the same clips without them, on the same test set. The rule was
written before the second network was trained:

- nothing to carry: the first interval is not wholly below zero.
- carries over: else, if the second is wholly below zero.
- does not carry over: else, if the second is wholly above zero.
- open: else.
"""

from __future__ import annotations

import math

from jointaware.analysis.intervals import Change

NOTHING, CARRIES, NOT, OPEN = "nothing to carry", "carries over", "does not carry over", "open"


def judge_carried(first: Change, second: Change) -> str:
    """The word for the changes of one error in two networks; NOTHING or OPEN where an interval is missing."""
    if math.isnan(first.high) or first.high >= 0:
        return NOTHING
    return CARRIES if second.high < 0 else NOT if second.low > 0 else OPEN
