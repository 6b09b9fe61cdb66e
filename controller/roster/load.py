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

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from controller.errors import InputError
from controller.identity.birth import BirthDate, parse_birth
from controller.identity.names import fold, readable, tidy
from controller.identity.number import parse_number
from controller.identity.person import Person, Sex
from controller.roster.table import Roster
from controller.texts import N_

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


@dataclass(frozen=True)
class RowProblem:
    """``line`` of the file from 1, ``column`` by its English name ("" = the whole row), ``reason``
    a message id with ``params``."""

    line: int
    column: str
    reason: str
    params: dict[str, object] = field(default_factory=dict, repr=False)


class RosterErrors(InputError):
    """The file was not imported. ``problems`` has every bad row, in the order of the file."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__(
            f"{len(problems)} problems in the roster file",
            N_("Nothing was imported. Correct these rows and import the file again."),
            count=len(problems),
        )
        self.problems = tuple(problems)


def read_csv(path: Path) -> Roster:
    """The people of the file. RosterErrors lists every bad row; InputError when unreadable."""
    problems: list[RowProblem] = []
    try:
        with path.open("rb") as file:
            roster = Roster.of(_people(_lines(file), problems))
    except OSError as error:
        raise InputError(
            f"roster file: {error.strerror}",
            N_("The file {path} cannot be read: {reason}."),
            path=path,
            reason=error.strerror or "",
        ) from None
    if problems:
        raise RosterErrors(problems)
    return roster


def _lines(file: Iterator[bytes]) -> Iterator[tuple[int, str]]:
    """Numbered lines without line ends. Bytes that are not UTF-8 become lone surrogates."""
    for line, raw in enumerate(file, 1):
        if line == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        yield line, raw.decode("utf-8", "surrogateescape").rstrip("\r\n")


def _people(lines: Iterator[tuple[int, str]], problems: list[RowProblem]) -> Iterator[Person]:
    _, header = next(lines, (1, ""))
    delimiter = max(",;\t", key=header.count)
    columns = _columns(header, delimiter, problems)
    if problems:
        return
    numbers: dict[str, int] = {}
    for line, text in lines:
        if not text.strip(delimiter + " "):
            continue
        row = _Row(line, problems)
        person = row.person(columns, text, delimiter)
        if person is None:
            continue
        if person.number:
            first = numbers.setdefault(person.number, line)
            if first != line:
                row.bad("number", N_("The same number as in line {first}."), first=first)
        yield person


def _columns(header: str, delimiter: str, problems: list[RowProblem]) -> list[str]:
    if "\0" in header or _broken(header):
        problems.append(RowProblem(1, "", _NOT_UTF8))
        return []
    cells = next(csv.reader([header], delimiter=delimiter), [])
    columns = []
    for cell in cells:
        name = cell.strip().lower()
        name = name if name in COLUMNS else _ALSO_CALLED.get(fold(cell), "")
        if name in columns:
            problems.append(RowProblem(1, name, N_("The column is there twice.")))
        columns.append(name or f"({cell})")
    problems.extend(
        RowProblem(1, name, N_("The first row must name the columns; this one is missing."))
        for name in REQUIRED
        if name not in columns
    )
    return columns


_NOT_UTF8 = N_("Not UTF-8 text. Save the file as CSV UTF-8.")


def _broken(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


class _Row:
    """Checks one row and notes what is wrong with it."""

    def __init__(self, line: int, problems: list[RowProblem]) -> None:
        self._line = line
        self._problems = problems
        self._good = True

    def bad(self, column: str, reason: str, **params: object) -> None:
        self._good = False
        self._problems.append(RowProblem(self._line, column, reason, params))

    def person(self, columns: list[str], text: str, delimiter: str) -> Person | None:
        if _broken(text):
            self.bad("", _NOT_UTF8)
            return None
        try:
            cells = next(csv.reader([text], delimiter=delimiter, strict=True), [])
        except csv.Error:
            self.bad("", N_("A quotation mark is not closed, or stands within a field."))
            return None
        if len(cells) != len(columns):
            self.bad(
                "",
                N_("The row has {found} fields, the first row names {expected}."),
                found=len(cells),
                expected=len(columns),
            )
            return None
        cell = dict(zip(columns, cells, strict=True))
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
        sex = _SEXES.get(fold(cell))
        if sex is None:
            self.bad("sex", N_("Must be male or female (nam, nữ)."))
        return sex

    def _day(self, cell: str) -> str:
        try:
            return parse_birth(cell).calendar().isoformat() if cell.strip() else ""
        except (InputError, ValueError):
            self.bad("enrolled_on", N_("No calendar date: write day/month/year, or nothing."))
            return ""
