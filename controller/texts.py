"""Texts for people, in Vietnamese and English, from gettext catalogs.

Message ids are plain English sentences with ``{name}`` fields. Mark one where it is written with
``N_("Move closer")`` (so that extraction finds it) and translate it where it is shown with
``text("vi", "Move closer")``. Catalogs are read from the ``.po`` files directly: no build step.
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
    path = files("controller") / "locale" / language / "LC_MESSAGES" / "tram.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}


def text(language: Language, message: str, **params: object) -> str:
    """``message`` in ``language``; the English id itself where the catalog lacks it."""
    translated = catalog(language).get(message, message)
    return translated.format(**params) if params else translated
