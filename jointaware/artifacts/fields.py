"""Building blocks of the typed parameters: the frozen base class, and limits that pydantic lacks.

Type, range, unit and meaning are declared with each field; the JSON schema for editors and the error messages
(`artifacts.explain`) are derived from them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


def immutable(value: object) -> object:
    """Replace lists by tuples at any depth: strict validation does not accept a list as a tuple."""
    if isinstance(value, dict):
        return {key: immutable(inner) for key, inner in value.items()}
    return tuple(immutable(inner) for inner in value) if isinstance(value, list) else value


def without_absent(section: Mapping[str, Any]) -> dict[str, Any]:
    """A section without its optional keys that the file does not have."""
    return {key: value for key, value in section.items() if value is not None}


class Frozen(BaseModel):
    """A section of the parameters: immutable, no unknown keys, no conversion between types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def described(words: str, *, unit: str = "", default: Any = ..., **limits: Any) -> Any:
    """A field with its meaning, unit and range (pydantic's ge, gt, le, lt, min_length, pattern)."""
    return Field(default, description=words, json_schema_extra={"unit": unit} if unit else None, **limits)


@dataclass(frozen=True)
class Limit:
    """A limit on a value, with its keyword in the JSON schema and its words in error messages."""

    keyword: str
    value: Any
    words: str
    holds: Callable[[Any], bool]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {self.keyword: self.value}

    def _check(self, value: Any) -> Any:
        if not self.holds(value):
            raise PydanticCustomError("limit", self.words)
        return value


PATH = r"^[^\x00-\x1f\x7f]+$"
"""Paths have no control characters, which end a path or a line of a message."""
Name = Annotated[
    str,
    Field(pattern=r"^[^/.\x00-\x1f\x7f][^/\x00-\x1f\x7f]*$"),
    AfterValidator(lambda name: unicodedata.normalize("NFC", name)),
]
"""A person or an action, in any language; an umlaut may be one character or two: one here and in names of takes."""
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""What every random number generator takes."""

ODD = Limit("not", {"multipleOf": 2}, "an odd number", lambda value: value % 2 == 1)
UNIQUE = Limit("uniqueItems", True, "no repetition", lambda values: len(set(values)) == len(values))

DISTINCT = Limit(
    "uniqueItems",
    True,
    "values that differ in their first six digits",
    lambda values: len({f"{value:g}" for value in values}) == len(values),
)


def one_of(names: Collection[str]) -> Limit:
    """Limit a value to one of these names."""
    return Limit("enum", list(names), f"one of {', '.join(names)}", names.__contains__)


def contradiction(key: str, message: str) -> PydanticCustomError:
    """Validation error for fields that contradict each other; `key`, relative to the model, is the one to change."""
    return PydanticCustomError("contradiction", f"{key}: {message}" if key else f": {message}")
