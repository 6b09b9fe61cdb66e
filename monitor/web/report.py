"""The day's report: what each commune did, to read, to print and sign, and as a file.

Outcomes are counted from facts that the region holds; tickets and no-shows are the booths' word,
which comes when they close the day.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import xlsxwriter
from sqlalchemy import Engine

from ground.day import number_of
from ground.hours import day_start_ms, local_day
from ground.rows import written
from monitor.store import days
from monitor.store.days import PlaceDay
from monitor.web import shell
from monitor.web.cards import name_of
from monitor.web.house import House
from monitor.web.live import Live
from monitor.web.markup import Markup
from monitor.web.page import Page
from monitor.web.reader import Reader
from monitor.web.shell import Visit
from monitor.web.tree import top_of

Cell = str | int | float | None


@dataclass(frozen=True)
class Report:
    """``rows``: places that have booths, by name; ``total``: of them all, None when there are
    none."""

    now: int
    day: date
    path: str
    name: str
    rows: Sequence[tuple[str, PlaceDay]]
    total: PlaceDay | None


def day_of(asked: str | None, now: int) -> date:
    """The day that an address asks for (2026-11-29); today if it asks for none, or none that is."""
    today = local_day(now)
    try:
        return min(date.fromisoformat(asked or ""), today)
    except ValueError:
        return today


def read(engine: Engine, live: Live, path: str, day: date) -> Report:
    """Raises LookupError when there is no such place."""
    if path and path not in live.places:
        raise LookupError(path)
    with engine.connect() as connection:
        found = days.reported(connection, path, number_of(day), day_start_ms(day))
    rows = sorted(((_named(live, one.place, path), one) for one in found), key=lambda row: row[0])
    total = None
    for _, one in rows:
        total = one if total is None else total + one
    name = name_of(live, path) if path else "–"
    return Report(live.clock(), day, path, name, rows, total)


def _named(live: Live, place: str, under: str) -> str:
    """ "Bỉm Sơn", with its province before it when more than one is reported."""
    own = name_of(live, place)
    above = place.rpartition("/")[0]
    return own if above == under or place == under else f"{name_of(live, above)}, {own}"


def page(house: House, visit: Visit, path: str) -> Page[Report]:
    path = path or top_of(house.live, visit.account.branch)
    if not visit.account.sees(path):
        raise LookupError(path)
    day = day_of(visit.query.get("day"), house.clock())
    return Page(
        lambda m: f"{visit.reader.say('Report of the day')} · {m.name}",
        functools.partial(read, house.engine, house.live, path, day),
        {"report": lambda m: drawn(visit, house.live, m)},
        every_s=30.0,
    )


def drawn(visit: Visit, live: Live, model: Report) -> Markup:
    reader = visit.reader
    return shell.fragment(
        "report.html",
        reader,
        day=model.day.isoformat(),
        today=local_day(model.now).isoformat(),
        shown_day=reader.day(model.day),
        made_at=reader.moment(model.now, model.now),
        path=model.path,
        name=model.name,
        head=headings(reader),
        rows=[_written(reader, cells(name, one)) for name, one in model.rows],
        total=_written(reader, cells(reader.say("Together"), model.total)) if model.total else None,
        open_booths=model.total.booths - model.total.closed if model.total else 0,
        query=f"branch={model.path}&day={model.day.isoformat()}&lang={reader.language}",
        account=visit.account.name,
    )


def headings(reader: Reader) -> list[str]:
    return [
        reader.say("Place"),
        reader.say("Booths"),
        reader.say("Tickets"),
        reader.say("Sealed"),
        reader.say("Referred"),
        reader.say("Refused"),
        reader.say("Abandoned"),
        reader.say("No-shows"),
        reader.say("Sealed an hour and booth"),
        reader.say("Booths that closed the day"),
    ]


def cells(name: str, one: PlaceDay) -> list[Cell]:
    """Numbers as numbers; what no booth has said yet is empty."""
    told = one.closed > 0
    return [
        name,
        one.booths,
        one.tickets if told else None,
        one.sealed,
        one.referred,
        one.refused,
        one.abandoned,
        one.no_shows if told else None,
        None if one.pace is None else round(one.pace, 1),
        one.closed,
    ]


def _written(reader: Reader, row: Sequence[Cell]) -> list[str]:
    def one(cell: Cell) -> str:
        if cell is None:
            return "–"
        if isinstance(cell, str):
            return cell
        return reader.count(cell, 1 if isinstance(cell, float) else 0)

    return [one(cell) for cell in row]


def title(reader: Reader, model: Report) -> str:
    return reader.say("Report of {day}, {place}", day=reader.day(model.day), place=model.name)


def as_csv(reader: Reader, model: Report) -> bytes:
    """As a spreadsheet of that language opens it by a double click: in Vietnamese, semicolons
    between the cells and commas before the decimals. A text that would run as a formula stays
    one."""
    vietnamese = reader.language == "vi"
    rows = ([_decimal(cell, vietnamese) for cell in cells(name, one)] for name, one in model.rows)
    return "".join(written(headings(reader), rows, ";" if vietnamese else ",")).encode()


def _decimal(cell: Cell, comma: bool) -> Cell:
    return f"{cell}".replace(".", ",") if comma and isinstance(cell, float) else cell


def as_xlsx(reader: Reader, model: Report) -> bytes:
    """A workbook with the title, the table, its sums, and room for signatures."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet(reader.say("Report of the day")[:31])
        bold = book.add_format({"bold": True})
        head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
        sheet.write_string(
            0, 0, title(reader, model), book.add_format({"bold": True, "font_size": 14})
        )
        sheet.write_row(2, 0, headings(reader), head)
        row = 3
        for name, one in model.rows:
            sheet.write_row(row, 0, cells(name, one))
            row += 1
        if model.total is not None:
            sheet.write_row(row, 0, cells(reader.say("Together"), model.total), bold)
        sheet.write_string(row + 3, 0, reader.say("Written by"))
        sheet.write_string(row + 3, 6, reader.say("Confirmed by"))
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 9, 12)
        sheet.freeze_panes(3, 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
    return out.getvalue()
