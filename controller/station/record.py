"""A person's data while their dossier is open: in memory, and sealed in the vault."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from controller.identity.card import Card
from controller.identity.person import Person
from controller.identity.rules import Finding
from edge.journal.events import Delivery, IdentitySource
from ground.decode import from_json


class Record(msgspec.Struct):
    """What is known of the person of one dossier. ``repr`` shows nothing."""

    key: str = ""
    """What the keyed digest of the person is made of (``identity.rules.register_key``)."""
    person: Person | None = None
    """Merged and accepted: what goes into the packet."""
    on_roster: Person | None = None
    card: Card | None = None
    typed: Person | None = None
    source: IdentitySource = IdentitySource.TYPED
    delivery: Delivery = Delivery.IN_PERSON
    address: str = ""
    turned_until: str = ""
    """ISO date of a refusal: since when enrolled, or the first day of being old enough."""

    def __repr__(self) -> str:
        return "Record(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class Pending:
    """A finding the operator has not accepted yet. In memory only."""

    __slots__ = ("enrolled_on", "finding", "record")

    def __init__(self, record: Record, finding: Finding, enrolled_on: date | None) -> None:
        self.record = record
        self.finding = finding
        self.enrolled_on = enrolled_on


_decoded = from_json(Record)


def encode(record: Record) -> bytes:
    """JSON for the sealed artefact."""
    return msgspec.json.encode(record)


def decode(data: bytes) -> Record:
    """Raises ``Malformed`` when it is not a record."""
    return _decoded(data)
