"""A bounded queue: one source cannot fill it, and places are kept for who is known."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from ground.serve.places import FULL, STILL, Busy, Places, mark_of, source_of
from ground.text import LANGUAGES


def test_one_source_has_one_place_and_leaves_it_when_done() -> None:
    places = Places(8, of_one=1, kept=0)
    with places.of("10.0.0.1"), pytest.raises(Busy) as refused, places.of("10.0.0.1"):
        pass
    assert refused.value.advice == STILL
    with places.of("10.0.0.1"), places.of("10.0.0.2"):
        pass


def test_a_try_that_fails_leaves_its_place_too() -> None:
    places = Places(1, of_one=1, kept=0)
    with pytest.raises(ZeroDivisionError), places.of("10.0.0.1"):
        1 / 0  # noqa: B018
    with places.of("10.0.0.1"):
        pass


def test_strangers_fill_all_but_what_is_kept_for_who_has_signed_in_before() -> None:
    places = Places(8, of_one=1, kept=3)
    places.knows("192.168.4.2")
    with ExitStack() as held:
        for n in range(5):
            held.enter_context(places.of(f"10.0.0.{n}"))
        with pytest.raises(Busy) as refused, places.of("10.0.0.9"):
            pass
        assert refused.value.advice == FULL
        held.enter_context(places.of("192.168.4.2"))


def test_who_is_told_to_try_again_reads_it_in_their_language() -> None:
    for message in (FULL, STILL):
        assert len({Busy("", message).told(language) for language in LANGUAGES}) == 2


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.168.4.9", "192.168.4.9"),
        ("::ffff:192.168.4.9", "192.168.4.9"),
        ("2001:db8::1:2:3:4", "2001:0db8:0000:0000"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
        ("::1", "0000:0000:0000:0000"),
        ("testclient", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_source_is_an_address_or_the_half_of_one_that_is_given_out(
    host: str | None, source: str
) -> None:
    assert source_of(host) == source


def test_a_journal_has_sixteen_digits_for_it() -> None:
    assert mark_of("192.168.4.9") == "00000000c0a80409"
    assert mark_of("2001:0db8:0000:0001") == "20010db800000001"
    assert mark_of("") is None
