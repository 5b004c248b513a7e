"""Measured speed in words: how many times as fast as what it was measured beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def in_words(rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """A line for each row with a ratio: `P-MPJPE: 6.8 times as fast (6.7 to 6.9)`."""
    for row in rows:
        try:
            ratio, least, most = (float(row[key]) for key in ("ratio", "least", "most"))
        except (KeyError, ValueError):
            continue
        words = "as fast, within the spread" if least <= 1 <= most else f"{ratio:.3g} times as fast"
        yield f"{row['what']}: {words} ({least:.3g} to {most:.3g})"
