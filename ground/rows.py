"""Rows of people's spreadsheets, in and out.

In: every bad row of a file is told at once, with its line and column, as the roster and the region
tree are read. Out: CSV as the Excel of a Vietnamese office opens it rightly (UTF-8 with a byte
order mark: without one it takes the text for Windows-1258), in which no cell is a formula.
https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ground.config import Line, line
from ground.error import InputError
from ground.text import N_, Language

BOM = "\ufeff"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
PAGE_CHARS = 1 << 16
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
