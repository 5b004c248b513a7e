"""Progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SECONDS_BETWEEN_LINES = 10.0
SILENT_SECONDS = 2.0
"""Work that is done sooner says nothing where there is no terminal."""


def follow(items: Iterable[Item], what: str, *, total: int | None, unit: str) -> Iterator[Item]:
    """The items, while what has been done of them is shown on stderr; without a total nobody knows how many come."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    return iter(
        tqdm(
            items,
            desc=what,
            total=total,
            unit=f" {unit}",
            file=sys.stderr if terminal else _Lines(),
            mininterval=0.1 if terminal else SECONDS_BETWEEN_LINES,
            maxinterval=SECONDS_BETWEEN_LINES,
            ncols=None if terminal else 80,
            delay=0 if terminal else SILENT_SECONDS,
            bar_format=None if terminal else "{desc}: {n_fmt} of {total_fmt}{unit}, {elapsed} gone, {remaining} left",
            leave=False,
        )
    )


class _Lines:
    """A stream in which each new state of a bar is a line of its own."""

    def write(self, text: str) -> None:
        line = text.strip("\r\n\x1b[A ")
        if line:
            print(line, file=sys.stderr, flush=True)

    def flush(self) -> None:
        sys.stderr.flush()
