"""The population extract as CSV: read whole or not at all.

First row: column names, English or Vietnamese, in any order; ``,`` ``;`` or tab between fields;
UTF-8 with or without byte order mark. ``number``, ``name``, ``birth``, ``sex`` must be there.

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

Incomplete and impossible birth dates are let in: the person must be found to be referred. Each
line of the file is one row, so that a stray quote spoils its own row and not the rest of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from controller.identity.birth import BirthDate, parse_birth
from controller.identity.names import fold, readable, tidy
from controller.identity.number import parse_number
from controller.identity.person import Person, Sex
from controller.roster.table import Roster
from ground.error import InputError
from ground.rows import Problem, RowErrors, cells, delimiter_of, numbered
from ground.text import N_

COLUMNS = (
    "number", "old_number", "name", "birth", "sex", "residence", "hamlet", "enrolled_on",
)  # fmt: skip
REQUIRED = ("number", "name", "birth", "sex")
TEXT_MAX = 300
"""Letters in one field; the longest residences on cards have some 120."""
_ALSO_CALLED = {
    "so cccd": "number", "so dinh danh": "number", "so dinh danh ca nhan": "number",
    "so cmnd": "old_number", "so cu": "old_number", "so cmnd cu": "old_number",
    "ho va ten": "name", "ho ten": "name", "ngay sinh": "birth", "gioi tinh": "sex",
    "noi thuong tru": "residence", "dia chi": "residence", "thon": "hamlet",
    "to dan pho": "hamlet", "ngay cap": "enrolled_on",
}  # fmt: skip
_SEXES = {"male": Sex.MALE, "nam": Sex.MALE, "female": Sex.FEMALE, "nu": Sex.FEMALE}


def read_csv(path: Path) -> Roster:
    """The people of the file. RowErrors lists every bad row; InputError when unreadable."""
    try:
        with path.open("rb") as file:
            return read_lines(file)
    except OSError as error:
        raise InputError(
            f"roster file: {error.strerror}",
            N_("The file {path} cannot be read: {reason}."),
            path=path,
            reason=error.strerror or "",
        ) from None


def read_lines(file: Iterable[bytes]) -> Roster:
    """The same of an open file, or of standard input. Raises RowErrors, OSError."""
    problems: list[Problem] = []
    roster = Roster.of(_people(numbered(file), problems))
    if problems:
        raise RowErrors("roster file", problems)
    return roster


@dataclass
class _Sheet:
    """What the first row says, and what the rows before this one leave to remember."""

    delimiter: str
    columns: list[str]
    titles: dict[str, str]
    numbers: dict[str, int] = field(default_factory=dict)
    """Number -> line of its first row."""


def _people(lines: Iterator[tuple[int, str]], problems: list[Problem]) -> Iterator[Person]:
    _, header = next(lines, (1, ""))
    sheet = _sheet(header, problems)
    if problems:
        return
    for line, text in lines:
        if text.strip(sheet.delimiter + " "):
            person = _Row(line, sheet, problems).person(text)
            if person is not None:
                yield person


def _sheet(header: str, problems: list[Problem]) -> _Sheet:
    delimiter = delimiter_of(header)
    sheet = _Sheet(delimiter, [], {})
    titles = cells(header, delimiter)
    if titles is None or "\0" in header or _broken(header):
        unreadable = N_("The first row cannot be read. Save the file as CSV UTF-8.")
        problems.append(Problem(1, "", unreadable))
        return sheet
    for title in map(tidy, titles):
        name = title.lower() if title.lower() in COLUMNS else _ALSO_CALLED.get(fold(title), "")
        if name in sheet.titles:
            problems.append(Problem(1, title, N_("The column is there twice.")))
        sheet.columns.append(name)
        if name:
            sheet.titles[name] = title
    problems.extend(
        Problem(1, name, N_("The first row must name the columns; this one is missing."))
        for name in REQUIRED
        if name not in sheet.titles
    )
    return sheet


_NOT_UTF8 = N_("Not UTF-8 text. Save the file as CSV UTF-8.")


_SURROGATE = re.compile("[\ud800-\udfff]")


def _broken(text: str) -> bool:
    return _SURROGATE.search(text) is not None


class _Row:
    """Checks one row and notes what is wrong with it."""

    def __init__(self, line: int, sheet: _Sheet, problems: list[Problem]) -> None:
        self._line = line
        self._sheet = sheet
        self._problems = problems
        self._good = True

    def bad(self, column: str, reason: str, **params: object) -> None:
        self._good = False
        title = self._sheet.titles.get(column, column)
        self._problems.append(Problem(self._line, title, reason, params))

    def person(self, text: str) -> Person | None:
        found, columns = cells(text, self._sheet.delimiter), self._sheet.columns
        if _broken(text):
            self.bad("", _NOT_UTF8)
        elif found is None:
            self.bad("", N_("A quotation mark is not closed, or stands within a field."))
        elif len(found) != len(columns):
            self.bad(
                "",
                N_("Fields in this row: {found}, in the first row: {expected}."),
                found=len(found),
                expected=len(columns),
            )
        else:
            return self._checked(dict(zip(columns, found, strict=True)))
        return None

    def _checked(self, cell: dict[str, str]) -> Person | None:
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
        first = self._sheet.numbers.setdefault(person.number, self._line)
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
            self.bad("birth", N_("No date: write day/month/year, month/year or year."))
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
            self.bad("enrolled_on", N_("No calendar date: write day/month/year, or nothing."))
            return ""
