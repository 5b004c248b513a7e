"""Small data in the pipeline's own form; the fixture `sequences` is offered to all tests by tests/conftest.py."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jointaware.artifacts.scores import Scores
from jointaware.artifacts.sequences import Sequences, open_sequences, writing_sequences
from tests.people import seen


def write_sequences(path: Path, table: pd.DataFrame, arrays: dict[str, np.ndarray], **settings: object) -> None:
    """Write all sequences at once."""
    with writing_sequences(path, table, **settings) as write:
        write(0, arrays)


def change_table(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Sequences:
    """Write the sequences of a path again, with another table."""
    found = open_sequences(path)
    arrays = {name: found.read(name) for name in ("keypoints", "joints", "root")}
    write_sequences(path, change(found.table), arrays)
    return open_sequences(path)


def make_scores(**tables: pd.DataFrame) -> Scores:
    """Scores with these tables, the others empty."""
    return Scores(**{field.name: tables.get(field.name, pd.DataFrame()) for field in fields(Scores)})


def make_sequences(path: Path, frames: tuple[int, ...] = (40, 55, 40, 33), cameras: str | None = None) -> Sequences:
    """A swaying person, captured with noise: two training sequences, one for validation, the rest for test."""
    total = sum(frames)
    joints = seen(total) + np.random.default_rng(0).normal(0, 0.01, (total, 17, 3)).astype(np.float32)
    joints[:, 0] = 0
    root = np.tile(np.float32([0, 0, 5]), (total, 1))
    keypoints = ((joints + root[:, None])[..., :2] / (joints + root[:, None])[..., 2:]).astype(np.float32)
    table = pd.DataFrame(
        {
            "subject": ["S1", "S1", "S5", *["S9"] * (len(frames) - 3)],
            "action": ["Walking", "Sitting", "Walking", *["Walking"] * (len(frames) - 3)],
            "subaction": "" if cameras else ["", "", "", "", *map(str, range(1, len(frames) - 3))],
            "camera": list(cameras) if cameras else "54138969",
            "start": np.cumsum(frames) - frames,
            "frames": frames,
            "split": ["train", "train", "validation", *["test"] * (len(frames) - 3)],
            "fps": 50.0,
        }
    )
    write_sequences(path, table, {"keypoints": keypoints, "joints": joints, "root": root})
    return open_sequences(path)


@pytest.fixture
def sequences(tmp_path: Path) -> Sequences:
    """Made-up motion in a folder of its own."""
    return make_sequences(tmp_path / "sequences.safetensors")
