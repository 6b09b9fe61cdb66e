"""Rows of people's spreadsheets, in and out: one grammar for roster, groups and region tree.

In: a file as the Excel of a Vietnamese office saves it. UTF-8 with or without its mark, or UTF-16
with it (“Unicode Text”); comma, semicolon or tab; lines that end as on whatever machine; quoted
cells with line breaks in them; blank rows. Columns stand in any order under any of their titles,
English or Vietnamese. What is recognised is told, every bad row named at once with its line.

Out: CSV as that Excel opens it rightly (UTF-8 with a byte order mark: without one it takes the text
for Windows-1258), in which no cell is a formula.
https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

from ground.config import Line, line
from ground.error import InputError
from ground.text import N_, Language

BOM = "\ufeff"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
PAGE_CHARS = 1 << 16
CELL_LINES = 20
"""Lines in one cell, or in the row of titles, at most."""
TITLE_CHARS = 100
"""A longer one is no title, but text that a stray quotation mark has run into it."""
NOT_UTF8 = N_(
    "The file is not in UTF-8, the names would come out wrong. Save it again as “CSV UTF-8” and "
    "choose it once more. Nothing was imported."
)
ROW_NOT_UTF8 = N_("it is not UTF-8 text; save the file as CSV UTF-8.")
QUOTES = N_("it is not valid CSV; check its quotation marks")
TOO_LONG = N_("it is too long for a row; was the file saved as CSV?")
NOT_AS_MANY = N_("it must have as many cells as the first line")
MORE_CELLS = N_("there are more cells than columns; put a name with commas in quotes.")
UNREADABLE = N_("The first row cannot be read. Save the file as CSV UTF-8.")
TWICE = N_("The column is there twice.")
MISSING = N_("The first row must name the columns; this one is missing.")
CORRECT = N_("Nothing was imported. Correct these rows and import the file again.")
COLUMNS_READ = N_("Columns read: {columns}.")
IGNORED = N_("Not read: {columns}.")


@dataclass(frozen=True)
class Problem:
    """``line`` of the file from 1; ``column`` as the file's first row calls it, "" = the whole row;
    ``reason`` a message id with ``params``, which may hold personal data."""

    line: int
    column: str
    reason: str
    params: Mapping[str, object] = field(default_factory=dict, repr=False)

    def said(self) -> Line:
        reason = line(self.reason, **self.params)
        if not self.column:
            return line(N_("line {line}: {reason}"), line=self.line, reason=reason)
        where = {"line": self.line, "column": self.column, "reason": reason}
        return line(N_("line {line}, {column}: {reason}"), **where)


class RowErrors(InputError):
    """Nothing of the file is to be used. ``problems`` has every bad row, in the order of the
    file."""

    def __init__(self, what: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{what}: rows with problems: {len(self.problems)}", CORRECT)

    def told(self, language: Language) -> str:
        lines = [problem.said().told(language) for problem in self.problems]
        return "\n".join([*lines, super().told(language)])


def delimiter_of(header: str) -> str:
    """Comma, semicolon (where the comma is the decimal sign, as in Vietnam) or tab."""
    return max(",;\t", key=header.count)


def cells(text: str, delimiter: str) -> list[str] | None:
    """Fields of one row, or None when its quotation marks do not come out even.

    Raises csv.Error when a cell is longer than any is.
    """
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        if len(text) > csv.field_size_limit():
            raise
        return None


def _encoding(content: bytes) -> str:
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16" if marked else "utf-8-sig"


def decoded(content: bytes) -> str:
    """The whole text of a file. InputError for encodings that garble names."""
    try:
        return content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        raise InputError(f"rows: not {error.encoding} at byte {error.start}", NOT_UTF8) from None


def lines_of(content: bytes) -> Iterator[str]:
    """The lines of a file without their ends. What is not in its encoding becomes a lone surrogate,
    so that ``Sheet`` can name the rows; UTF-16 is not read beyond it."""
    file: Iterable[str]
    if _encoding(content) == "utf-16":
        file = io.StringIO(_utf_16(content), newline=None)
    else:
        file = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", "surrogateescape", newline=None)
    return (text.removesuffix("\n") for text in file)


def _utf_16(content: bytes) -> str:
    try:
        return content.decode("utf-16")
    except UnicodeDecodeError as error:
        return content[: error.start].decode("utf-16") + _LOST


_LOST = "\udcff"


def _damaged(text: str) -> bool:
    """Whether something of it was in another encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


@dataclass(frozen=True)
class Header:
    """What the first row came to.

    ``columns``: the column of each cell, "" for none. ``titles``: column to what the file calls it.
    ``ignored``: titles that no column has; ``twice``: of columns that are there already, which
    count once. ``readable``: it is a row at all.
    """

    delimiter: str
    columns: tuple[str, ...]
    titles: Mapping[str, str]
    ignored: tuple[str, ...]
    twice: tuple[str, ...]
    missing: tuple[str, ...]
    readable: bool = True

    def problems(self, required: Collection[str]) -> Iterator[Problem]:
        """What keeps a file with this first row from being read."""
        if not self.readable:
            yield Problem(1, "", UNREADABLE)
            return
        yield from (Problem(1, title, TWICE) for title in self.twice)
        yield from (Problem(1, name, MISSING) for name in self.missing if name in required)

    def said(self) -> Iterator[Line]:
        """What was recognised, and what was not, for whoever imports the file."""
        called = ", ".join(f"{name} = “{title}”" for name, title in self.titles.items())
        yield line(COLUMNS_READ, columns=called)
        if self.ignored:
            yield line(IGNORED, columns=", ".join(self.ignored))


