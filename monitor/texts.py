"""Texts of the region, its pages and its log, in Vietnamese and English, from gettext catalogs.

As at the booth: message ids are plain English with ``{name}`` fields, marked where they are
written with ``N_("…")`` or said with ``reader.say("…")``. Catalogs are read from the ``.po`` files
directly.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from edge.catalogs import N_ as N_
from edge.catalogs import read_catalog

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
LOCALE = Path(__file__).parent / "locale"


@cache
def catalog(language: Language) -> dict[str, str]:
    """All translations of a language: message id -> text. Missing ones are absent."""
    return read_catalog(LOCALE / language / "LC_MESSAGES" / "monitor.po")


def text(language: Language, message: str, **params: object) -> str:
    """``message`` in ``language``; the English id itself where the catalog lacks it."""
    translated = catalog(language).get(message, message)
    return translated.format(**params) if params else translated
