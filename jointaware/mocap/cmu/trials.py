"""Trials in use: which recordings of which subjects, and the action each shows.

`data.cmu.trials` chooses the trials of a subject; a subject that it does not name has those of `cmu_takes.csv`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jointaware.errors import InputError
from jointaware.mocap.cmu import index
from jointaware.mocap.cmu.takes import FPS
from jointaware.mocap.sources import CmuSettings
from jointaware.mocap.take import take_name


@dataclass(frozen=True)
class Trial:
    """One recording: its number, its action, and which of the subject's takes of this action it is."""

    subject: str
    number: int
    action: str
    subaction: str
    fps: float

    @property
    def name(self) -> str:
        """Name of the take."""
        return take_name(self.subject, self.action, self.subaction)

    @property
    def skeleton(self) -> str:
        """Path of the skeleton file in the database."""
        return skeleton_file(self.subject)

    @property
    def motion(self) -> str:
        """Path of the motion file in the database."""
        return motion_file(self.subject, self.number)


def chosen(settings: CmuSettings, subjects: Sequence[str]) -> Iterator[Trial]:
    """Yield the trials in use of the subjects, by number within each subject."""
    for subject in subjects:
        by_action = settings.trials.get(subject) or known_trials().get(subject)
        if not by_action:
            example = f'expected for example {{"{subject}": {{Walking: [1, 2]}}}}'
            raise InputError(f"data.cmu.trials: names no trial of subject {subject}, {example}; {index.about(subject)}")
        actions = {number: action for action, numbers in by_action.items() for number in numbers}
        fps = settings.fps.get(subject) or (index.entries()[subject].fps if subject in index.entries() else FPS)
        earlier = Counter[str]()
        for number in sorted(actions):
            action = actions[number]
            yield Trial(subject, number, action, str(earlier[action] or ""), fps)
            earlier[action] += 1


@cache
def known_trials() -> dict[str, dict[str, tuple[int, ...]]]:
    """Trials of `cmu_takes.csv` by subject and action, as in `CmuSettings.trials`."""
    trials: dict[str, dict[str, tuple[int, ...]]] = {}
    for row in _table():
        if row["trial"]:
            actions = trials.setdefault(row["subject"], {})
            actions[row["action"]] = (*actions.get(row["action"], ()), int(row["trial"]))
    return trials


@cache
def known_digests() -> dict[str, str]:
    """SHA-256 of each file of `cmu_takes.csv`, by its path in the database."""
    return {
        motion_file(row["subject"], int(row["trial"])) if row["trial"] else skeleton_file(row["subject"]): row["sha256"]
        for row in _table()
    }


def skeleton_file(subject: str) -> str:
    """Path of a subject's skeleton in the database."""
    return f"subjects/{subject}/{subject}.asf"


def motion_file(subject: str, number: int) -> str:
    """Path of a trial in the database."""
    return f"subjects/{subject}/{subject}_{number:02}.amc"


def _table() -> list[dict[str, str]]:
    """Rows of cmu_takes.csv; a row without a trial is the subject's skeleton."""
    with Path(__file__).with_name("cmu_takes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