def folded(title: str) -> str:
    """Small letters without accents, whatever stands between words a space: “Giờ_hẹn” is
    "gio hen"."""
    plain = unicodedata.normalize("NFD", title.casefold()).replace("đ", "d")
    kept = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def _header(first: str, called: Mapping[str, Collection[str]]) -> Header:
    delimiter = delimiter_of(first)
    names = {folded(title): name for name, also in called.items() for title in (name, *also)}
    found = _titles(first, delimiter)
    columns: list[str] = []
    titles: dict[str, str] = {}
    ignored: list[str] = []
    twice: list[str] = []
    for title in found or []:
        name = names.get(folded(title), "")
        if name in titles:
            twice.append(title)
            name = ""
        elif name:
            titles[name] = title
        elif title:
            ignored.append(title)
        columns.append(name)
    missing = tuple(name for name in called if name not in titles)
    readable = found is not None
    return Header(
        delimiter, tuple(columns), titles, tuple(ignored), tuple(twice), missing, readable
    )


def _titles(first: str, delimiter: str) -> list[str] | None:
    """None when this is no row of titles."""
    if "\0" in first or _damaged(first):
        return None
    try:
        found = cells(first, delimiter)
    except csv.Error:
        return None
    if found is None or any(len(title) > TITLE_CHARS for title in found):
        return None
    return [" ".join(unicodedata.normalize("NFC", title).split()) for title in found]


class Sheet:
    """The rows of one file. Iterating gives them once.

    ``called``: each column with the other titles that it may have, in any case and with or without
    accents. ``short``: a row may lack cells at its end; those are empty.
    """

    def __init__(
        self,
        lines: Iterable[str],
        called: Mapping[str, Collection[str]],
        *,
        short: bool = False,
    ) -> None:
        self._lines = iter(lines)
        self._ahead: deque[str] = deque()
        self._short = short
        self._line = 1
        first = (self._next() or "").removeprefix(BOM)
        self.header = _header(first, called)
        if not self.header.readable:
            more = self._quoted(first)
            self.header = _header("\n".join((first, *more)), called)
            self._skip(len(more))

    @classmethod
    def of(cls, text: str, called: Mapping[str, Collection[str]], *, short: bool = False) -> Sheet:
        """Of a text that is decoded already."""
        lines = io.StringIO(text, newline=None)
        return cls((one.removesuffix("\n") for one in lines), called, short=short)

    def __iter__(self) -> Iterator[tuple[int, dict[str, str] | str]]:
        """Every row after the first that is not blank: the line it begins in, and its cells by
        column; or the reason, a message id, why it is none. A stray quotation mark spoils its own
        line only."""
        while (text := self._next()) is not None:
            begins = self._line - 1
            row = self._row(text)
            if isinstance(row, str):
                yield begins, row
            elif any(cell.strip() for cell in row):
                yield begins, self._named(row)

    def _named(self, row: list[str]) -> dict[str, str] | str:
        columns = self.header.columns
        if len(row) > len(columns) and self._short:
            return MORE_CELLS
        if len(row) != len(columns) and not self._short:
            return NOT_AS_MANY
        padded = chain(row, repeat(""))
        return {name: cell for name, cell in zip(columns, padded, strict=False) if name}

    def _row(self, text: str) -> list[str] | str:
        """The cells of a row that begins with the line ``text``, or why it is none."""
        if _damaged(text):
            return ROW_NOT_UTF8
        delimiter = self.header.delimiter
        try:
            found = cells(text, delimiter)
            if found is not None:
                return found
            more = self._quoted(text, len(self.header.columns))
            found = cells("\n".join((text, *more)), delimiter) if more else None
        except csv.Error:
            return TOO_LONG
        if found is None or isinstance(self._named(found), str):
            return QUOTES
        self._skip(len(more))
        return found

    def _quoted(self, text: str, columns: int | None = None) -> list[str]:
        """The lines that an open quotation mark in ``text`` takes along; none when it is not
        closed, or when one of them looks like another row: were it taken along, one person's data
        would stand in another's. ``columns``: None while they are not known."""
        quotes, more = text.count('"'), 0
        while quotes % 2 and more < CELL_LINES - 1:
            following = self._peek(more)
            if following is None or _damaged(following) or self._another(text, following, columns):
                return []
            quotes += following.count('"')
            more += 1
        return [] if quotes % 2 else [self._ahead[n] for n in range(more)]

    def _another(self, text: str, following: str, columns: int | None) -> bool:
        """Whether ``following`` has cells enough for a row by itself. So has the last line of a
        first cell with line breaks; its first line has not."""
        if columns is None:
            return False
        first, second = (
            one.count(self.header.delimiter) >= columns - 1 for one in (text, following)
        )
        return second and (first or not text.startswith('"'))

    def _next(self) -> str | None:
        found = self._ahead.popleft() if self._ahead else next(self._lines, None)
        self._line += found is not None
        return found

    def _peek(self, ahead: int) -> str | None:
        while len(self._ahead) <= ahead:
            text = next(self._lines, None)
            if text is None:
                return None
            self._ahead.append(text)
        return self._ahead[ahead]

    def _skip(self, lines: int) -> None:
        for _ in range(lines):
            self._next()


def written(
    columns: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ","
) -> Iterator[str]:
    """A CSV file in pieces, its byte order mark first."""
    page = io.StringIO()
    page.write(BOM)
    writer = csv.writer(page, delimiter=delimiter)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([plain(value) for value in row])
        if page.tell() > PAGE_CHARS:
            yield page.getvalue()
            page.seek(0)
            page.truncate()
    yield page.getvalue()


def plain(value: object) -> object:
    """A text that a spreadsheet would run as a formula stays a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
