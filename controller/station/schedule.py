"""The schedule of groups: school classes and agencies that come at a set time, from a CSV file.

The campaign scheduled 79 agencies and nearly 6,000 people in one province alone; the file comes
out of a spreadsheet, in English or Vietnamese, so every cell is judged and every bad line named
with its reason.

======  ==================================  =============================================
column  also called                         content
======  ==================================  =============================================
group   mã đoàn, đoàn                       G and one to four digits
name    tên đoàn, cơ quan, đơn vị, trường   for the desk and the board of groups
day     ngày, ngày hẹn                      2026-11-22 or 22/11/2026
time    giờ, giờ hẹn                        07:30 or 7h30
people  số người, số lượng, sĩ số           1 to 9999
======  ==================================  =============================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from controller.views import Message
from edge.journal import events as e
from ground.day import number_of
from ground.day import read as read_day
from ground.decode import Malformed, convert
from ground.error import InputError
from ground.rows import Header, Sheet
from ground.text import N_

COLUMNS = {
    "group": ("mã đoàn", "đoàn", "mã"),
    "name": ("tên đoàn", "tên", "cơ quan", "đơn vị", "tên đơn vị", "trường"),
    "day": ("ngày", "ngày hẹn"),
    "time": ("giờ", "giờ hẹn"),
    "people": ("số người", "số lượng", "sĩ số"),
}
MOST_PEOPLE = 9_999
LINES_SHOWN = 20
"""Bad lines that are listed at once."""
LINE = N_("line {line}: {reason}")
MORE = N_("and {count} more")
_TIMES = re.compile(r"(\d\d?)(?::|[hH])(\d\d)(?::00)?", re.ASCII)
"""Excel writes seconds to a time that it knows as one."""


class BadLine(Exception):
    """The reason, a message id."""


@dataclass(frozen=True)
class Schedule:
    """``names`` by group id; ``header`` tells what was recognised."""

    groups: tuple[e.GroupScheduled, ...]
    names: dict[str, str]
    header: Header


def parse_groups(text: str, today: int) -> Schedule:
    """The schedule of a CSV text: comma, semicolon or tab, its columns in any order.

    Raises InputError with every bad line and its reason; then nothing is imported. Days before
    ``today`` (yyyymmdd) are bad.
    """
    sheet = Sheet.of(text, COLUMNS)
    header = sheet.header
    if header.missing:
        raise InputError(
            "group schedule: header",
            N_(
                "The first line must name the columns group, name, day, time and people; these "
                "are missing: {columns}. Nothing was imported."
            ),
            columns=", ".join(header.missing),
        )
    groups: list[e.GroupScheduled] = []
    names: dict[str, str] = {}
    bad: list[Message] = []
    for line, row in sheet:
        try:
            if isinstance(row, str):
                raise BadLine(row)
            group = _group(row, today)
            if group.group in names:
                raise BadLine(N_("this group is already in another line"))
        except BadLine as reason:
            bad.append(Message(LINE, {"line": line, "reason": str(reason)}))
            continue
        groups.append(group)
        names[group.group] = " ".join(row["name"].split())
    if bad:
        more = (Message(MORE, {"count": len(bad) - LINES_SHOWN}),) if bad[LINES_SHOWN:] else ()
        raise InputError(
            f"group schedule: {len(bad)} bad lines",
            N_("Nothing was imported. Correct these lines: {lines}"),
            lines=(*bad[:LINES_SHOWN], *more),
        )
    if not groups:
        raise InputError(
            "group schedule: empty", N_("There is no group in the file. Choose another file.")
        )
    return Schedule(tuple(groups), names, header)


def _group(row: Mapping[str, str], today: int) -> e.GroupScheduled:
    """One line of the schedule, or BadLine."""
    group, day, at, people = (row[name].strip() for name in ("group", "day", "time", "people"))
    as_number, minute = number_of(_day(day)), _minute(at)
    if as_number < today:
        raise BadLine(N_("this day is over"))
    if not (people.isdecimal() and 1 <= int(people) <= MOST_PEOPLE):
        raise BadLine(N_("a group has from 1 to 9999 people"))
    scheduled = e.GroupScheduled(group, as_number, minute, int(people))
    try:  # what the journal would not take is the line's fault, not the station's
        convert(msgspec.to_builtins(scheduled), e.AnyBody)
    except Malformed as error:
        if error.place == "$.day":
            raise BadLine(A_DAY) from None
        raise BadLine(N_("a group is written like G12")) from None
    return scheduled


A_DAY = N_("a day is written like 2026-11-22 or 22/11/2026")


def _day(written: str) -> date:
    try:
        return read_day(written)
    except ValueError:
        raise BadLine(A_DAY) from None


def _minute(written: str) -> int:
    """Of the day."""
    found = _TIMES.fullmatch(written)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise BadLine(N_("a time is written like 07:30"))
    return int(found[1]) * 60 + int(found[2])
