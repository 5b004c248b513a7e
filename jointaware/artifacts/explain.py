"""JSON schema of the parameters for editors, and one-line explanations of validation errors.

Both are derived from the models: names, units, ranges and descriptions are written once, beside the fields.
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails, core_schema

Schema = dict[str, Any]
UNKNOWN = ("extra_forbidden", "invalid_key")
KEYWORDS = {
    "greater_than_equal": ("minimum", "at least {}"),
    "less_than_equal": ("maximum", "at most {}"),
    "greater_than": ("exclusiveMinimum", "more than {}"),
    "less_than": ("exclusiveMaximum", "less than {}"),
    "too_short": ("minItems", "at least {} items"),
    "too_long": ("maxItems", "at most {} items"),
    "string_pattern_mismatch": ("pattern", "text of the form {}"),
}
"""By pydantic's error type: the JSON schema keyword that holds the limit, and how a message words it."""
LONGEST = 80
"""Characters of a key or text in a message."""
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = LONGEST


class _Generator(GenerateJsonSchema):
    """Optional fields are left out of a file, not written as null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        result = super().dict_schema(schema)
        return result | {"additionalProperties": False} if "patternProperties" in result else result


def json_schema(model: type[BaseModel]) -> Schema:
    """The JSON schema of a model, without references or titles."""
    schema = model.model_json_schema(schema_generator=_Generator)
    definitions = schema.pop("$defs", {})
    inlined: Schema = _inline(schema, definitions)
    return inlined


def partial(schema: Any) -> Any:
    """The schema with no key required."""
    if isinstance(schema, dict):
        return {key: partial(value) for key, value in schema.items() if key != "required"}
    return [partial(value) for value in schema] if isinstance(schema, list) else schema


def explain(error: ValidationError, raw: object, schema: Schema) -> str:
    """The first mistake: key, what was found, what was expected, unit and meaning. Unknown keys come first."""
    first = min(error.errors(include_url=False), key=lambda each: not _is_unknown(each))
    *parents, last = first["loc"] or ("",)
    if _is_unknown(first):
        if last == "[key]":
            *parents, last = parents
        return unknown_key(parents, last, _known(_node(schema, parents, raw)))
    if first["type"] == "missing":
        return f"missing key {dotted(first['loc'])}"
    if first["type"] == "section":
        return f"missing key {dotted([*first['loc'], first['msg']])}"
    if first["type"] == "contradiction":
        return f"{dotted(first['loc'])}.{first['msg']}".lstrip(".").replace(".:", ":", 1)
    return _found_and_expected(first, raw, schema)


def unknown_key(parents: Iterable[object], name: object, known: Iterable[str]) -> str:
    """Message about an unknown key, with the most similar known key."""
    known = list(known)
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
    return f"unknown key {dotted([*parents, name])}; {hint}"


def _is_unknown(error: ErrorDetails) -> bool:
    is_key = error["loc"][-1:] == ("[key]",)
    return error["type"] in UNKNOWN or (is_key and error["type"] == "limit")


def _found_and_expected(error: ErrorDetails, raw: object, schema: Schema) -> str:
    location, kind = list(error["loc"]), error["type"]
    is_key = location[-1:] == ["[key]"]
    if is_key:
        *location, found = location[:-1]
    else:
        found = _value(raw, location)
    node = _node(schema, location, raw)
    if kind == "limit":
        expected = error["msg"]
    elif kind == "literal_error":
        expected = f"one of {', '.join(node.get('enum', [node.get('const')]))}"
    elif kind in KEYWORDS:
        keyword, words = KEYWORDS[kind]
        expected = words.format(node[keyword] if keyword in node else _of_dictionary(node, keyword))
    elif kind.endswith(("_type", "_from_float")):
        expected = "string as a key" if is_key else node.get("type", error["msg"])
    else:
        expected = error["msg"]
    unit = f" {node['unit']}" if "unit" in node and not is_key else ""
    hint = ' Text that looks like a number, true or null needs quotes: "08".' if kind == "string_type" else ""
    key = f"{dotted(location)}: " if location else ""
    return f"{key}found {shown(found)}, expected {expected}{unit}. {node.get('description', '')}{hint}".rstrip()


def _of_dictionary(node: Schema, keyword: str) -> object:
    """The limit on the keys of a dictionary, or on how many there are."""
    return next(iter(node["patternProperties"])) if keyword == "pattern" else node["minProperties"]


def _inline(schema: Any, definitions: Schema) -> Any:
    if isinstance(schema, list):
        return [_inline(value, definitions) for value in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]] | {k: v for k, v in schema.items() if k != "$ref"}
    is_title = {"title"} if isinstance(schema.get("title"), str) else set()
    return {key: _inline(value, definitions) for key, value in schema.items() if key not in is_title}


def _known(node: Schema) -> list[str]:
    return list(node.get("properties", {})) or list(node.get("propertyNames", {}).get("enum", []))


def _node(schema: Schema, location: Iterable[object], raw: object) -> Schema:
    """The subschema at a location; items without a description or unit inherit those of their collection."""
    node = _chosen(schema, raw)
    for part in location:
        raw = _value(raw, [part])
        if part in node.get("properties", {}):
            inner = node["properties"][part]
        else:
            collection = {key: node[key] for key in ("description", "unit") if key in node}
            values = next(iter(node.get("patternProperties", {}).values()), node.get("additionalProperties") or {})
            inner = collection | node.get("items", values)
        node = _chosen(inner, raw)
    return node


def _chosen(node: Schema, raw: object) -> Schema:
    """The alternative of `anyOf` that has the same `name` as the value."""
    if not isinstance(raw, Mapping) or "anyOf" not in node:
        return node
    names = {choice["properties"]["name"]["const"]: choice for choice in node["anyOf"]}
    return {**node, **names.get(raw.get("name"), node["anyOf"][0])}


def _value(raw: Any, location: Iterable[Any]) -> Any:
    for part in location:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            return None
    return raw


def shown(value: object) -> str:
    """A value for a message: one line, however large the value is."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python converts no integer of so many digits to text
        return "an integer of thousands of digits"


def dotted(parts: Iterable[object]) -> str:
    """The key of a value below others, for a message."""
    return ".".join(
        part if isinstance(part, str) and part.isprintable() and len(part) <= LONGEST else shown(part) for part in parts
    )
