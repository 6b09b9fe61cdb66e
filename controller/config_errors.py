"""Says what is wrong with a configuration, in lines a technician can act on.

pydantic finds the errors; the words come from the file's JSON Schema, so that every line holds the
whole rule of its key (``console.port: must be a whole number from 0 to 65535 (was "http")``), not
just the part of it that was broken first.
"""

from __future__ import annotations

import datetime
import difflib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

from ground.error import InputError
from ground.text import N_

KeyPath: TypeAlias = tuple[str | int, ...]
Schema: TypeAlias = Mapping[str, Any]

_SHOWN_CHARS = 60
_INT64_MAX = 2**63 - 1
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ConfigErrors(InputError):
    """All errors of a configuration; ``lines`` has one for each."""

    def __init__(self, source: str, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)
        listing = "\n".join(f"  {line}" for line in self.lines)
        super().__init__(
            f"{source} has {len(self.lines)} error(s):\n{listing}",
            N_("The configuration {source} has errors. Correct them and start again:\n{listing}"),
            source=source,
            listing=listing,
        )


def broken_toml(data: bytes, error: ValueError | RecursionError) -> str:
    """One line for a file that is not TOML, with line and column where Python's parser has them."""
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 text ({_place(data[: error.start].decode('utf-8-sig', 'replace'))})"
    if isinstance(error, RecursionError):
        return "is not a configuration: values nested too deeply"
    end = _place(data.decode("utf-8-sig"))
    return f"is not TOML: {error}".replace("(at end of document)", f"(at the end: {end})")


def _place(before: str) -> str:
    last_line = before.rsplit("\n", 1)[-1]
    return f"line {before.count(chr(10)) + 1}, column {len(last_line) + 1}"


def as_json(document: Mapping[str, Any]) -> bytes:
    """The document for strict validation. What no key allows (dates, nan, control characters,
    integers beyond TOML's 64 bits) becomes null, which no key allows either.
    """
    return json.dumps(_fit(document)).encode()


def _fit(value: Any) -> Any:
    match value:
        case dict():
            return {key: _fit(item) for key, item in value.items()}
        case list():
            return [_fit(item) for item in value]
        case float() if not math.isfinite(value):
            return None
        case str() if _CONTROL.search(value):
            return None
        case int() if abs(value) > _INT64_MAX:
            return None
        case datetime.date() | datetime.time():  # datetime is a date
            return None
    return value


def complaint(
    path: KeyPath, kind: str, document: Mapping[str, Any], schema: Schema
) -> Iterator[str]:
    """Lines for one pydantic error: its ``loc`` and ``type``. A missing table names its keys."""
    rule = _at(schema, path)
    if kind != "missing" and _value(document, path) == "":
        yield f"{_name(path)}: fill in: must be {_rule(rule, schema)}"
    elif kind != "missing":
        yield f"{_name(path)}: must be {_rule(rule, schema)} (was {_shown(_value(document, path))})"
    elif "properties" in rule:
        for key in rule.get("required", ()):
            yield from complaint((*path, key), kind, document, schema)
    else:
        yield f"{_name(path)}: is missing: must be {_rule(rule, schema)}"


def unknown_keys(document: Mapping[str, Any], schema: Schema, path: KeyPath = ()) -> Iterator[str]:
    """A line for each key that means nothing, with the key that was probably meant."""
    known = _at(schema, path).get("properties", {})
    for key, value in document.items():
        if key not in known:
            yield f"{_name((*path, key))}: unknown key{_meant(key, path, known, schema)}"
        elif isinstance(value, dict):
            yield from unknown_keys(value, schema, (*path, key))


def out_of_range(document: Mapping[str, Any], schema: Schema, path: KeyPath) -> Iterator[str]:
    """Lines for what pydantic does not check in the plain dataclasses below ``path``: limits of
    numbers and lists, and that no ``…_min`` is above its ``…_max``.
    """
    table = _value(document, path)
    if not isinstance(table, dict):
        return
    rules = {key: _at(schema, (*path, key)) for key in _at(schema, path).get("properties", {})}
    for key, value in table.items():
        rule = rules.get(key, {})
        if not _within(value, rule):
            yield from complaint((*path, key), "limit", document, schema)
        yield from out_of_range(document, schema, (*path, key))
    for key in rules:
        most = key.removesuffix("_min") + "_max"
        if key.endswith("_min") and most in rules:
            low, high = (table.get(name, rules[name]["default"]) for name in (key, most))
            if _is_number(low) and _is_number(high) and low > high:
                yield f"{_name((*path, key))}: must be at most {most}, {high} (was {low})"


