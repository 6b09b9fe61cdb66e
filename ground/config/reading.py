"""From a file's bytes to its dataclass, or to every mistake of it at once."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ground.config.rules import (
    INT64_MAX,
    Key,
    Rule,
    is_number,
    item_of,
    keys_of,
    made,
    shown,
    tables_of,
    unpacked,
    words,
)
from ground.config.wording import ConfigErrors, Line, line
from ground.text import N_

T = TypeVar("T")
Values = Mapping[str, Any]
Also = Callable[[Values, Values], Iterator[Line]]
"""Of the tables and keys that are as they should be, by name, and the whole document: lines for
what does not go together."""
NESTED = N_("is not a configuration: values nested too deeply")
_WRONG = object()


def load_document(path: Path) -> dict[str, Any]:
    """The file's values before they are judged. Raises ``ConfigErrors``."""
    try:
        return document_of(path.read_bytes(), str(path))
    except OSError as error:
        reason = line(N_("cannot be read: {reason}"), reason=error.strerror)
        raise ConfigErrors(str(path), [reason]) from None


def document_of(data: bytes, source: str) -> dict[str, Any]:
    """TOML's values. Raises ``ConfigErrors`` with line and column of what is none."""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        place = _place(data[: error.start].decode("utf-8-sig", "replace"))
        broken = line(N_("is not UTF-8 text ({place})"), place=place)
    except RecursionError:
        broken = line(NESTED)
    except ValueError as error:  # tomllib's own is one
        end = f"at the end: {_place(data.decode('utf-8-sig'))}"
        said = str(error).replace("at end of document", end)
        broken = line(N_("is not TOML: {reason}"), reason=said)
    raise ConfigErrors(source, [broken])


def _place(before: str) -> str:
    last_line = before.rsplit("\n", 1)[-1]
    return f"line {before.count(chr(10)) + 1}, column {len(last_line) + 1}"


def read(
    type_: type[T],
    document: Values,
    source: str,
    *,
    also: Also | None = None,
    closed: Collection[str] | None = None,
) -> T:
    """``document`` as ``type_``. Raises ``ConfigErrors`` with all that is wrong.

    ``closed``: the tables in which an unknown key is a mistake; None: everywhere. The others are
    read by somebody else, too, who knows keys that we do not.
    """
    good, lines = judged(type_, document, also=also, closed=closed)
    if lines:
        raise ConfigErrors(source, lines)
    return type_(**good)


def judged(
    type_: type,
    document: Values,
    *,
    also: Also | None = None,
    closed: Collection[str] | None = None,
) -> tuple[dict[str, Any], list[Line]]:
    """The values of ``type_`` that are as they should be, and a line for each mistake."""
    told = [one for path, one in _unknown(type_, type_, document, ()) if _tells(path, closed)]
    lines: list[Line] = []
    good = _values(type_, document, (), lines)
    if also is not None:
        lines += also(good, document)
    return good, [*told, *lines]


def _tells(path: tuple[str, ...], closed: Collection[str] | None) -> bool:
    return closed is None or (len(path) > 1 and path[0] in closed)


def given(document: Values, table: str) -> Values:
    """What the file has below ``[table]``; nothing when that is no table."""
    found = document.get(table)
    return found if isinstance(found, dict) else {}


def key_paths(type_: type) -> list[tuple[str, ...]]:
    """Every key path of a configuration, tables before what is in them."""
    return [path for path, _ in tables_of(type_)]


# ---- values ------------------------------------------------------------------------------------


def _values(type_: Any, table: Values, path: tuple[str, ...], lines: list[Line]) -> dict[str, Any]:
    """The good values of a table; a line for each that is not, or is missing."""
    good: dict[str, Any] = {}
    keys = keys_of(type_)
    for name, key in keys.items():
        if table.get(name) is not None:  # JSON's null, from one process of ours to another
            value = _value(key.type, key.rule, table[name], (*path, name), lines)
            if value is not _WRONG:
                good[name] = value
        elif key.required:
            lines += _missing(key, (*path, name))
    lines += _crossed(keys, type_, table, path)
    return good


