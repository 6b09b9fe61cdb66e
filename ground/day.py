"""A calendar day as a number, yyyymmdd: as tables, the journal and facts keep it.

Never a birth date: those know unknown parts (``controller/identity/birth.py``).
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo

_WRITTEN = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)|(?P<d2>\d\d?)[/.-](?P<m2>\d\d?)[/.-](?P<y2>\d{4})",
    re.ASCII,
)


def number_of(day: date) -> int:
    """20261129."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day of a number. Raises ``ValueError`` when there is no such day."""
    return date(number // 10_000, number // 100 % 100, number % 100)


def read(written: str) -> date:
    """Of “2026-11-22” or “22/11/2026”, as a Vietnamese spreadsheet turns it round when it saves.
    Raises ``ValueError`` for anything else."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise ValueError("no day")
    year, month, day = (found[part] or found[f"{part}2"] for part in ("y", "m", "d"))
    return date(int(year), int(month), int(day))


def before(number: int) -> int:
    """The day before. Raises ``ValueError`` when there is no such day."""
    return number_of(day_of(number) - timedelta(days=1))


def local_day(at_ms: int, zone: tzinfo) -> date:
    """The day that ``at_ms`` (ms UTC) is in."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date()


def start_ms(day: date, zone: tzinfo) -> int:
    """Its midnight, ms UTC."""
    return round(datetime.combine(day, time(), zone).timestamp() * 1000)


def shown(number: int) -> str:
    """As people write it: 29/11/2026. Also of a number that is no day."""
    return f"{short(number)}/{number // 10_000}"


def short(number: int) -> str:
    """A day of these weeks: 29/11."""
    return f"{number % 100:02d}/{number // 100 % 100:02d}"


def iso(number: int) -> str:
    """2026-11-29."""
    return f"{number // 10_000:04d}-{number // 100 % 100:02d}-{number % 100:02d}"
