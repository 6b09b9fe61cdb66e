"""The logs that a booth sent on request: a page, and each log as a file.

Logs are about programs, not people (the rule of the house), but they are meant for those who look
after booths: whoever may order logs may read them.
"""

from __future__ import annotations

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from edge.report.orders import MAY, SendLogs
from monitor.store import logs
from monitor.store.logs import Log
from monitor.web import shell
from monitor.web.cards import card, table
from monitor.web.house import House
from monitor.web.markup import Markup, tag
from monitor.web.reader import Reader
from monitor.web.sessions import language_of
from monitor.web.shell import Visit

SHOWN_CHARS = 200_000
"""The end of a longer one is on the page, all of it in the file."""


def mount(app: FastAPI, house: House) -> None:
    """Add ``/booth/<code>/logs`` and its files to ``app``."""

    @app.get("/booth/{code}/logs", include_in_schema=False)
    def page(request: Request, code: str, id: int | None = None) -> Response:
        visit = _visit(request)
        if (turned_away := _turned_away(house, visit, code)) is not None:
            return turned_away
        try:
            with house.engine.connect() as connection:
                kept = logs.logs(connection, code)
                shown = id if id is not None or not kept else kept[0].id
                text = None if shown is None else logs.text_of(connection, code, shown)
        except SQLAlchemyError:
            return shell.answer(shell.away(visit.reader), 503)
        if shown is not None and text is None:
            return shell.answer(shell.not_here(visit.reader), 404)
        drawn = _page(visit, code, kept, shown, text, house.clock())
        return shell.answer(drawn)

    @app.get("/booth/{code}/logs/{id}.txt", include_in_schema=False)
    def file(request: Request, code: str, id: int) -> Response:
        visit = _visit(request)
        if (turned_away := _turned_away(house, visit, code)) is not None:
            return turned_away
        try:
            with house.engine.connect() as connection:
                text = logs.text_of(connection, code, id)
        except SQLAlchemyError:
            return shell.answer(shell.away(visit.reader), 503)
        if text is None:
            return shell.answer(shell.not_here(visit.reader), 404)
        head = {"Content-Disposition": f'attachment; filename="{code}-{id}.txt"'}
        return PlainTextResponse(text, headers=head)


def _visit(request: Request) -> Visit:
    return Visit(request.state.account, Reader(language_of(request)), request.url.path)


def _turned_away(house: House, visit: Visit, code: str) -> Response | None:
    known = house.live.booths.get(code)
    if known is None or not visit.account.sees(known.place):
        return shell.answer(shell.not_here(visit.reader), 404)
    if visit.account.role not in MAY[SendLogs]:
        said = visit.reader.say("Your role may not read logs. Ask an operator.")
        return shell.answer(shell.refused(visit.reader, said, f"/booth/{code}"), 403)
    return None


def _page(
    visit: Visit, code: str, kept: list[Log], shown: int | None, text: str | None, now: int
) -> str:
    title = visit.reader.say("Logs of {code}", code=code)
    cards = _cards(visit.reader, code, kept, shown, text, now)
    return shell.framed("logs.html", visit, title, heading=title, code=code, cards=cards)


def _cards(
    reader: Reader, code: str, kept: list[Log], shown: int | None, text: str | None, now: int
) -> list[Markup]:
    if shown is None:
        none = reader.say(
            "No log is here yet. Order “Send logs” on the booth's page; a booth that is connected "
            "answers within seconds."
        )
        return [tag("section", tag("p", none), class_="card")]
    rows = [
        (
            tag(
                "a",
                reader.moment(one.at, now),
                href=f"/booth/{code}/logs?id={one.id}",
                aria_current="page" if one.id == shown else None,
            ),
            tag(
                "a", reader.say("As a file"), href=f"/booth/{code}/logs/{one.id}.txt", download=True
            ),
        )
        for one in kept
    ]
    if not text:
        said = reader.say("This log cannot be read. Order it again on the booth's page.")
        body = tag("p", said)
    else:
        body = tag("pre", text[-SHOWN_CHARS:], style="overflow-x:auto", tabindex="0")
    columns = (reader.say("Came"), reader.say("File"))
    return [
        card(reader.say("The last logs"), table(columns, rows)),
        tag("section", body, class_="card"),
    ]
