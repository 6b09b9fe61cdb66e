"""What people do on pages: a question (GET), and a plain form that does it (POST).

Every POST looks the session up (``guard``), so that who was dismissed does nothing any more,
whatever their open page shows; the role and the branch are checked again by what does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ground.text.words import ORDERS
from monitor.access import AccessError
from monitor.web import alarms, booth_page, orders, shell, words
from monitor.web.cards import name_of
from monitor.web.house import House
from monitor.web.reader import Reader
from monitor.web.sessions import language_of
from monitor.web.shell import Field, Visit

FORM_MAX = 16_384
SIGNED_OUT = ("/signin", "//", "/\\")
Form = dict[str, str]


def visit_of(request: Request) -> Visit:
    """Who looks: the guard let them in."""
    query = {k: v for k, v in request.query_params.items() if k != "lang"}
    return Visit(request.state.account, Reader(language_of(request)), request.url.path, query)


async def form_of(request: Request) -> Form:
    """The fields of a form; none of one that is too long to be ours."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_MAX:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}


def inside(target: str | None, otherwise: str = "/") -> str:
    """``target`` if it is a page of ours, else the wall."""
    if not target or not target.startswith("/") or target.startswith(SIGNED_OUT):
        return otherwise
    return target


async def done(visit: Visit, back: str, what: Callable[..., Any], *given: Any) -> Response:
    """Do it and go ``back``; a refusal is a page that says why."""
    try:
        await asyncio.to_thread(what, *given)
    except AccessError as refused:
        return shell.answer(
            shell.refused(visit.reader, refused.told(visit.reader.language), back), 403
        )
    except SQLAlchemyError:
        said = visit.reader.say(
            "The region's database does not answer. Nothing was done; try again."
        )
        return shell.answer(shell.refused(visit.reader, said, back), 503)
    return RedirectResponse(back, 303)


def mount(app: FastAPI, house: House) -> None:
    """Add the questions and what they do to ``app``."""
    _alarms(app, house)
    _orders(app, house)


def _alarms(app: FastAPI, house: House) -> None:
    path = "/alarms/{id}/acknowledge"

    @app.get(path, include_in_schema=False)
    def ask(request: Request, id: int) -> Response:
        visit = visit_of(request)
        reader, found = visit.reader, house.live.alarms.get(id)
        if found is None or not visit.account.sees(found.place):
            return shell.answer(shell.not_here(reader), 404)
        where = found.station or name_of(house.live, found.place)
        question = reader.say(
            "{where}: {what}. Your name is put to it; others see that you have it.",
            where=where,
            what=words.measured(reader, found),
        )
        note = Field("note", reader.say("Note: what is being done"), maximum=500)
        page = shell.ask(
            visit, reader.say("Acknowledge"), reader.say("Acknowledge"), question=question,
            action=request.url.path, back=inside(visit.query.get("next"), "/alarms"), fields=[note],
        )  # fmt: skip
        return shell.answer(page)

    @app.post(path, include_in_schema=False)
    async def take(request: Request, id: int) -> Response:
        visit, form = visit_of(request), await form_of(request)
        given = (visit.account, id, form.get("note", "").strip(), house.clock())
        back = inside(form.get("next"), "/alarms")
        return await done(visit, back, alarms.acknowledge, house.engine, visit.reader, *given)


def _orders(app: FastAPI, house: House) -> None:
    path = "/booth/{code}/order/{kind}"

    def asked(visit: Visit, code: str, kind: str, form: Form, refused: str = "") -> Response:
        reader, question = visit.reader, booth_page.QUESTIONS[kind]
        said = reader.say(question.question, code=code, n=booth_page.LOG_LINES)
        shown = house.live.booths[code]
        page = shell.ask(
            visit, reader.say(ORDERS[kind]), reader.say(ORDERS[kind]), question=said,
            action=f"/booth/{quote(code)}/order/{kind}", back=f"/booth/{quote(code)}",
            fields=booth_page.fields(reader, kind, shown, form), danger=question.danger,
            refused=refused,
        )  # fmt: skip
        return shell.answer(page, 422 if refused else 200)

    def turned_away(visit: Visit, code: str, kind: str) -> Response | None:
        reader = visit.reader
        try:
            booth_page.known(house, visit, code)
            question = booth_page.QUESTIONS[kind]
        except LookupError:
            return shell.answer(shell.not_here(reader), 404)
        if not visit.account.may(question.kind):
            said = reader.say("Your role may not give this command. Ask an administrator.")
            return shell.answer(shell.refused(reader, said, f"/booth/{quote(code)}"), 403)
        return None

    @app.get(path, include_in_schema=False)
    def ask(request: Request, code: str, kind: str) -> Response:
        visit = visit_of(request)
        return turned_away(visit, code, kind) or asked(visit, code, kind, {})

    @app.post(path, include_in_schema=False)
    async def order(request: Request, code: str, kind: str) -> Response:
        visit, form = visit_of(request), await form_of(request)
        if (away := turned_away(visit, code, kind)) is not None:
            return away
        made = booth_page.QUESTIONS[kind].made(form)
        if made is None:
            say = visit.reader.say
            wrong = say("Write a whole number and two clock times, then try again.")
            return asked(visit, code, kind, form, wrong)
        back = f"/booth/{quote(code)}?said=ordered"
        return await done(visit, back, orders.give, house, visit.reader, visit.account, code, made)
