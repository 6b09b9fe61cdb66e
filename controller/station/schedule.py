"""The schedule of groups: school classes and agencies that come at a set time, from a CSV file.

The campaign scheduled 79 agencies and nearly 6,000 people in one province alone; the file comes
out of a spreadsheet, so every cell is judged and every bad line named with its reason.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime

import msgspec

from controller.views import Message
from edge.journal import events as e
from ground.day import number_of
from ground.decode import Malformed, convert
from ground.error import InputError
from ground.text import N_

COLUMNS = ("group", "name", "day", "time", "people")
MOST_PEOPLE = 9_999
LINES_SHOWN = 20
"""Bad lines that are told of at once."""
LINE = N_("line {line}: {reason}")
MORE = N_("and {count} more")


class BadLine(Exception):
    """The reason, a message id."""


def parse_groups(text: str, today: int) -> tuple[list[e.GroupScheduled], dict[str, str]]:
    """CSV with header ``group,name,day,time,people`` → events and names by group id.

    Raises InputError with every bad line and its reason; then nothing is imported. Days before
    ``today`` (yyyymmdd) are bad.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=None), strict=True)
    groups: list[e.GroupScheduled] = []
    names: dict[str, str] = {}
    bad: list[Message] = []
    try:
        if sorted(rows.fieldnames or ()) != sorted(COLUMNS):
            raise InputError(
                "group schedule: header", N_("The first line must be: group,name,day,time,people")
            )
        for row in rows:
            try:
                group = _group(row, today)
                if group.group in names:
                    raise BadLine(N_("this group stands in another line already"))
            except BadLine as reason:
                bad.append(Message(LINE, {"line": rows.line_num, "reason": str(reason)}))
                continue
            groups.append(group)
            names[group.group] = row["name"].strip()
    except csv.Error:
        at = rows.reader.line_num  # DictReader's own has not come so far
        bad.append(
            Message(LINE, {"line": at, "reason": N_("it is no CSV; check its quotation marks")})
        )
    if bad:
        more = (Message(MORE, {"count": len(bad) - LINES_SHOWN}),) if bad[LINES_SHOWN:] else ()
        raise InputError(
            f"group schedule: {len(bad)} bad lines",
            N_("Nothing was imported. Correct these lines: {lines}"),
            lines=(*bad[:LINES_SHOWN], *more),
        )
    if not groups:
        raise InputError(
            "group schedule: empty", N_("The file has no line with a group. Choose another file.")
        )
    return groups, names


def _group(row: dict[str, str], today: int) -> e.GroupScheduled:
    """One line of the schedule, or BadLine."""
    cells = [row[column] for column in COLUMNS]
    if None in row or None in cells:  # DictReader's way to tell of surplus and lacking cells
        raise BadLine(N_("it must have five cells, like the first line"))
    group, _, day, at, people = (cell.strip() for cell in cells)
    try:
        on = datetime.strptime(day, "%Y-%m-%d").date()
    except ValueError:
        raise BadLine(N_("a day is written like 2026-11-22")) from None
    try:
        begins = datetime.strptime(at, "%H:%M").time()
    except ValueError:
        raise BadLine(N_("a time is written like 07:30")) from None
    as_number = number_of(on)
    if as_number < today:
        raise BadLine(N_("this day is over"))
    if not (people.isdecimal() and 1 <= int(people) <= MOST_PEOPLE):
        raise BadLine(N_("a group has from 1 to 9999 people"))
    scheduled = e.GroupScheduled(group, as_number, begins.hour * 60 + begins.minute, int(people))
    try:  # what the journal would not take is the line's fault, not the station's
        convert(msgspec.to_builtins(scheduled), e.AnyBody)
    except Malformed as error:
        if error.place == "$.day":
            raise BadLine(N_("a day is written like 2026-11-22")) from None
        raise BadLine(N_("a group is written like G12")) from None
    return scheduled