def _within(value: Any, rule: Schema) -> bool:
    """Values of a wrong type are within: pydantic reports those."""
    if _is_number(value):
        low, high = rule.get("minimum", -math.inf), rule.get("maximum", math.inf)
        return abs(value) > _INT64_MAX or bool(low <= value <= high)
    if isinstance(value, list) and rule.get("type") == "array":
        doubled = any(item in value[:place] for place, item in enumerate(value))
        return len(value) >= rule.get("minItems", 0) and not (doubled and "uniqueItems" in rule)
    return True


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _meant(key: str, path: KeyPath, known: Mapping[str, Any], schema: Schema) -> str:
    if near := difflib.get_close_matches(key, known, n=1):
        return f"; did you mean {_name((*path, near[0]))}?"
    elsewhere = [_name(place) for place in _places(schema) if place[-1] == key]
    if elsewhere:
        return f"; {key} belongs at {' or '.join(elsewhere)}"
    return f"; known here: {', '.join(known)}"


def _places(schema: Schema, path: KeyPath = ()) -> Iterator[KeyPath]:
    for key in _at(schema, path).get("properties", {}):
        yield (*path, key)
        yield from _places(schema, (*path, key))


def _at(schema: Schema, path: KeyPath) -> Schema:
    """The rule at a key path, references resolved."""
    node = _resolved(schema, schema)
    for part in path:
        if isinstance(part, int):
            items = node.get("prefixItems", ())
            node = items[part] if part < len(items) else node.get("items", {})
        else:
            node = node.get("properties", {}).get(part, {})
        node = _resolved(node, schema)
    return node


def _resolved(node: Schema, schema: Schema) -> Schema:
    while "$ref" in node:
        target: Any = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{key: node[key] for key in node if key != "$ref"}}
    return node


def _rule(rule: Schema, schema: Schema) -> str:
    match rule:
        case {"type": "object"}:
            return "a table"
        case {"enum": values}:
            return "one of " + ", ".join(_shown(value) for value in values)
        case {"const": value}:
            return _shown(value)
        case {"type": "array"}:
            items = _resolved(rule.get("items", {}), schema)
            least = f" of at least {rule['minItems']}" if "minItems" in rule else ""
            once = ", none twice" if "uniqueItems" in rule else ""
            return f"a list{least}, each {_rule(items, schema)}{once}"
        case {"description": str(words)}:
            return words
        case {"type": "boolean"}:
            return "true or false"
        case {"type": "integer"}:
            return "a whole number" + _range(rule)
        case {"type": "number"}:
            return "a number" + _range(rule)
        case {"type": "string", "maxLength": most}:
            return f"one line of text of {rule.get('minLength', 0)} to {most} characters"
    return "one line of text"


def _range(rule: Schema) -> str:
    low, high = rule.get("minimum"), rule.get("maximum")
    if low is not None and high is not None:
        return f" from {low:g} to {high:.15g}"
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    words = [f"{sign} {rule[name]:.15g}" for name, sign in limits.items() if name in rule]
    return " " + " and ".join(words) if words else ""


def _value(document: Any, path: KeyPath) -> Any:
    """What stands at a key path; None where nothing does."""
    for part in path:
        document = document.get(part) if isinstance(document, dict) else document[part]
    return document


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "a table"
        case str() | bool():
            shown = json.dumps(value, ensure_ascii=False)
        case int() if abs(value) > _INT64_MAX:
            return "an integer beyond 64 bits"
        case _:
            shown = str(value)
    return shown if len(shown) <= _SHOWN_CHARS else shown[:_SHOWN_CHARS] + "…"


def _name(path: KeyPath) -> str:
    name = ""
    for part in path:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            bare = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part)
            name += f".{bare}" if name else bare
    return name
