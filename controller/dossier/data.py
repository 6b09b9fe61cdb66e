"""``data.json`` of a packet: what was captured of the person, and how.

``Data`` is what every packet says; each stage adds keys of its own, a ``Part`` (``Stage.part``).
The bytes are UTF-8 without spaces, the keys in the order of the structs, the stages' in the order
in which the booth takes them, ``capture_class`` last. What may change within a version and what
makes a new one stands in ``docs/schema/README.md``; ``vault/schema.py`` checks and publishes.

Descriptions are written where the schema takes them from, so that whoever writes a reader from the
schema alone reads them too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from controller.identity.birth import BirthDate
from controller.identity.card import Card
from controller.identity.person import Person, Sex
from edge.journal.events import (
    Contradiction,
    Delivery,
    DossierId,
    IdentitySource,
    RosterOutcome,
)

SCHEMA: Literal[1] = 1
"""Version of ``data.json``. The manifest's is ``packet.SCHEMA``: each has its own."""

StationCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}[0-9]{4}\Z")]
Moment = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]
"""UTC to the second (RFC 3339)."""
Date = Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?\Z")]
"""ISO 8601, or "" where there is none."""
Number = Annotated[str, Meta(pattern=r"^([0-9]{9}|[0-9]{12})?\Z")]
"""12 digits of a CCCD, 9 of a CMND, or "" where there is none (``identity/number.py``)."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of ``data.json``. Every key is always there: nothing has a default. ``repr`` shows
    nothing, because most of it is personal data."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class BirthData(Part, frozen=True):
    """A birth date as papers have it: old registers know but the year, or a day that no calendar
    has. People with such a date are referred to the commune before capture."""

    year: Annotated[int, Meta(ge=0, le=9999, description="0: not known")]
    month: Annotated[int, Meta(ge=0, le=99, description="0: not known")]
    day: Annotated[int, Meta(ge=0, le=99, description="0: not known")]

    @classmethod
    def of(cls, birth: BirthDate) -> BirthData:
        return cls(birth.year, birth.month, birth.day)


class PersonData(Part, frozen=True):
    """A person as the population database and the papers know them."""

    number: Annotated[
        Number,
        Meta(
            description="Number of the identity card: 12 digits (CCCD: Decree 137/2015/NĐ-CP Art. "
            '13, Circular 59/2021/TT-BCA) or 9 (CMND); "" for somebody without one'
        ),
    ]
    old_number: Annotated[Number, Meta(description='The number before that, or ""')]
    name: Annotated[str, Meta(description="Unicode NFC, family name first")]
    birth: BirthData
    sex: Annotated[Sex | None, Meta(description="null where neither papers nor database say it")]
    residence: Annotated[str, Meta(description="Place of permanent residence in one line")]
    hamlet: Annotated[str, Meta(description='Thôn, bản or tổ dân phố, or ""')]
    enrolled_on: Annotated[
        Date, Meta(description='When the database says that they got a chip card, or ""')
    ]

    @classmethod
    def of(cls, person: Person) -> PersonData:
        return cls(
            number=person.number,
            old_number=person.old_number,
            name=person.name,
            birth=BirthData.of(person.birth),
            sex=person.sex,
            residence=person.residence,
            hamlet=person.hamlet,
            enrolled_on=person.enrolled_on,
        )


class CardData(Part, frozen=True):
    """The QR code of the CCCD card, field by field."""

    number: Annotated[Number, Meta(description="12 digits")]
    old_number: Annotated[Number, Meta(description='The CMND number, or ""')]
    name: Annotated[str, Meta(description="Unicode NFC, family name first")]
    birth: BirthData
    sex: Sex
    residence: str
    issued: Annotated[Date, Meta(description='When the card was issued, or ""')]
    rest: Annotated[
        tuple[str, ...],
        Meta(
            description="Further fields of cards since July 2024, whose meaning is not published: "
            "as they were read"
        ),
    ]

    @classmethod
    def of(cls, card: Card) -> CardData:
        return cls(
            number=card.number,
            old_number=card.old_number,
            name=card.name,
            birth=BirthData.of(card.birth),
            sex=card.sex,
            residence=card.residence,
            issued=card.issued,
            rest=card.rest,
        )


class DeliveryData(Part, frozen=True):
    """How the person gets the new card."""

    how: Delivery
    address: Annotated[str, Meta(description='Where the post brings it; "" when it is collected')]


class Data(Part, frozen=True):
    """What was captured of one person at one booth, and how. Each stage of the line adds keys of
    its own to these."""

    schema: Annotated[Literal[1], Meta(description="Version of data.json")]
    dossier: Annotated[
        DossierId,
        Meta(
            description="Station code, running number, Luhn check digit over the digits of both "
            "(ISO/IEC 7812-1 Annex B)"
        ),
    ]
    station: Annotated[StationCode, Meta(description="Code of the booth")]
    region: Annotated[str, Meta(description="Path of the booth's place, such as vn/thanh-hoa")]
    captured: Annotated[Moment, Meta(description="When the person confirmed, UTC")]
    person: Annotated[
        PersonData,
        Meta(description="Whose dossier it is: today's papers, completed from the database"),
    ]
    on_roster: Annotated[
        PersonData | None,
        Meta(description="Their row of the population database (the booth's extract of it)"),
    ]
    card: Annotated[CardData | None, Meta(description="The card, where one was scanned")]
    source: Annotated[IdentitySource, Meta(description="Where the identity was read from")]
    outcome: Annotated[
        RosterOutcome, Meta(description="Circular 60/2021/TT-BCA Art. 5: against the database")
    ]
    contradictions: Annotated[
        tuple[Contradiction, ...],
        Meta(description="What the operator was shown and accepted before capture"),
    ]
    delivery: DeliveryData
    capture_class: Annotated[
        str,
        Meta(description='What the finger images are good for; "none" without a finger scanner'),
    ]


def encode(data: Data, parts: Iterable[Part]) -> bytes:
    """``data.json`` of ``data`` and what the stages add to it, in their order."""
    whole = asdict(data)
    last = whole.pop("capture_class")
    for part in parts:
        whole |= asdict(part)
    return msgspec.json.encode(whole | {"capture_class": last})
