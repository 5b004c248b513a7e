"""Parts of the page, each with the problems met in reading it, which become the warnings at the top of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from jointaware.artifacts.files import read_text_table
from jointaware.errors import InputError

Value = TypeVar("Value")


class Found(NamedTuple, Generic[Value]):
    """A part of the page, and the problems met in reading it, one line each."""

    value: Value
    problems: list[str]


def attempt(read: Callable[[], Value], what: str) -> Found[Value | None]:
    """The result of reading a file; None and a problem where that fails."""
    try:
        return Found(read(), [])
    except (InputError, OSError) as error:
        return Found(None, [f"{what}: {error}"])


def each_of(paths: Iterable[Path], read: Callable[[Path], Found[Value]]) -> Found[dict[str, Value]]:
    """What each file holds, by name."""
    found = {path.name: read(path) for path in paths}
    problems = [problem for each in found.values() for problem in each.problems]
    return Found({name: each.value for name, each in found.items()}, problems)


def read_rows(path: Path) -> Found[list[dict[str, str]]]:
    """Rows of a CSV file as text; none where it cannot be read."""
    try:
        return Found(read_text_table(path).to_dict("records"), [])
    except (OSError, ValueError) as error:
        return Found([], [f"{path}: {error}"])
