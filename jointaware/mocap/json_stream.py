"""Read JSON piece by piece: the elements of its lists one at a time, so that an hour of video needs no gigabytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import TextIOBase
from pathlib import Path
from typing import Any

LETTERS = 2**20
"""Letters read at once."""
WHITESPACE, IN_NUMBERS = " \t\r\n", "0123456789+-.eE"


def stream(path: Path) -> Iterator[tuple[str | None, Any]]:
    """Yield the elements of a list, with the key None; or of an object each key and value, a list's elements singly.

    Raises ValueError if it is no JSON, or neither a list nor an object.
    """
    with path.open(encoding="utf-8-sig") as file:
        text = _Text(file)
        if text.peek() == "[":
            yield from ((None, element) for element in text.elements())
        elif text.peek() == "{":
            yield from text.pairs()
        else:
            raise ValueError("neither a list nor an object")
        if rest := text.peek():
            raise ValueError(f"{rest!r} after its end")


class _Text:
    """The text of a file, of which only the part in use is in memory."""

    def __init__(self, file: TextIOBase) -> None:
        self.file, self.text, self.place = file, "", 0
        self.decode = json.JSONDecoder().raw_decode

    def peek(self) -> str:
        """The next letter that is no whitespace; empty at the end."""
        while True:
            while self.place < len(self.text) and self.text[self.place] in WHITESPACE:
                self.place += 1
            if self.place < len(self.text):
                return self.text[self.place]
            if not self._more():
                return ""

    def take(self, expected: str) -> str:
        """Take the next letter, which must be one of those expected."""
        found = self.peek()
        if not found or found not in expected:
            raise ValueError(f"{found!r} in place of {' or '.join(expected)}")
        self.place += 1
        return found

    def value(self) -> Any:
        """Take a whole value."""
        self.peek()
        while True:
            try:
                value, end = self.decode(self.text, self.place)
            except json.JSONDecodeError:
                if self._more():
                    continue
                raise
            if self.text[end : end + 1] in IN_NUMBERS and self._more():  # the rest of a number may follow
                continue
            self.place = end
            return value

    def elements(self) -> Iterator[Any]:
        """Take a list, element by element."""
        self.take("[")
        if self.peek() == "]":
            self.place += 1
            return
        while True:
            yield self.value()
            if self.take(",]") == "]":
                return

    def pairs(self) -> Iterator[tuple[str, Any]]:
        """Take an object: its keys and values, and the elements of lists each with the list's key."""
        self.take("{")
        if self.peek() == "}":
            self.place += 1
            return
        while True:
            key = self.value()
            self.take(":")
            yield from ((key, each) for each in (self.elements() if self.peek() == "[" else [self.value()]))
            if self.take(",}") == "}":
                return

    def _more(self) -> bool:
        """Read on, twice as much as is left, so that a long value is not decoded over and over."""
        left = self.text[self.place :]
        read = self.file.read(max(LETTERS, len(left)))
        self.text, self.place = left + read, 0
        return bool(read)
