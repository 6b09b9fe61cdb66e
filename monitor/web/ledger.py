"""The ledger: that no figure is missing, booth by booth, or which ones are."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from ground.text import P_
from monitor.store import days, fleet
from monitor.store.days import Day, DaySum
from monitor.store.fleet import Book
from monitor.web import cards
from monitor.web.cards import card, number, table
from monitor.web.days import days as days_card
from monitor.web.days import first_day
from monitor.web.house import House
from monitor.web.live import Clock
from monitor.web.markup import Child, Markup, tag
from monitor.web.page import Page
from monitor.web.reader import Reader
from monitor.web.shell import Visit

GAPS_MAX = 40
"""Booths whose missing numbers are looked up; more than these are a case for the export."""
ROWS_MAX = 400


@dataclass(frozen=True)
class Ledger:
    now: int
    books: Sequence[Book]
    gaps: Mapping[tuple[str, str], Sequence[tuple[int, int]]]
    days: Sequence[DaySum]
    amiss: Sequence[Day]


def read(engine: Engine, clock: Clock, branch: str) -> Ledger:
    now = clock()
    with engine.connect() as connection:
        books = fleet.books(connection, branch)
        lacking = [book for book in books if book.missing > 0][:GAPS_MAX]
        gaps = {(b.station, b.epoch): fleet.gaps(connection, b) for b in lacking}
        last = days.sums(connection, branch, first_day(now))
        amiss = days.amiss(connection, branch)
    return Ledger(now, sorted(books, key=_worst_first), gaps, last, amiss)


def _worst_first(book: Book) -> tuple[bool, bool, bool, str]:
    return book.quarrel is None, book.missing == 0, book.coming == 0, book.station


def page(house: House, visit: Visit, path: str) -> Page[Ledger]:
    if path:
        raise LookupError(path)
    return Page(
        lambda _: visit.reader.say("Ledger"),
        functools.partial(read, house.engine, house.clock, visit.account.branch),
        {
            "head": lambda m: head(visit, m),
            "days": lambda m: days_card(visit.reader, m.days, m.amiss),
            "rows": lambda m: rows(visit, m),
        },
        every_s=5.0,
    )


def head(visit: Visit, model: Ledger) -> Markup:
    """The region in one sentence."""
    reader, books = visit.reader, model.books
    missing = sum(book.missing for book in books)
    held = sum(book.held for book in books)
    coming = sum(book.coming for book in books)
    quarrels = sum(book.quarrel is not None for book in books)
    booths = len({book.station for book in books})
    if missing or quarrels:
        look, sign = "bad", "!"
        said = reader.say(
            "{facts}, {journals}. The booths are asked to send again; call about those that stay "
            "in this list.",
            facts=reader.say(
                P_("{n} fact is missing", "{n} facts are missing"), n=reader.count(missing)
            ),
            journals=reader.say(
                P_("{n} journal does not agree", "{n} journals do not agree"),
                n=reader.count(quarrels),
            ),
        )
    else:
        look, sign = "good", "✓"
        said = reader.say(
            "Missing: 0. Every fact that the booths sent is here without a gap, and the chain of "
            "each journal agrees."
        )
    figures = tag(
        "div",
        number(reader.say("facts held"), reader.count(held)),
        number(reader.say("missing"), reader.count(missing), "bad" if missing else "good"),
        number(
            reader.say("on the way"),
            reader.count(coming),
            small=reader.say("announced, kept at the booth until it connects"),
        ),
        number(
            reader.say("journals that disagree"),
            reader.count(quarrels),
            "bad" if quarrels else "good",
        ),
        number(reader.say("booths"), reader.count(booths)),
        class_="figures broad",
    )
    title = tag("header", tag("h1", reader.say("Ledger")), class_="page-head")
    verdict = tag("p", tag("b", sign), tag("span", said), class_=f"verdict {look}", role="status")
    return tag("section", title, tag("div", verdict, figures, class_="card"))


def rows(visit: Visit, model: Ledger) -> Markup:
    """Journals, those with something amiss first."""
    reader = visit.reader
    drawn = [_row(reader, model, book) for book in model.books[:ROWS_MAX]]
    head = (
        reader.say("Booth"),
        reader.say("Name"),
        reader.say("Journal"),
        reader.say("Without a gap"),
        reader.say("Held"),
        reader.say("Told of"),
        reader.say("On the way"),
        reader.say("Missing"),
        reader.say("Chain"),
    )
    rest = len(model.books) - ROWS_MAX
    note = (
        tag(
            "p", reader.say("… and {n} more, all in the file.", n=reader.count(rest)), class_="soft"
        )
        if rest > 0
        else None
    )
    more = cards.exports(reader, "ledger")
    return card(reader.say("Journals"), table(head, drawn, (3, 4, 5, 6, 7)), note, more=more)


def _row(reader: Reader, model: Ledger, book: Book) -> list[Child]:
    gaps = model.gaps.get((book.station, book.epoch), ())
    which = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in gaps[:6])
    lacking = (
        tag("b", f"{reader.count(book.missing)}: {which}", class_="bad")
        if book.missing
        else tag("b", "0", class_="good")
    )
    if book.quarrel is not None:
        chain: Markup = tag("span", "! ", book.quarrel, class_="bad")
    else:
        chain = tag("span", "✓ ", tag("code", book.chain[:8]), class_="good", title=book.chain)
    return [
        tag("a", book.station, href=f"/booth/{book.station}"),
        tag("span", book.name, class_="whole"),
        tag("code", book.epoch),
        f"1–{reader.count(book.through)}",
        reader.count(book.held),
        reader.count(book.total),
        reader.count(book.coming),
        lacking,
        chain,
    ]
