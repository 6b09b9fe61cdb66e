"""Every value of every enumeration of the vocabulary has words, and no word is left over."""

from __future__ import annotations

from enum import StrEnum

import msgspec
import pytest

from edge.journal import terms as t
from edge.report.orders import MAY
from ground.text import text, words

TABLES: list[tuple[dict[str, str], list[type[StrEnum]]]] = [
    (words.DEVICES, [t.Device]),
    (words.FAULTS, [t.FaultCode]),
    (words.KINDS, [t.TicketKind]),
    (words.PAPERS, [t.Paper]),
    (words.ROSTER, [t.RosterOutcome]),
    (words.SOURCES, [t.IdentitySource]),
    (words.CONTRADICTIONS, [t.Contradiction]),
    (words.REFERRALS, [t.ReferralReason]),
    (words.REFUSALS, [t.RefusalReason]),
    (words.ABANDONS, [t.AbandonReason]),
    (words.REASONS, [t.ReferralReason, t.RefusalReason, t.AbandonReason]),
    (words.FORCED, [t.ForcedReason]),
    (words.MISSING, [t.MissingReason]),
    (words.POSITIONS, [t.Position]),
    (words.DELIVERIES, [t.Delivery]),
    (words.COMMAND_OUTCOMES, [t.CommandOutcome]),
]


@pytest.mark.parametrize(("table", "enumerations"), TABLES)
def test_every_value_has_words(table: dict[str, str], enumerations: list[type[StrEnum]]) -> None:
    assert set(table) == {value.value for one in enumerations for value in one}


def test_every_order_of_the_region_has_words() -> None:
    tags = {msgspec.inspect.type_info(order).tag for order in MAY}  # type: ignore[attr-defined]
    assert set(words.ORDERS) == tags


@pytest.mark.parametrize(
    ("word", "said"),
    [("Card scanner", "card scanner"), ("Đã niêm phong", "đã niêm phong"), ("QR code", "QR code")],
)
def test_a_label_in_a_sentence_begins_small(word: str, said: str) -> None:
    assert words.within(word) == said


def test_a_word_is_said_in_both_languages() -> None:
    assert text("en", words.FAULTS["hung"]) == "stuck"
    assert text("vi", words.FAULTS["hung"]) == "bị treo"
