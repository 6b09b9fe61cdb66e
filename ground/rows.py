"""Rows of people's spreadsheets, in and out.

In: every bad row of a file is told at once, with its line and column, as the roster and the region
tree are read. Out: CSV as the Excel of a Vietnamese office opens it rightly (UTF-8 with a byte
order mark: without one it takes the text for Windows-1258), in which no cell is a formula.
https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ground.config import Line, line
from ground.error import InputError
from ground.text import N_, Language

BOM = "\ufeff"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
PAGE_CHARS = 1 << 16
CELL_LINES = 20
"""Lines in one cell at most."""
NOT_UTF8 = N_(
    "The file is not in UTF-8, the names would come out wrong. Save it again as “CSV UTF-8” and "
    "choose it once more. Nothing was imported."
)
QUOTES = N_("it is no CSV; check its quotation marks")
NOT_AS_MANY = N_("it must have as many cells as the first line")
CORRECT = N_("Nothing was imported. Correct these rows and import the file again.")


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
    """Fields of one line, or None when its quotation marks do not come out even."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def decoded(content: bytes) -> str:
    """The text of a file as spreadsheets save it: UTF-8, or UTF-16 with its mark (Excel's “Unicode
    Text”). InputError for other encodings, which garble names."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"rows: not {error.encoding} at byte {error.start}", NOT_UTF8) from None


@dataclass(frozen=True)
class Header:
    """What the first row came to. ``titles``: column to what the file calls it; ``ignored``: titles
    of columns that nobody asked for."""

    delimiter: str
    columns: tuple[str, ...]
    titles: Mapping[str, str]
    ignored: tuple[str, ...]
    missing: tuple[str, ...]


def _lines(text: str) -> list[str]:
    """Of whatever machine: \\n, \\r\\n or \\r ends one."""
    return io.StringIO(text, newline=None).read().split("\n")


def header_of(text: str, called: Mapping[str, Collection[str]]) -> Header:
    """What the first row of ``text`` names.

    ``called``: each column with the other titles that it may have, in any case and with or without
    accents. A column that is there twice counts once, the rest of them as ignored.
    """
    first = _lines(text)[0].removeprefix(BOM)
    delimiter = delimiter_of(first)
    names = {folded(title): name for name, also in called.items() for title in (name, *also)}
    columns: list[str] = []
    titles: dict[str, str] = {}
    ignored: list[str] = []
    for title in cells(first, delimiter) or []:
        name = names.get(folded(title), "")
        if name in titles:
            name = ""
        columns.append(name)
        if name:
            titles[name] = title.strip()
        elif title.strip():
            ignored.append(title.strip())
    missing = tuple(name for name in called if name not in titles)
    return Header(delimiter, tuple(columns), titles, tuple(ignored), missing)


def folded(title: str) -> str:
    """Small letters without accents, whatever stands between words a space: “Giờ_hẹn” is
    "gio hen"."""
    plain = unicodedata.normalize("NFD", title.casefold()).replace("đ", "d")
    kept = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def rows_of(text: str, header: Header) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Every row after the first that is not blank: the line it begins in, and its cells by column;
    or the reason, a message id, why it is none. A cell may hold line breaks if it is quoted; a
    stray quotation mark spoils its own line only."""
    lines = _lines(text)
    at = 1
    while at < len(lines):
        found, used = cells(lines[at], header.delimiter), 1
        if found is None:
            for more in range(2, CELL_LINES + 1):
                joined = cells("\n".join(lines[at : at + more]), header.delimiter)
                if joined is not None and len(joined) == len(header.columns):
                    found, used = joined, more
                    break
        if found is None:
            yield at + 1, QUOTES
        elif any(cell.strip() for cell in found):
            fits = len(found) == len(header.columns)
            pairs = zip(header.columns, found, strict=False)
            yield at + 1, {name: cell for name, cell in pairs if name} if fits else NOT_AS_MANY
        at += used


def numbered(file: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Lines from 1 without line ends. Bytes that are not UTF-8 become lone surrogates."""
    for number, raw in enumerate(file, 1):
        if number == 1:
            raw = raw.removeprefix(BOM.encode())
        yield number, raw.decode("utf-8", "surrogateescape").rstrip("\r\n")


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
