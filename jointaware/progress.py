"""Progress of long operations: a bar on a terminal, otherwise a plain line every few seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SECONDS_BETWEEN_LINES = 10.0
SILENT_SECONDS = 2.0
"""Without a terminal, an operation shorter than this prints nothing."""


def follow(items: Iterable[Item], what: str, *, total: int | None, unit: str) -> Iterator[Item]:
    """Yield the items and show progress on stderr; total is None where the number of items is unknown."""
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
            bar_format=None
            if terminal
            else "{desc}: {n_fmt} of {total_fmt}{unit}, {elapsed} elapsed, {remaining} left",
            leave=False,
        )
    )


def report(line: str) -> None:
    """Write a line to stderr in one call, so that lines of parallel processes do not interleave."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class _Lines:
    """A stream that writes each state of a progress bar as a line of its own."""

    def write(self, text: str) -> None:
        """Print the visible part of what tqdm writes."""
        line = text.strip("\r\n\x1b[A ")
        if line:
            report(line)

    def flush(self) -> None:
        """Flush stderr."""
        sys.stderr.flush()
