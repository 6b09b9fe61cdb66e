"""Every text that a person can read is English in the source and Vietnamese in the catalogs."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from ground.text import LOCALE, Language, languages_of, text
from tram.cli import whole
from tram.help_texts import texts

ROOT = Path(__file__).parents[3]
ROOMS = ("controller", "edge", "ground", "monitor", "plan", "tram")
KEYWORDS = {"N_": None, "P_": (1, 2), "say": None, "complain": None}
"""``N_("…")`` and ``P_("…", "…")`` anywhere, ``page.say("…")`` on screens, templates among them."""
SPELLED = "(nam, nữ)"
"""What a column of the extract may hold, quoted in English, too."""
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
FILES = sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))


@cache
def written() -> dict[tuple[str, ...], list[str]]:
    """Message ids in the source, with the form for many where they count, and where they stand."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for room in ROOMS:
        for file, line, message, _, _ in extract_from_dir(
            ROOT / room, method_map=METHODS, keywords=KEYWORDS
        ):
            forms = (message,) if isinstance(message, str) else tuple(message)
            found[forms].append(f"{room}/{file}:{line}")
    return found


def forms_of(one_or_more: object) -> tuple[str, ...]:
    """Of Babel's entry: a string, or a tuple of strings where it counts."""
    return (one_or_more,) if isinstance(one_or_more, str) else tuple(one_or_more)  # type: ignore[arg-type]


@cache
def catalogs() -> tuple[Catalog, ...]:
    read = []
    for path in FILES:
        with path.open("rb") as file:
            read.append(read_po(file, abort_invalid=True))
    return tuple(read)


@cache
def helped() -> set[tuple[str, ...]]:
    """What ``--help`` of every command says; ids without a mark in the source."""
    return {(one,) for one in texts(whole())}


