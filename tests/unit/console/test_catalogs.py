"""Every text a person can read is in both languages, and says the same there."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from controller.texts import LANGUAGES, Language, text

ROOT = Path(__file__).parents[3]
ROOMS = ("controller", "edge", "tram")
KEYWORDS = {"N_": None, "say": None}
"""``N_("…")`` anywhere, ``page.say("…")`` on screens."""


@cache
def written() -> dict[str, list[str]]:
    """Message ids in the source and where they stand."""
    found: dict[str, list[str]] = defaultdict(list)
    for room in ROOMS:
        for file, line, message, _, _ in extract_from_dir(
            ROOT / room, method_map=[("**.py", "python")], keywords=KEYWORDS
        ):
            assert isinstance(message, str)
            found[message].append(f"{room}/{file}:{line}")
    return found


@cache
def catalog(language: Language) -> Catalog:
    path = ROOT / "controller" / "locale" / language / "LC_MESSAGES" / "tram.po"
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def fields(message: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def test_extraction_sees_marks_in_every_room_that_speaks_to_people() -> None:
    rooms = {place.split("/")[1].split(":")[0] for where in written().values() for place in where}
    assert {"console", "station", "vault", "papers", "portrait", "identity", "roster"} <= rooms


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing(language: Language) -> None:
    known = {m.id for m in catalog(language) if m.id and m.string and not m.fuzzy}
    missing = {id: where[0] for id, where in written().items() if id not in known}
    assert missing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_over(language: Language) -> None:
    obsolete = {m.id for m in catalog(language) if m.id} - set(written())
    assert obsolete == set()
    assert not catalog(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_same_fields_as_their_ids(language: Language) -> None:
    differing = {
        str(m.id): str(m.string)
        for m in catalog(language)
        if m.id and fields(str(m.id)) != fields(str(m.string))
    }
    assert differing == {}


def test_vietnamese_is_not_english_left_standing() -> None:
    same = {m.id for m in catalog("vi") if m.id and m.id == m.string}
    assert same <= {"CCCD", "QR"}


def test_vietnamese_letters_are_composed_as_people_type_them() -> None:
    """A decomposed letter looks the same and finds nothing."""
    import unicodedata

    for message in catalog("vi"):
        assert unicodedata.is_normalized("NFC", str(message.string)), message.id


def test_a_text_comes_out_in_the_language_asked_for_with_its_fields_filled() -> None:
    assert text("vi", "Desk {number}", number=2) == "Bàn 2"
    assert text("en", "Desk {number}", number=2) == "Desk 2"


def test_english_says_what_the_source_says() -> None:
    """The ids are English already: another text was put into the wrong catalog."""
    differing = {m.id: str(m.string) for m in catalog("en") if m.id and m.string != m.id}
    assert differing == {}
