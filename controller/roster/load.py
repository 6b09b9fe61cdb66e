"""The population extract as CSV: read whole or not at all.

A spreadsheet's file as ``ground.rows`` reads it; columns in any order. ``number``, ``name``,
``birth``, ``sex`` must be there.

=============  =========================  =====================================================
column         also called                content
=============  =========================  =====================================================
number         số cccd, số định danh      12-digit CCCD or 9-digit CMND; empty: has none yet
old_number     số cmnd, số cũ             number before that, 9 or 12 digits, or empty
name           họ và tên, họ tên          full name, family name first
birth          ngày sinh                  dd/mm/yyyy, yyyy-mm-dd, mm/yyyy, yyyy or empty
sex            giới tính                  male/female, nam/nữ
residence      nơi thường trú, địa chỉ    permanent residence in one line
hamlet         thôn, tổ dân phố           for the lists of who is still missing
enrolled_on    ngày cấp                   day of enrolment if they have a chip card
=============  =========================  =====================================================

More titles are in ``COLUMNS``. Incomplete and impossible birth dates are let in: the person must be
found to be referred.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from controller.identity.birth import BirthDate, parse_birth
from controller.identity.names import fold, readable, tidy
from controller.identity.number import parse_number
from controller.identity.person import Person, Sex
from controller.roster.table import Roster
from ground.config import Line, line
from ground.error import InputError
from ground.rows import Header, Problem, RowErrors, Sheet, lines_of
from ground.text import N_, P_

COLUMNS = {
    "number": (
        "số cccd",
        "số căn cước công dân",
        "số căn cước",
        "số định danh",
        "số định danh cá nhân",
    ),
    "old_number": ("số cmnd", "số cmnd cũ", "số cũ", "số chứng minh nhân dân"),
    "name": ("họ và tên", "họ tên", "họ, chữ đệm và tên"),
    "birth": ("ngày sinh", "ngày, tháng, năm sinh"),
    "sex": ("giới tính",),
    "residence": ("nơi thường trú", "địa chỉ", "nơi đăng ký thường trú", "địa chỉ thường trú"),
    "hamlet": ("thôn", "tổ dân phố", "thôn, tổ dân phố"),
    "enrolled_on": ("ngày cấp",),
}
"""Each with its other titles, which count without accents and signs, too."""
REQUIRED = ("number", "name", "birth", "sex")
TEXT_MAX = 300
"""Letters in one field; the longest residences on cards have some 120."""
_SEXES = {"male": Sex.MALE, "nam": Sex.MALE, "female": Sex.FEMALE, "nu": Sex.FEMALE}
WITHOUT_NUMBER = P_("{n} person without a number", "{n} people without a number")
WITHOUT_BIRTH = P_("{n} person without a whole birth date", "{n} people without a whole birth date")
ENROLLED = P_("{n} person with a chip card already", "{n} people with a chip card already")


@dataclass(frozen=True)
class Extract:
    """What a file came to. ``header``: which columns were recognised."""

    roster: Roster
    header: Header

    def said(self) -> Iterator[Line]:
        """For whoever imports it: what was read, and what of it they should not be surprised at."""
        yield from self.header.said()
        columns = self.roster.columns
        numbers, births = (
            np.frombuffer(columns.numbers, "<u8"),
            np.frombuffer(columns.births, "<u4"),
        )
        enrolled = np.frombuffer(columns.enrolments, "<u4")
        part = (births // 10_000 == 0) | (births // 100 % 100 == 0) | (births % 100 == 0)
        for message, those in (
            (WITHOUT_NUMBER, numbers == 0),
            (WITHOUT_BIRTH, part),
            (ENROLLED, enrolled > 0),
        ):
            count = int(np.count_nonzero(those))
            if count:
                yield line(message, n=f"{count:,}")


def read_csv(path: Path) -> Roster:
    """The people of the file. RowErrors lists every bad row; InputError when unreadable."""
    return read_file(path).roster


def read_file(path: Path) -> Extract:
    """The same, with what was recognised."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"roster file: {error.strerror}",
            N_("The file {path} cannot be read: {reason}."),
            path=path,
            reason=error.strerror or "",
        ) from None
    return read(content)


def read(content: bytes) -> Extract:
    """The same of a file's content. Raises RowErrors."""
    sheet = Sheet(lines_of(content), COLUMNS)
    problems = list(sheet.header.problems(REQUIRED))
    roster = Roster.of(() if problems else _people(sheet, problems))
    if problems:
        raise RowErrors("roster file", problems)
    return Extract(roster, sheet.header)


def _people(sheet: Sheet, problems: list[Problem]) -> Iterator[Person]:
    lines: dict[str, int] = {}
    for begins, cells in sheet:
        row = _Row(begins, sheet.header.titles, problems)
        if isinstance(cells, str):
            row.bad("", cells)
            continue
        person = row.person(cells, lines)
        if person is not None:
            yield person


class _Row:
    """Checks one row and notes what is wrong with it."""

    def __init__(self, begins: int, titles: Mapping[str, str], problems: list[Problem]) -> None:
        self._line = begins
        self._titles = titles
        self._problems = problems
        self._good = True

    def bad(self, column: str, reason: str, **params: object) -> None:
        self._good = False
        title = self._titles.get(column, column)
        self._problems.append(Problem(self._line, title, reason, params))

    def person(self, cell: Mapping[str, str], lines: dict[str, int]) -> Person | None:
        """None when something is wrong with it. ``lines``: number to the line that has it first."""
        person = Person(
            number=self._number("number", cell["number"]),
            old_number=self._number("old_number", cell.get("old_number", "")),
            name=self._text("name", cell["name"], required=True),
            birth=self._birth(cell["birth"]),
            sex=self._sex(cell["sex"]),
            residence=self._text("residence", cell.get("residence", "")),
            hamlet=self._text("hamlet", cell.get("hamlet", "")),
            enrolled_on=self._day(cell.get("enrolled_on", "")),
        )
        first = lines.setdefault(person.number, self._line)
        if person.number and first != self._line:
            self.bad("number", N_("The same number as in line {first}."), first=first)
        return person if self._good else None

    def _number(self, column: str, cell: str) -> str:
        if not cell.strip():
            return ""
        try:
            return parse_number(cell)
        except InputError as error:
            self.bad(column, error.advice, **error.params)
            return ""

    def _text(self, column: str, cell: str, *, required: bool = False) -> str:
        tidied = tidy(cell)
        if required and not tidied:
            self.bad(column, N_("Empty."))
        elif len(tidied) > TEXT_MAX:
            self.bad(column, N_("Longer than {limit} letters."), limit=TEXT_MAX)
        elif not readable(tidied):
            self.bad(column, N_("Holds letters that are not Vietnamese: wrong encoding?"))
        return tidied

    def _birth(self, cell: str) -> BirthDate:
        try:
            return parse_birth(cell)
        except InputError:
            self.bad("birth", N_("Not a date: write day/month/year, month/year or year."))
            return BirthDate()

    def _sex(self, cell: str) -> Sex | None:
        sex = _SEXES.get(cell) or _SEXES.get(fold(cell))
        if sex is None:
            self.bad("sex", N_("Must be male or female (nam, nữ)."))
        return sex

    def _day(self, cell: str) -> str:
        try:
            return parse_birth(cell).calendar().isoformat() if cell.strip() else ""
        except (InputError, ValueError):
            self.bad("enrolled_on", N_("Not a calendar date: write day/month/year, or nothing."))
            return ""