def said() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Forms of each id to those of its translation."""
    return {
        forms_of(m.id): forms_of(m.string)
        for one in catalogs()
        for m in one
        if m.id and all(forms_of(m.string)) and not m.fuzzy
    }


def fields(message: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def test_extraction_sees_marks_in_every_room_that_speaks_to_people() -> None:
    places = {place for where in written().values() for place in where}
    assert {place.split("/")[0] for place in places} == set(ROOMS)
    parts = {place.split("/")[1].split(":")[0] for place in places}
    assert {"console", "station", "vault", "papers", "portrait", "identity", "roster"} <= parts
    assert {"web", "store"} <= parts


def test_no_text_is_missing() -> None:
    missing = {id: where[0] for id, where in written().items() if id not in said()}
    assert missing == {}


def test_no_command_helps_in_english_only() -> None:
    assert len(helped()) > 100, "the walk sees every command"
    assert helped() - said().keys() == set()


def test_no_text_is_left_over() -> None:
    assert said().keys() - written().keys() - helped() == set()
    assert not any(one.obsolete for one in catalogs())


def test_there_is_no_catalog_but_the_vietnamese_one() -> None:
    """Ids are English: a catalog of it could only say something else (it once spoke Vietnamese)."""
    assert {path.parts[-3] for path in FILES} == {"vi"}
    assert sorted(ROOT.glob("[!.]*/**/*.po")) == FILES


def test_english_is_english() -> None:
    """No id has a Vietnamese letter, so none of what English readers see has one."""
    foreign = {
        form: where[0]
        for forms, where in written().items()
        for form in forms
        for n in ((1, 2) if len(forms) > 1 else (None,))
        if any(_vietnamese(c) for c in _english(forms[0], n).replace(SPELLED, ""))
    }
    assert foreign == {}


def _english(id: str, n: int | None) -> str:
    """What is shown of ``id``, its fields but ``n`` left standing."""
    if n is None:
        return text("en", id)
    return text("en", id, n=n, **{str(name): "…" for name in fields(id) - {"n"}})


def _vietnamese(letter: str) -> bool:
    """Of the Latin alphabet, yet not of English: ă, đ, ế …"""
    return not letter.isascii() and letter.isalpha()


def test_translations_have_the_same_fields_as_their_ids() -> None:
    differing = {
        id: vi
        for id, vi in said().items()
        if {frozenset(fields(form)) for form in id} != {frozenset(fields(form)) for form in vi}
    }
    assert differing == {}


COUNTED = re.compile(
    r"\{\w+\} (?:(?:more|last|open|wrong|new|sealed) )*"
    r"(second|minute|hour|day|week|year|shift|dossier|ticket|person|people|packet|group|hamlet|place"
    r"|booth|desk|set|account|alarm|device|fact|journal|row|line|column|cell|field|file|byte|letter"
    r"|character|digit|error|fault|try|tries|time|passphrase)s?\b"
)
"""A number and what it counts: in English one of them is called otherwise than two."""


def test_no_number_stands_before_what_it_counts_without_its_plural() -> None:
    """But where it is never one: how many people share a number, and figures of the program."""
    many = {
        "{count} people have this number. Search by name and birth date instead.",
        "{port}: scan of {bytes} bytes received",
        "Longer than {limit} letters.",
        "The passphrase is too short. Use at least {count} characters.",
        "one line of text of {least} to {most} characters",
        "A password needs {least} characters or more. Choose a longer one.",
        "Password, {n} characters or more",
        "online during open hours, {n} days",
        "{code} sends the last {n} lines of its log.",
        "Sealed on each of {n} days, the quickest first",
        "No booth closed a day in the last {n} days. A day is closed by the first work of the "
        "next.",
        "{wanted} open files are needed for each process, the system allows {allowed}. Raise the "
        "limit (ulimit -Hn), or take more --processes.",
    }
    left = {
        forms[0]: where[0]
        for forms, where in written().items()
        if len(forms) == 1 and COUNTED.search(forms[0]) and forms[0] not in many
    }
    assert left == {}
    assert {(one,) for one in many} <= written().keys()


def test_what_counts_counts_by_n() -> None:
    assert {forms for forms in written() if len(forms) > 1 and "n" not in fields(forms[0])} == set()


def test_vietnamese_is_not_english_left_standing() -> None:
    same = {id for id, vi in said().items() if id == vi}
    assert same <= {("CCCD",), ("QR",), ("{early} – {late}",)}


def test_vietnamese_letters_are_composed_as_people_type_them() -> None:
    """A decomposed letter looks the same and finds nothing."""
    for id, vi in said().items():
        assert all(unicodedata.is_normalized("NFC", form) for form in vi), id


def test_a_text_comes_out_in_the_language_asked_for_with_its_fields_filled() -> None:
    assert text("vi", "Desk {number}", number=2) == "Bàn 2"
    assert text("en", "Desk {number}", number=2) == "Desk 2"


@pytest.mark.parametrize(
    ("n", "english", "vietnamese"),
    [
        (0, "0 packets", "0 gói"),
        (1, "1 packet", "1 gói"),
        ("1", "1 packet", "1 gói"),
        (2, "2 packets", "2 gói"),
        ("1,204", "1,204 packets", "1,204 gói"),
    ],
)
def test_english_tells_one_from_many(n: object, english: str, vietnamese: str) -> None:
    assert text("en", "{n} packet", n=n) == english
    assert text("vi", "{n} packet", n=n) == vietnamese


@pytest.mark.parametrize(
    ("environment", "languages"),
    [
        ({"LANG": "vi_VN.UTF-8"}, ("vi",)),
        ({"LANG": "en_GB.UTF-8"}, ("en",)),
        ({"LANG": "de_DE"}, ("en",)),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "vi_VN"}, ("vi",)),
        ({"LANG": "vi_VN", "LC_ALL": "en_US@euro"}, ("en",)),
        ({"LANG": "vi_VN", "LC_ALL": ""}, ("vi",)),
        ({"LANG": "C.UTF-8"}, ("en", "vi")),
        ({"LC_ALL": "POSIX"}, ("en", "vi")),
        ({}, ("en", "vi")),
    ],
)
def test_the_machine_s_locale_says_who_reads(
    environment: dict[str, str], languages: tuple[Language, ...]
) -> None:
    assert languages_of(environment) == languages
