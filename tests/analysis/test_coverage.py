"""How often a 95 % interval covers the truth, by simulation, in the sizes of our studies.

The effect of each take, the quality of each training and their interaction are normal. With few units percentiles are
still too narrow; drawing one unit fewer than there are mends most of that.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from jointaware.analysis import resampling
from jointaware.analysis.intervals import Bootstrap, Motion
from tests.analysis.takes import WALKING_02, make_table

pytestmark = pytest.mark.slow

REPEATS = 250
CMU_02 = [("02", action) for action in ("Bending", "Jumping", "Punching", "Running", "Washing")]
CMU_02 += [("02", "Swordplay")] * 3 + [("02", "Walking")] * 2
IN_PAIRS = [("S9", f"action {number}") for number in range(15) for _ in range(2)]


@pytest.fixture(autouse=True)
def _fewer_resamples(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(resampling, "RESAMPLES", 1000)
    for place in range(2):
        resampling.count_takes.cache_clear()
        resampling.count_seeds.cache_clear()
        if place == 0:
            yield


def is_covered(errors: np.ndarray, takes: list[tuple[str, str]]) -> bool:
    """Whether the interval holds the true change, which is zero. errors: (2, seeds, takes)."""
    table = make_table(dict(zip(("run", "against"), errors, strict=True)), takes)
    few = table.drop(columns=[column for column in table if column.endswith(("frame", "frame2", "n_mpjpe_mm"))])
    change = Bootstrap.of(few).change(Motion("run"), Motion("against"), "mpjpe_mm")
    return change.low <= 0 <= change.high


@pytest.mark.parametrize(
    ("takes", "seeds", "of_takes", "of_seeds", "least"),
    [
        (WALKING_02, 3, 1.0, 0.6, 0.88),
        (CMU_02, 3, 1.0, 0.6, 0.85),
        (CMU_02, 5, 1.0, 0.2, 0.85),
        (IN_PAIRS, 3, 1.0, 0.2, 0.88),
        (WALKING_02, 5, 0.1, 1.0, 0.88),
        (WALKING_02, 3, 0.1, 1.0, 0.82),
    ],
    ids=["one action", "CMU 02", "five seeds", "pairs of takes", "seeds only", "three seeds only"],
)
def test_about_nine_intervals_of_ten_cover_the_truth(takes, seeds, of_takes, of_seeds, least):
    """of_takes, of_seeds: spread of the effect of each take, and of the quality of each training, percent."""
    rng, covered = np.random.default_rng(0), 0
    for _ in range(REPEATS):
        errors = 100 + rng.normal(0, of_seeds, (2, seeds, 1)) + rng.normal(0, 0.1, (2, seeds, len(takes)))
        errors[0] += rng.normal(0, of_takes, len(takes))
        covered += is_covered(errors, takes)
    assert covered / REPEATS >= least


@pytest.mark.parametrize(("people", "least"), [(3, 0.84), (10, 0.88)])
def test_so_they_do_with_people_who_differ_as_much_as_their_takes(people, least):
    """Takes are drawn as well as people, which makes up for how little three people tell of the spread between them."""
    rng, covered = np.random.default_rng(0), 0
    takes = [(f"{person:02}", "Walking") for person in range(people) for _ in range(5)]
    for _ in range(REPEATS):
        errors = np.full((2, 1, len(takes)), 100.0)
        errors[0] += np.repeat(rng.normal(0, 1, people), 5) + rng.normal(0, 1, len(takes))
        covered += is_covered(errors, takes)
    assert covered / REPEATS >= least
