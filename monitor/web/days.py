"""Days on the ledger's page: what the booths counted beside what the region holds of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ground.day import number_of, shown
from ground.hours import local_day
from ground.text import N_, P_
from monitor.store.days import Day, DaySum
from monitor.web import cards
from monitor.web.cards import card, table
from monitor.web.markup import Child, Markup, tag
from monitor.web.reader import Reader

DAYS = 14
"""So many of the last days are in the table; those that differ are all named."""
DISAGREE = P_(
    "{n} day does not agree. Call the booth: its technician compares the journal.",
    "{n} days do not agree. Call the booth: its technician compares the journal.",
)
NAMES = (N_("facts"), N_("sealed"), N_("referred"), N_("refused"), N_("abandoned"))
"""Of the fields of ``Counts``."""


def first_day(now: int) -> int:
    """The oldest day in the table, yyyymmdd."""
    return number_of(local_day(now) - timedelta(days=DAYS))


def days(reader: Reader, sums: Sequence[DaySum], amiss: Sequence[Day]) -> Markup:
    """The last days of the branch, and all days of its booths that do not agree."""
    if not sums:
        none = reader.say(
            "No booth closed a day in the last {n} days. A day is closed by the first work of the "
            "next.",
            n=DAYS,
        )
        return card(reader.say("Days"), tag("p", none, class_="soft"))
    if amiss:
        said = reader.say(
            DISAGREE,
            n=reader.count(len(amiss)),
        )
        verdict = tag("p", tag("b", "!"), tag("span", said), class_="verdict bad", role="status")
    else:
        said = reader.say("For every day that a booth closed, the counts agree.")
        verdict = tag("p", tag("b", "✓"), tag("span", said), class_="verdict good", role="status")
    head = (
        reader.say("Day"),
        reader.say("Booths"),
        reader.say("Facts counted by the booths"),
        reader.say("Facts held"),
        reader.say("Sealed, as the booths counted"),
        reader.say("Sealed, as held"),
        reader.say("Booths that differ"),
    )
    summed = table(head, [_sum(reader, one) for one in sums], (1, 2, 3, 4, 5, 6))
    differing = (reader.say("Booth"), reader.say("Day"), reader.say("What differs"))
    wrong = table(differing, [_wrong(reader, one) for one in amiss]) if amiss else None
    more = cards.exports(reader, "closings")
    return card(reader.say("Days"), verdict, wrong, summed, more=more)


def _sum(reader: Reader, one: DaySum) -> list[Child]:
    look = "bad" if one.amiss else "good"
    return [
        _day(one.day),
        reader.count(one.booths),
        reader.count(one.said_facts),
        reader.count(one.held_facts),
        reader.count(one.said_sealed),
        reader.count(one.held_sealed),
        tag("b", reader.count(one.amiss), class_=look),
    ]


def _wrong(reader: Reader, one: Day) -> list[Child]:
    differ = [
        reader.say(
            "{what}: {theirs} at the booth, {ours} here",
            what=reader.say(name),
            theirs=reader.count(theirs),
            ours=reader.count(ours),
        )
        for name, theirs, ours in zip(NAMES, one.said, one.held, strict=True)
        if theirs != ours
    ]
    if not differ:
        differ = [reader.say("the day's last journal row")]
    return [
        tag("a", one.station, href=f"/booth/{one.station}"),
        _day(one.day),
        tag("span", "! ", "; ".join(differ), class_="bad"),
    ]


def _day(number: int) -> str:
    """As the reader's other days: also one that is in no calendar, which a booth may have sent."""
    return shown(number)
