"""A person as the population database and the papers know them.

Never shown by ``repr`` or ``str``: a stray log line or traceback must not tell who stood in the
booth.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from controller.identity.birth import BirthDate


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"


class Person(msgspec.Struct, frozen=True):
    """``msgspec.json.encode`` makes it JSON.

    number       12-digit CCCD, 9-digit CMND, or "" for somebody without one
    old_number   the number before that (9 or 12 digits), or ""
    name         NFC, family name first
    birth        may be incomplete
    sex          None only in what an operator typed so far
    residence    place of permanent residence as one line
    hamlet       thôn, bản or tổ dân phố, as the lists of who is missing group it
    enrolled_on  ISO date when the database says that they have a chip card already, or ""
    """

    number: str = ""
    old_number: str = ""
    name: str = ""
    birth: BirthDate = BirthDate()
    sex: Sex | None = None
    residence: str = ""
    hamlet: str = ""
    enrolled_on: str = ""

    def __repr__(self) -> str:
        return "Person(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    @property
    def key(self) -> str:
        """What stands for this person in keyed digests: the number, else the old one, else
        name and birth date."""
        return self.number or self.old_number or f"{self.name}|{self.birth.text()}"
