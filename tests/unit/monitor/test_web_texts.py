"""What the region says of its own: alarms and states have words, numbers and spans are written."""

from __future__ import annotations

from edge.report.orders import MAY
from monitor.watch.rules import Kind
from monitor.web import orders, words
from monitor.web.picture import State
from monitor.web.reader import Reader


def test_everything_that_can_happen_has_words() -> None:
    assert words.KINDS.keys() == set(Kind)
    assert words.STATES.keys() == words.SIGNS.keys() == set(State)
    assert orders.LASTS_S.keys() == MAY.keys()


def test_numbers_and_spans_are_written_as_each_language_does() -> None:
    vi, en = Reader("vi"), Reader("en")
    assert (vi.count(1234.5, 1), en.count(1234.5, 1)) == ("1.234,5", "1,234.5")
    assert [en.span(ms * 1000) for ms in (5, 300, 7500, 93_600)] == [
        "5 s",
        "5 min",
        "2 h 05",
        "1 d 2 h",
    ]
    assert vi.span(7_500_000) == "2 giờ 05"
    assert en.percent(0.999) == "99 %"
