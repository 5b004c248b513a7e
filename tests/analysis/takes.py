"""Scores by sequence of made-up experiments, as a study keeps them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jointaware.artifacts.metrics import METRICS

WALKING_02 = [("02", "Walking")] * 10
"""Ten takes of one person and one action."""


def make_table(
    errors: Mapping[str, np.ndarray | Sequence],
    takes: Sequence[tuple[str, str]] = WALKING_02,
    *,
    frames: Sequence[int] | None = None,
    cameras: str = "c",
    variant: str = "raw",
) -> pd.DataFrame:
    """The same error for every metric. errors: by experiment (seeds, takes), or (takes,) for a single seed."""
    numbers = [str(number) for number in range(len(takes))]
    frames = [10] * len(takes) if frames is None else list(frames)
    subjects, actions = zip(*takes, strict=True)
    where = pd.DataFrame({"subject": subjects, "action": actions, "subaction": numbers, "frames": frames})
    return pd.concat(
        [
            where.assign(experiment=name, variant=variant, seed=seed, camera=camera, **dict.fromkeys(METRICS, values))
            for name, by_seed in errors.items()
            for seed, values in enumerate(np.atleast_2d(by_seed))
            for camera in cameras
        ],
        ignore_index=True,
    )
