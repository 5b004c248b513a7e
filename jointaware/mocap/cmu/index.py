"""Find CMU subjects by what they do: `python -m jointaware.mocap.cmu.index walk run`.

Prints the subjects of `cmu_subjects.csv` that match any of the words, or all: number, trials, frame rate and motion.
The table is a summary of the database's own index; remarks name trials known to be faulty, and recordings that appear
under two subjects, which must not be split between training and test.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A subject: the numbers of its first and last trial, as `1-14`; the frame rate; what it does; what to know."""

    subject: str
    trials: str
    fps: float
    motion: str
    remarks: str


@cache
def entries() -> dict[str, Entry]:
    """All subjects of the index by number."""
    with Path(__file__).with_name("cmu_subjects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [Entry(row["subject"], row["trials"], float(row["fps"]), row["motion"], row["remarks"]) for row in rows]
    return {entry.subject: entry for entry in found}


def about(subject: str) -> str:
    """What the index knows of a subject, or the most similar numbers, for an error message."""
    if (entry := entries().get(subject)) is not None:
        return f"CMU's index lists trials {entry.trials} of subject {subject} ({entry.motion})"
    number = int(subject) if subject.isdecimal() else 0
    near = sorted(entries(), key=lambda known: abs(int(known) - number))[:2]
    return f"CMU's index has no subject {subject}; the nearest are {' and '.join(sorted(near))}"


def main(argv: Sequence[str] | None = None) -> None:
    """Print the subjects that match."""
    words = [word.lower() for word in (sys.argv[1:] if argv is None else argv)]
    for entry in entries().values():
        line = f"{entry.subject:4}trials {entry.trials:6}{entry.fps:4.0f} fps  {entry.motion}"
        line += f" ({entry.remarks})" if entry.remarks else ""
        if not words or any(word in line.lower() for word in words):
            print(line)


if __name__ == "__main__":
    main()
