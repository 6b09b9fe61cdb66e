"""An alarm's numbers for people: how long, how full, how many, as they were when it began."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ground.text import P_
from monitor.watch.rules import Kind
from monitor.web.reader import Reader

Detail = Mapping[str, Any]
MINUTE_MS = 60_000


def measure(reader: Reader, kind: str, detail: Detail) -> str:
    """ "31 people wait", "212 MB free"; "" where there is nothing to count."""
    said = MEASURES.get(kind)
    if said is None:
        return ""
    try:
        return said(reader, detail)
    except (KeyError, TypeError, ValueError):  # written by another version
        return ""


def _still(reader: Reader, told: Detail) -> str:
    span = reader.span(told["minutes"] * MINUTE_MS)
    return reader.say(
        P_("{span} without progress, {n} person waits", "{span} without progress, {n} people wait"),
        span=span,
        n=told["waiting"],
    )


def _queue(reader: Reader, told: Detail) -> str:
    return reader.say(P_("{n} person waits", "{n} people wait"), n=reader.count(told["waiting"]))


def _wait(reader: Reader, told: Detail) -> str:
    return reader.say("the longest for {span}", span=reader.span(told["minutes"] * MINUTE_MS))


def _idle(reader: Reader, told: Detail) -> str:
    span = reader.span(told["seconds"] * 1000)
    return reader.say(
        P_(
            "{span} of the last half hour, {n} person waits",
            "{span} of the last half hour, {n} people wait",
        ),
        span=span,
        n=told["waiting"],
    )


def _behind(reader: Reader, told: Detail) -> str:
    done, due = reader.count(told["done"]), reader.count(told["due"])
    target = reader.count(told["target"])
    return reader.say(
        "{done} done of {due} due by then; {target} a day", done=done, due=due, target=target
    )


def _missing(reader: Reader, told: Detail) -> str:
    return reader.say(P_("{n} fact", "{n} facts"), n=reader.count(told["facts"]))


def _offset(reader: Reader, told: Detail) -> str:
    return f"{reader.count(told['offset_ms'] / 1000, 1)} s"


def _disk(reader: Reader, told: Detail) -> str:
    return reader.say("{n} MB free", n=reader.count(told["free_mb"]))


def _heat(reader: Reader, told: Detail) -> str:
    return f"{reader.count(told['celsius'])} °C"


def _supply(reader: Reader, told: Detail) -> str:
    return f"{reader.count(told['millivolt'] / 1000, 1)} V"


def _packets(reader: Reader, told: Detail) -> str:
    return reader.say(P_("{n} packet", "{n} packets"), n=reader.count(told["packets"]))


def _outage(reader: Reader, told: Detail) -> str:
    silent, booths = reader.count(told["silent"]), reader.count(told["booths"])
    if told.get("why") == "nothing_heard":
        return reader.say("no booth is heard at all: check the broker and the workers first")
    return reader.say(
        P_("{silent} of {n} booth", "{silent} of {n} booths"), silent=silent, n=booths
    )


MEASURES: dict[str, Callable[[Reader, Detail], str]] = {
    Kind.OUTAGE: _outage,
    Kind.STANDS_STILL: _still,
    Kind.QUARREL: lambda _, told: str(told["quarrel"]),
    Kind.QUEUE: _queue,
    Kind.WAIT: _wait,
    Kind.IDLE: _idle,
    Kind.BEHIND: _behind,
    Kind.MISSING: _missing,
    Kind.CLOCK_OFFSET: _offset,
    Kind.DISK: _disk,
    Kind.HOST_HOT: _heat,
    Kind.BOOTH_HOT: _heat,
    Kind.SUPPLY: _supply,
    Kind.PACKETS: _packets,
}
"""By kind. Those that are not here have nothing to count (``UNCOUNTED``)."""
UNCOUNTED = frozenset({Kind.OFFLINE, Kind.DEVICE, Kind.LID, Kind.LOCKED_OUT, Kind.CLOCK_UNTRUSTED})
"""Silence and age are beside every alarm; a device's fault is in its name."""
