"""Forms: what they brought, where they lead back to, and what is said when it was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy.exc import SQLAlchemyError
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
    if not target or not target.startswith("/") or target.startswith(OUTSIDE):
        return otherwise
    return target


async def done(
    visit: Visit, back: str, again: Callable[[str], Response] | None, what: Callable[[], Any]
) -> Response:
    """Do it and go ``back``. A refusal is said on the question itself (``again``), so that nothing
    has to be typed anew, or on a page of its own."""
    try:
        await asyncio.to_thread(what)
    except AccessError as refused:
        said = refused.told(visit.reader.language)
        if again is not None:
            return again(said)
        return shell.answer(shell.refused(visit.reader, said, back), 403)
    except SQLAlchemyError:
        said = visit.reader.say(
            "The region's database does not answer. Nothing was done; try again."
        )
        return shell.answer(shell.refused(visit.reader, said, back), 503)
    return RedirectResponse(back, 303)
