"""Texts for people, in Vietnamese and English.

Message ids are plain English sentences with ``{name}`` fields: English needs no catalog. Mark one
where it is written with ``N_("Move closer")`` (so that extraction finds it) and say it where it is
shown with ``text("vi", "Move closer")``. One that counts is marked with both its English forms,
``P_("{n} booth", "{n} booths")``, and ``n`` chooses between them. The words of enumerations are in
``words``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from ground.text.catalog import Catalog, joined

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
LOCALE = Path(__file__).parent / "locale"


def N_(message: str) -> str:  # noqa: N802  (the gettext convention)
    """Mark ``message`` for extraction; returns it unchanged."""
    return message


def P_(one: str, many: str) -> str:  # noqa: N802  (beside N_)
    """Mark both forms of a message that counts ``n``; the first is its id."""
    return one


@cache
def catalog() -> Catalog:
    """The Vietnamese of every message of ours, and which of them count."""
    return joined(sorted((LOCALE / "vi" / "LC_MESSAGES").glob("*.po")))


def text(language: Language, message: str, **params: object) -> str:
    """``message`` in ``language``; the English id itself where the catalog lacks it."""
    if language == "vi":
        said = catalog().texts.get(message, message)
    elif str(params.get("n", 1)) != "1":
        said = catalog().plurals.get(message, message)
    else:
        said = message
    return said.format(**params) if params else said


def languages_of(environment: Mapping[str, str]) -> tuple[Language, ...]:
    """Which languages the machine's locale asks for, by POSIX's order of its variables.

    A locale that names no language (``C``, as of a unit without ``LANG``) leaves it open who
    reads: then both. Any other language reads English.
    https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap08.html
    """
    named = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "C")
    language = named.partition(".")[0].partition("@")[0].partition("_")[0]
    if language in ("C", "POSIX"):
        return ("en", "vi")
    return ("vi",) if language == "vi" else ("en",)
