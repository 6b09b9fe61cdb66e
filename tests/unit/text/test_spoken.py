"""Nothing is said to a person around the catalog.

Who speaks to people is a call: ``print``, an exception's advice, a label. A text written out where
one of them takes it, without a mark, would be English for everybody; no extraction sees it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = ("controller", "edge", "ground", "monitor", "plan", "tram")
SPEAKERS: dict[str, tuple[int | str, ...]] = {
    "print": (0, 1, 2, 3),
    "echo": (0,),
    "HTTPException": (1, "detail"),
    "PlainTextResponse": (0, "content"),
    "HTMLResponse": (0, "content"),
    "BadParameter": (0,),
    "Tag": (1,),
    "tag": tuple(range(1, 20)),
    "card": (0,),
    "number": (0, "small"),
    "button": (0,),
    "link": (0,),
    "notify": (0,),
    "upload": ("label",),
    "Field": (1,),
    "tell": (0,),
}
"""By name of the call: which of its arguments a person reads."""
ADVICE: tuple[int | str, ...] = (1, "advice")
"""Of everything that comes from ``TramError``."""
WORD = re.compile(r"[A-Za-z]{3,}")
IN_NO_LANGUAGE = {
    "console": "tram station says to the program that started it where the console is",
    "ready": "tram station says to the program that started it that it is up",
    "web {}": "the region's pages say to the program that started them that they are up",
    "acknowledged={} missing={}": "tram demo sums up for scripts",
    "Content Too Large": "HTTP's own words, for programs",
    "Forbidden": "HTTP's own words, for programs",
    "cafile {}\ncertfile {}\nkeyfile {}": "lines of mosquitto.conf",
    '[uplink]\ncommand_key = "{}"': "lines of station.toml",
    "G12,THPT Sông Lô 12A,2026-11-22,07:30,40": "a line of a schedule",
    "CSV": "a format",
    "JSON": "a format",
    "system": "stands where a file would be named, before the system's own words",
    "Enter": "what stands on the key",
    "tram: unforeseen: {} at {}": "the line for those who look after the program",
    "{}, frame {} ms, checks {} ms, quality {}": "said by tram station --check (details.FORMS)",
}
"""Texts that are the same for every reader, and why."""


@cache
def trees() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"))
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if not path.name.endswith("_pb2.py")
    }


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@cache
def errors_that_advise() -> set[str]:
    """``TramError`` and its descendants, by name."""
    bases = {
        node.name: {name_of(base) for base in node.bases}
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"TramError"}
    while more := {name for name, of in bases.items() if of & found} - found:
        found |= more
    return found


def spoken(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of everything written out where a person is spoken to."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            read = ADVICE if name_of(call.func) in errors_that_advise() else ()
            read = SPEAKERS.get(name_of(call.func), read)
            given = dict[int | str | None, ast.expr](enumerate(call.args))
            given |= {keyword.arg: keyword.value for keyword in call.keywords}
            for place in read:
                if place in given:
                    yield from literals(given[place])


def literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Texts in ``node`` that no call looks up: strings, and f-strings with {} for their values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        yield node.lineno, "".join(map(str, parts))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from literals(part.value)
    elif not isinstance(node, ast.Call | ast.Subscript):  # arguments and keys are not said here
        for child in ast.iter_child_nodes(node):
            yield from literals(child)


@cache
def unmarked() -> dict[str, str]:
    """Text to where it stands."""
    return {
        told: f"{path}:{line}"
        for path, tree in trees().items()
        for line, told in spoken(tree)
        if WORD.search(told)
    }


def test_nobody_is_told_what_is_in_no_catalog() -> None:
    assert {told: at for told, at in unmarked().items() if told not in IN_NO_LANGUAGE} == {}
    assert IN_NO_LANGUAGE.keys() <= unmarked().keys()


@pytest.mark.parametrize(
    "source",
    [
        'print("Sign in first.")',
        'typer.echo(f"{count} people", err=True)',
        'raise HTTPException(404, "Not there.")',
        'raise InputError("log", "Do this.")',
        'raise InputError("log", advice="Do this.")',
        'raise InputError("log", "Do this." if one else N_("Or that."))',
        'Tag("p", "Nobody is waiting.", "quiet")',
        'tag("p", tag("b", "!"), "Nobody is waiting.", class_="quiet")',
        'page.button("Call next", act)',
    ],
)
def test_what_goes_around_the_catalog_is_found(source: str) -> None:
    assert [told for _, told in spoken(ast.parse(source)) if WORD.search(told)]


@pytest.mark.parametrize(
    "source",
    [
        'print(text(language, "Sign in first."))',
        'typer.echo(f"{said(NOBODY)}: {len(people)}")',
        'raise InputError("only the log reads this", N_("Do this."), key="value")',
        'Tag("p", page.say("Nobody is waiting."), "quiet soft")',
        'tag("p", reader.say("Nobody is waiting."), class_="quiet soft")',
        'page.button(WORDS["call"], act)',
    ],
)
def test_what_goes_through_it_is_none_of_that(source: str) -> None:
    assert [told for _, told in spoken(ast.parse(source)) if WORD.search(told)] == []
