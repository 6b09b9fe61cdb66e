"""Birth dates as papers have them: often only a year, sometimes a day that never was.

Old registers recorded many births by year alone. Such people must correct their data first
(FACTS, Bạc Liêu), so an incomplete or impossible date has to be held as it stands, not refused.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from ground.error import InputError
from ground.text import N_

OLDEST_YEAR = 1900
"""First year that an identity number can express (century digit 0)."""
_LEAP_YEAR = 2000  # stands in for an unknown year: 29 February may have been


class BirthDate(msgspec.Struct, frozen=True, order=True):
    """Day, month, year as written; 0 = unknown. Values may be impossible (31 February)."""

    year: int = 0
    month: int = 0
    day: int = 0

    def __repr__(self) -> str:
        return "BirthDate(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    @property
    def stated(self) -> bool:
        """Anything known at all."""
        return bool(self.year or self.month or self.day)

    @property
    def complete(self) -> bool:
        return bool(self.year and self.month and self.day)

    def impossible(self, today: date) -> bool:
        """True when no calendar has this date, or nobody alive on ``today`` was born on it."""
        if self.year and not OLDEST_YEAR <= self.year <= today.year:
            return True
        if self.month > 12 or self.day > 31:
            return True
        if self.month and self.day > monthrange(self.year or _LEAP_YEAR, self.month)[1]:
            return True
        return self.complete and self.calendar() > today

    def calendar(self) -> date:
        """As a calendar date. ValueError when incomplete or impossible."""
        return date(self.year, self.month, self.day)

    def birthday(self, age: int) -> date:
        """The day on which that age is reached. Born on 29 February: 1 March of common years,
        when the full years have passed (Civil Code 2015, Art. 148: a term ends with its last day).
        """
        born = self.calendar()
        try:
            return born.replace(year=born.year + age)
        except ValueError:
            return date(born.year + age, 3, 1)

    def text(self) -> str:
        """As Vietnamese papers write it: ``02/09/1945``, ``09/1945``, ``1945`` or empty."""
        if not self.stated:
            return ""
        if not self.day and not self.month:
            return f"{self.year:04d}"
        if not self.day:
            return f"{self.month:02d}/{self.year:04d}"
        return f"{self.day:02d}/{self.month:02d}/{self.year:04d}"


_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?P<d>\d{1,2})[/.\-](?P<m>\d{1,2})[/.\-](?P<y>\d{4})",
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        r"(?P<d>\d{2})(?P<m>\d{2})(?P<y>\d{4})",
        r"(?P<m>\d{1,2})[/.\-](?P<y>\d{4})",
        r"(?P<m>\d{2})(?P<y>\d{4})",
        r"(?P<y>\d{4})",
    )
)


@lru_cache(maxsize=4096)
def _parse(written: str) -> BirthDate | None:
    for shape in _SHAPES:
        if match := shape.fullmatch(written):
            part = match.groupdict(default="0")
            return BirthDate(int(part["y"]), int(part.get("m", 0)), int(part.get("d", 0)))
    return None


def parse_birth(written: str) -> BirthDate:
    """``dd/mm/yyyy``, ``ddmmyyyy``, ``yyyy-mm-dd``, ``mm/yyyy``, ``yyyy`` or empty (unknown).

    Zeros stand for unknown parts. Impossible dates are held as written; judge them with
    ``impossible``. InputError when it is no date in any of these shapes.
    """
    written = written.strip()
    if not written:
        return BirthDate()
    birth = _parse(written) if written.isascii() else None
    if birth is None:
        raise InputError(
            "birth date in no known shape", N_("Write the birth date as day/month/year.")
        )
    return birth