def _value(
    hint: Any, rule: Rule, value: Any, path: tuple[str | int, ...], lines: list[Line]
) -> Any:
    """What ``value`` is made to, or ``_WRONG`` and a line."""
    if is_table(hint):
        if not isinstance(value, dict):
            lines.append(_wrong(hint, rule, value, path))
            return _WRONG
        before = len(lines)
        good = _values(hint, value, path, lines)  # type: ignore[arg-type]
        return hint(**good) if len(lines) == before else _WRONG
    item = item_of(hint)
    if item is not None:
        return _list(hint, item, rule, value, path, lines)
    try:
        return made(hint, rule, value)
    except ValueError:
        lines.append(_wrong(hint, rule, value, path))
        return _WRONG


def is_table(hint: Any) -> bool:
    return hasattr(hint, "__dataclass_fields__")


def _list(
    hint: Any, item: Any, rule: Rule, value: Any, path: tuple[str | int, ...], lines: list[Line]
) -> Any:
    twice = (
        rule.once
        and isinstance(value, list)
        and any(one in value[:place] for place, one in enumerate(value))
    )
    if not isinstance(value, list) or len(value) < (rule.least or 0) or twice:
        lines.append(_wrong(hint, rule, value, path))
        return _WRONG
    of_item = unpacked(item)
    items = [_value(*of_item, one, (*path, place), lines) for place, one in enumerate(value)]
    return _WRONG if any(one is _WRONG for one in items) else tuple(items)


def _crossed(
    keys: Mapping[str, Key], type_: Any, table: Values, path: tuple[str, ...]
) -> Iterator[Line]:
    """No ``…_min`` is above its ``…_max``."""
    for name in keys:
        most = name.removesuffix("_min") + "_max"
        if name.endswith("_min") and most in keys and (name in table or most in table):
            low, high = (table.get(key, getattr(type_, key, None)) for key in (name, most))
            if is_number(low) and is_number(high) and low > high:
                yield line(
                    N_("{key}: must be at most {other}, {high} (was {given})"),
                    key=key_name((*path, name)),
                    other=most,
                    high=high,
                    given=low,
                )


# ---- words -------------------------------------------------------------------------------------


def _wrong(hint: Any, rule: Rule, value: Any, path: tuple[str | int, ...]) -> Line:
    key, allowed = key_name(path), words(hint, rule)
    if value == "":
        return line(N_("{key}: fill in: must be {rule}"), key=key, rule=allowed)
    if rule.secret:
        return line(N_("{key}: must be {rule}"), key=key, rule=allowed)
    return line(
        N_("{key}: must be {rule} (was {given})"), key=key, rule=allowed, given=_given(value)
    )


def _given(value: Any) -> str | Line:
    if isinstance(value, dict):
        return line(N_("a table"))
    if isinstance(value, int) and abs(value) > INT64_MAX:
        return line(N_("an integer beyond 64 bits"))
    return shown(value)


def _missing(key: Key, path: tuple[str, ...]) -> Iterator[Line]:
    """A missing table names its keys."""
    if key.is_table:
        for one in keys_of(key.type).values():
            if one.required:
                yield from _missing(one, (*path, one.name))
    else:
        allowed = words(key.type, key.rule)
        yield line(N_("{key}: is missing: must be {rule}"), key=key_name(path), rule=allowed)


def _unknown(
    root: Any, type_: Any, table: Values, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Line]]:
    """A line for each key that means nothing, with the key that was probably meant."""
    known = keys_of(type_)
    for name, value in table.items():
        here = (*path, name)
        if name not in known:
            yield here, _meant(name, path, known, root)
        elif known[name].is_table and isinstance(value, dict):
            yield from _unknown(root, known[name].type, value, here)


def _meant(name: str, path: tuple[str, ...], known: Mapping[str, Key], root: Any) -> Line:
    key = key_name((*path, name))
    if meant := near(name, known):
        other = key_name((*path, meant))
        return line(N_("{key}: unknown key; did you mean {other}?"), key=key, other=other)
    elsewhere = [key_name(place) for place in key_paths(root) if place[-1] == name]
    if elsewhere:
        return line(
            N_("{key}: unknown key; {name} belongs at {places}"),
            key=key,
            name=name,
            places=tuple(elsewhere),
        )
    return line(N_("{key}: unknown key; known here: {names}"), key=key, names=tuple(known))


def near(name: str, known: Collection[str]) -> str | None:
    """The one of ``known`` that was probably meant."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def key_name(path: tuple[str | int, ...]) -> str:
    """``policy.capture.finger_order[1]``."""
    name = ""
    for part in path:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            bare = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part)
            name += f".{bare}" if name else bare
    return name
