"""Texts of the region, its pages and its log, in Vietnamese and English, from gettext catalogs.

As at the booth: message ids are plain English with ``{name}`` fields, marked where they are
written with ``N_("…")`` or said with ``reader.say("…")``. Catalogs are read from the ``.po`` files
directly.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from babel.messages.pofile import read_po

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")


def N_(message: str) -> str:  # noqa: N802  (the gettext convention)
    """Mark ``message`` for extraction; returns it unchanged."""
    return message


@cache
def catalog(language: Language) -> dict[str, str]:
    """All translations of a language: message id -> text. Missing ones are absent."""
    path = files("monitor") / "locale" / language / "LC_MESSAGES" / "monitor.po"
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}


def text(language: Language, message: str, **params: object) -> str:
    """``message`` in ``language``; the English id itself where the catalog lacks it."""
    translated = catalog(language).get(message, message)
    return translated.format(**params) if params else translated
