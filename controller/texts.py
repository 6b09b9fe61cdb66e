"""Texts for people, in Vietnamese and English, from gettext catalogs.

Message ids are plain English sentences with ``{name}`` fields. Mark one where it is written with
``N_("Move closer")`` (so that extraction finds it) and translate it where it is shown with
``text("vi", "Move closer")``. Catalogs are read from the ``.po`` files directly: no build step.
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
    return read_catalog(LOCALE / language / "LC_MESSAGES" / "tram.po")


def text(language: Language, message: str, **params: object) -> str:
    """``message`` in ``language``; the English id itself where the catalog lacks it."""
    translated = catalog(language).get(message, message)
    return translated.format(**params) if params else translated
