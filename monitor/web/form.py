"""Forms: what they brought, where they lead back to, and what is said when it was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.access import AccessError
from monitor.web import shell
from monitor.web.reader import Reader
from monitor.web.sessions import language_of
from monitor.web.shell import Visit

FORM_MAX = 16_384
OUTSIDE = ("/signin", "//", "/\\")
Form = dict[str, str]


def visit_of(request: Request) -> Visit:
    """Who looks: the guard let them in."""
    query = {k: v for k, v in request.query_params.items() if k != "lang"}
    return Visit(request.state.account, Reader(language_of(request)), request.url.path, query)


async def form_of(request: Request) -> Form:
    """The fields of a form; none of one that is too long to be ours.

    A form may be sent as slowly as one likes: who has been dismissed since it began is sent to the
    sign-in (HTTPException), whoever they were when the guard looked.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_MAX:
            body = b""
            break
    state = request.state
    if state.account is not None and await state.who() != state.account:
        raise HTTPException(303, headers={"Location": "/signin"})
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}


def inside(target: str | None, otherwise: str = "/") -> str:
    """``target`` if it is a page of ours, else the wall."""
    if not target or not target.startswith("/") or target.startswith(OUTSIDE):
        return otherwise
    if any(letter < " " or letter == "\\" for letter in target):
        return otherwise  # browsers drop tabs and line ends, and then read on: "/\t/elsewhere"
    return target


async def done(
    visit: Visit,
    back: str,
    again: Callable[[str], Response] | None,
    what: Callable[[], Any],
    said: str = "",
) -> Response:
    """Do it and go ``back``, where it is ``said`` that it was done.

    A refusal is said on the question itself (``again``), so that nothing has to be typed anew, or
    on a page of its own.
    """
    try:
        await asyncio.to_thread(what)
    except AccessError as refused:
        why = refused.told(visit.reader.language)
        if again is not None:
            return await asyncio.to_thread(again, why)
        return shell.answer(shell.refused(visit.reader, why, back), 403)
    except SQLAlchemyError:
        why = visit.reader.say(
            "The region's database does not answer. Nothing was done; try again."
        )
        return shell.answer(shell.refused(visit.reader, why, back), 503)
    return RedirectResponse(f"{back}?said={said}" if said else back, 303)
