"""What may stand at a key: a type, and a ``Rule`` beside it where the type does not say enough."""

from __future__ import annotations

import dataclasses
import math
import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from ground.config.wording import Line, line
from ground.text import N_

INT64_MAX = 2**63 - 1
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Rule:
    """``least``, ``most``: of a number, or of the length of a text or list; ``above`` excludes.

    No number of a configuration is negative unless ``least`` says so. ``says``: the rule in words,
    a message id; needed with ``pattern`` and ``made``, which makes the value of what stands in the
    file (ValueError: not allowed). ``once``: no item of a list twice. ``secret``: never quoted.
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    pattern: str | None = None
    says: str = ""
    made: Callable[[Any], Any] | None = None
    once: bool = False
    secret: bool = False


def _absolute(value: Any) -> Path:
    if not isinstance(value, str) or CONTROL.search(value) or not Path(value).is_absolute():
        raise ValueError("not absolute")
    return Path(value)


def _known_zone(name: Any) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError, TypeError) as error:  # a folder; "../x"; not found
        raise ValueError("unknown time zone") from error
    return str(name)


AbsolutePath = Annotated[Path, Rule(made=_absolute, says=N_("an absolute path"))]
Port = Annotated[int, Rule(least=1, most=65_535)]
PortOrAny = Annotated[int, Rule(least=0, most=65_535)]
"""0: one that the system gives."""
TimeZone = Annotated[
    str,
    Rule(made=_known_zone, says=N_('a time zone of the IANA list, such as "Asia/Ho_Chi_Minh"')),
]


@dataclass(frozen=True)
class Key:
    """One key of a table: its type without ``None``, its rule, and whether it must be there."""

    name: str
    type: Any
    rule: Rule
    required: bool

    @property
    def is_table(self) -> bool:
        return dataclasses.is_dataclass(self.type)


def keys_of(table: Any) -> dict[str, Key]:
    """The keys of a frozen dataclass, in its order."""
    hints = get_type_hints(table, include_extras=True)
    keys = {}
    for one in dataclasses.fields(table):
        missing = dataclasses.MISSING
        required = one.default is missing and one.default_factory is missing
        keys[one.name] = Key(one.name, *unpacked(hints[one.name]), required)
    return keys


def unpacked(hint: Any) -> tuple[Any, Rule]:
    """``Annotated[int, Rule(…)] | None`` → ``int``, its rule."""
    rule = Rule()
    while True:
        if get_origin(hint) is Annotated:
            hint, *notes = get_args(hint)
            rule = next((note for note in notes if isinstance(note, Rule)), rule)
        elif get_origin(hint) in (Union, types.UnionType):
            (hint,) = (one for one in get_args(hint) if one is not type(None))
        else:
            return hint, rule


def item_of(hint: Any) -> Any:
    """``tuple[Position, ...]`` → ``Position``; None when it is no list."""
    return get_args(hint)[0] if get_origin(hint) in (tuple, list) else None


def made(hint: Any, rule: Rule, value: Any) -> Any:
    """``value`` as the type has it. Raises ValueError when it is not allowed; no list."""
    if isinstance(value, str) and CONTROL.search(value):
        raise ValueError("control characters")
    if rule.made is not None:
        return rule.made(value)
    if get_origin(hint) is Literal:
        return _one_of(get_args(hint), value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(_one_of([one.value for one in hint], value))
    if hint is bool and isinstance(value, bool):
        return value
    if hint in (int, float) and is_number(value) and not (hint is int and type(value) is float):
        if abs(value) > INT64_MAX or not _within(value, rule):
            raise ValueError("out of range")
        return hint(value)
    if hint in (str, Path) and isinstance(value, str):
        if rule.pattern is not None and not re.fullmatch(rule.pattern, value):
            raise ValueError("another pattern")
        if not _within(len(value), rule) or (hint is Path and not value):
            raise ValueError("another length")
        return hint(value)
    raise ValueError("another type")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _one_of(values: Any, value: Any) -> Any:
    for one in values:
        if type(one) is type(value) and one == value:
            return one
    raise ValueError("none of them")


def _within(value: float, rule: Rule) -> bool:
    if rule.above is not None and value <= rule.above:
        return False
    least = 0 if rule.least is None else rule.least
    return value >= least and (rule.most is None or value <= rule.most)


def words(hint: Any, rule: Rule) -> Line:
    """What is allowed, whole: not only the part that was broken first."""
    if dataclasses.is_dataclass(hint):
        return line(N_("a table"))
    if rule.says:
        return line(rule.says)
    if (item := item_of(hint)) is not None:
        each = words(*unpacked(item))
        if rule.least is not None:
            least = f"{rule.least:g}"
            if rule.once:
                at_least = N_("a list of at least {least}, each {each}, none twice")
                return line(at_least, least=least, each=each)
            return line(N_("a list of at least {least}, each {each}"), least=least, each=each)
        return line(N_("a list, each {each}"), each=each)
    if get_origin(hint) is Literal:
        return line(N_("one of {values}"), values=tuple(map(shown, get_args(hint))))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return line(N_("one of {values}"), values=tuple(shown(one.value) for one in hint))
    if hint is bool:
        return line(N_("true or false"))
    if hint in (int, float):
        return _number(hint, rule)
    if hint is str and rule.most is not None:
        return line(
            N_("one line of text of {least} to {most} characters"),
            least=f"{rule.least or 0:g}",
            most=f"{rule.most:g}",
        )
    return line(N_("the path of a file")) if hint is Path else line(N_("one line of text"))


def _number(hint: Any, rule: Rule) -> Line:
    if rule.above is None and rule.most is not None:
        bounds = {"low": f"{rule.least or 0:g}", "high": f"{rule.most:.15g}"}
        if hint is int:
            return line(N_("a whole number from {low} to {high}"), **bounds)
        return line(N_("a number from {low} to {high}"), **bounds)
    signs = [f"> {rule.above:g}"] if rule.above is not None else [f"≥ {rule.least or 0:g}"]
    if rule.most is None:
        if hint is int:
            return line(N_("a whole number {sign}"), sign=signs[0])
        return line(N_("a number {sign}"), sign=signs[0])
    return line(N_("a number {sign} and ≤ {high}"), sign=signs[0], high=f"{rule.most:.15g}")


def shown(value: Any) -> str:
    """As it stands in the file, cut to a line."""
    match value:
        case bool():
            said = str(value).lower()
        case str():
            said = '"' + value.translate(_ESCAPES) + '"'
        case _:
            said = str(value)
    return said if len(said) <= _SHOWN_CHARS else said[:_SHOWN_CHARS] + "…"


_SHOWN_CHARS = 60
_ESCAPES: Mapping[int, str] = {
    **{code: f"\\u{code:04x}" for code in (*range(32), 127)},
    9: "\\t",
    10: "\\n",
    13: "\\r",
    34: '\\"',
    92: "\\\\",
}


def tables_of(table: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Key]]:
    """Every key below ``table`` with its path, tables before what is in them."""
    for key in keys_of(table).values():
        yield (*path, key.name), key
        if key.is_table:
            yield from tables_of(key.type, (*path, key.name))
