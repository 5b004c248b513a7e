"""Text, tables, JSON, YAML and digests of files. All writes are atomic: `jointaware.atomic`.

Measurements are rounded to `DIGITS` significant digits, so that a rerun on another processor writes the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.foreign import check_regular, reading

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 6
"""Significant digits of measurements in tables and JSON."""
MAX_BYTES, MAX_VALUES, MAX_DEPTH = 2**18, 10**5, 20
"""Limits of YAML: bytes, values with those that aliases repeat, levels of nesting."""

Key = tuple[object, ...]


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any, *, digits: int | None = DIGITS) -> None:
    """Write indented JSON, floats rounded to `digits` significant digits; None keeps them exact, for parameters."""
    rounded = value if digits is None else _rounded(value, digits)
    write_text(path, json.dumps(rounded, indent=2, allow_nan=False) + "\n")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV without its index, floats with `DIGITS` significant digits, also in object columns."""
    with writing(path) as temporary:
        table.map(_rounded).to_csv(temporary, index=False, lineterminator="\n")


def read_text_table(path: Path) -> pd.DataFrame:
    """All columns of a CSV file, verbatim: NA, null and the like stay text, an empty cell is "".

    InputError for what is no regular file; ValueError, as pandas raises it, for what is no table.
    """
    import pandas as pd

    check_regular(path)
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def read_table(path: Path, *, text: Sequence[str] = (), numbers: Sequence[str] = ()) -> pd.DataFrame:
    """The named columns of a CSV file, those of text first; raises InputError if one is missing or not numeric.

    text: columns read verbatim.
    numbers: columns of integers or floats; an empty cell is NaN.
    """
    import pandas as pd

    try:
        table = read_text_table(path)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: found {str(error).strip()}, expected a table") from error
    if missing := [column for column in (*text, *numbers) if column not in table]:
        raise InputError(f"{path}: found columns {', '.join(table.columns)}, expected {missing[0]} among them")
    for column in numbers:
        try:
            table[column] = pd.to_numeric(table[column])
        except ValueError as error:
            raise InputError(f"{path}: column {column}: found {error}, expected numbers") from error
    return table[[*text, *numbers]]


def read_yaml(path: Path) -> object:
    """Content of a YAML 1.2 file: dictionaries, lists and scalars; InputError if it is no YAML, or too much."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    with reading(path, "YAML"):
        if (size := path.stat().st_size) > MAX_BYTES:
            raise InputError(f"{path}: found {size} bytes, expected at most {MAX_BYTES}")
        try:
            content: object = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        except MarkedYAMLError as error:
            where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
            raise InputError(f"{path}: {where}{str(error.problem)[:200]}, expected YAML") from error
        for count, (key, _) in enumerate(values_of(content)):
            if count > MAX_VALUES:
                raise InputError(f"{path}: found more than {MAX_VALUES} values, expected no more")
            if len(key) > MAX_DEPTH:
                raise InputError(f"{path}: found more than {MAX_DEPTH} levels of nesting, expected no more")
    return content


def values_of(content: object, key: Key = ()) -> Iterator[tuple[Key, object]]:
    """All values with their keys, lists and dictionaries before what they hold."""
    yield key, content
    if isinstance(content, dict | list):
        for name, inner in content.items() if isinstance(content, dict) else enumerate(content):
            yield from values_of(inner, (*key, name))


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    check_regular(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rounded(value: Any, digits: int = DIGITS) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner, digits) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner, digits) for inner in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value
