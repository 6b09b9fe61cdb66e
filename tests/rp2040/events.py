"""The events that a Pico keeps, fetched by hand."""

from __future__ import annotations

from tests.rp2040.pico import Message, Pico


def kept(pico: Pico) -> list[Message]:
    """All that it tells, in order: [boot, number, kind, age in ms] each. A session must be open."""
    found: list[Message] = []
    cursor: tuple[str, int] = ("", 0)
    while event := pico.say("next", *cursor)[1:]:
        found.append(event)
        cursor = (str(event[0]), int(event[1]))
    return found


def acknowledge(pico: Pico, events: list[Message]) -> None:
    for event in events:
        pico.say("ack", event[0], event[1])
