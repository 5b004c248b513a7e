"""The choice of a recipe follows its rule, and nothing else."""

import pandas as pd
import pytest

from workflow.study.choose import choose

CHANGES = ("mpjpe_mm", "p_mpjpe_mm", "mpjae_mm_per_frame2")


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ({"a": (0.5, 0.4, -20), "b": (-3, -3, -10), "c": (0, 0.6, -60)}, "a"),
        ({"a": (0.6, 0.1, -20), "b": (-3, -3, 10)}, "b"),
        ({"a": (3, 0, -90), "b": (0, 2, -10), "c": (1, 1, 5)}, "c"),
    ],
)
def test_position_comes_first_and_acceleration_decides(rows, chosen):
    assert choose(pd.DataFrame.from_dict(rows, orient="index", columns=CHANGES)) == chosen
