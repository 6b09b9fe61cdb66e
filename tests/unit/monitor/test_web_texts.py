"""Every text of the region's pages is in both languages, and says the same there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from edge.journal.terms import AbandonReason, Device, FaultCode, ReferralReason, RefusalReason
from edge.report.orders import MAY
from monitor.texts import LANGUAGES, Language
from monitor.watch.rules import Kind
from monitor.web import orders, telling, words
from monitor.web.picture import State
from monitor.web.reader import Reader

ROOM = Path(__file__).parents[3] / "monitor"


@cache
def written() -> dict[str, str]:
    """Message ids in the source and where one stands."""
    keywords = {"N_": None, "say": None}
    rows = extract_from_dir(ROOM, method_map=[("**.py", "python")], keywords=keywords)
    return {str(message): f"{file}:{line}" for file, line, message, _, _ in rows}


@cache
def catalog(language: Language) -> Catalog:
    with (ROOM / "locale" / language / "LC_MESSAGES" / "monitor.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def fields(message: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_and_none_is_left_over(language: Language) -> None:
    known = {m.id for m in catalog(language) if m.id and m.string and not m.fuzzy}
    assert {id: where for id, where in written().items() if id not in known} == {}
    assert known - written().keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_same_fields_as_their_ids(language: Language) -> None:
    for message in catalog(language):
        if message.id:
            assert fields(str(message.id)) == fields(str(message.string)), message.id


def test_vietnamese_is_not_english_left_standing() -> None:
    assert {m.id for m in catalog("vi") if m.id and m.id == m.string} == {"{early} – {late}"}


def test_everything_that_can_happen_has_words() -> None:
    assert words.KINDS.keys() == set(Kind)
    assert words.DEVICES.keys() == set(Device)
    assert words.FAULTS.keys() == set(FaultCode)
    assert words.STATES.keys() == words.SIGNS.keys() == set(State)
    reasons = {*ReferralReason, *RefusalReason, *AbandonReason}
    assert telling.REASONS.keys() == {reason.value for reason in reasons}
    assert orders.LASTS_S.keys() == MAY.keys()
    assert len(orders.NAMES) == len(MAY)


def test_numbers_and_spans_are_written_as_each_language_does() -> None:
    vi, en = Reader("vi"), Reader("en")
    assert (vi.count(1234.5, 1), en.count(1234.5, 1)) == ("1.234,5", "1,234.5")
    assert [en.span(ms * 1000) for ms in (5, 300, 7500, 93_600)] == [
        "5 s", "5 min", "2 h 05", "1 d 2 h",
    ]  # fmt: skip
    assert vi.span(7_500_000) == "2 giờ 05"
    assert en.percent(0.999) == "99 %"
