"""One address for the region's pages, API, exports and metrics; one process, beside the ingest."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.staticfiles import StaticFiles

from ground.serve import listen
from ground.serve.bounds import BodyLimit
from ground.serve.limits import Limits
from ground.serve.places import Busy, source_of
from ground.serve.server import Server, address_of
from ground.text import N_, Language
from monitor import access
from monitor.access import Refused
from monitor.config import Settings, command_key
from monitor.store.database import open_store, writing
from monitor.web import (
    accounts,
    alarms,
    api,
    booth_page,
    compare,
    doing,
    history,
    ledger,
    logs_page,
    progress,
    report,
    shell,
    tree,
    wall,
)
from monitor.web.form import form_of, inside, visit_of
from monitor.web.guard import FOR_PROGRAMS, Guard
from monitor.web.history import Kept
from monitor.web.house import House
from monitor.web.live import Clock, Live, wall_clock
from monitor.web.page import SAID, Room, show, stream
from monitor.web.proxied import BehindProxy
from monitor.web.reader import Reader
from monitor.web.sessions import COOKIE, Sessions, language_of, token_of
from monitor.web.shell import Visit

DEFAULT = Limits()
STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
SAYINGS = {"ordered": N_("Sent. Its outcome appears below the buttons.")}
"""What a page says after something was done; the address names which."""


def build(
    engine: Engine,
    key: Ed25519PrivateKey | None,
    *,
    clock: Clock = wall_clock,
    language: Language = "vi",
    limits: Limits = DEFAULT,
) -> FastAPI:
    """The application on a store. ``key`` signs commands; without one there are none."""
    live = Live(engine, clock)
    sessions = Sessions(engine, clock, live.rouse)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(live.run()), asyncio.create_task(sessions.run())]
        yield
        for task in tasks:
            task.cancel()

    app = FastAPI(
        title="Trạm: the region",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    static = files("monitor") / "web" / "static"
    app.mount("/static", StaticFiles(directory=str(static)))
    _doors(app, engine, sessions, clock, language)
    _wall(app, live, sessions)
    house = House(engine, live, sessions, clock, key)
    kept = Kept(house)
    api.mount(app, house, kept)
    logs_page.mount(app, house)
    doing.mount(app, house)
    _pages(app, house, rooms(kept))
    app.add_exception_handler(404, _nothing_there)
    app.add_middleware(
        BodyLimit,
        limits=limits,
        knows=lambda scope: scope.get("state", {}).get("account") is not None,
    )
    app.add_middleware(Guard, sessions=sessions, live=live, default=language)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    return app


def rooms(kept: Kept) -> dict[str, Room]:
    """The live pages, by the first part of their address."""
    return {
        "accounts": accounts.page,
        "alarms": alarms.page,
        "booth": booth_page.page,
        "compare": compare.page,
        "history": functools.partial(history.page, kept),
        "ledger": ledger.page,
        "progress": progress.page,
        "report": report.page,
        "tree": tree.page,
    }


def _pages(app: FastAPI, house: House, known: dict[str, Room]) -> None:
    def of(path: str) -> tuple[str, str]:
        """Name of the room, and the rest of the path."""
        name, _, rest = path.strip("/").partition("/")
        return name, rest

    async def shown(request: Request) -> Response:
        visit = visit_of(request)
        name, rest = of(visit.path)
        said = SAYINGS.get(visit.query.get(SAID, ""))
        query = {k: v for k, v in visit.query.items() if k != SAID}
        visit = dataclasses.replace(visit, query=query)
        return await show(house, visit, known[name], rest, visit.reader.say(said) if said else "")

    for name in known:
        app.add_route(f"/{name}", shown)
        app.add_route(f"/{name}/{{rest:path}}", shown)

    @app.get("/live/page", include_in_schema=False)
    async def streamed(request: Request, at: str, have: str = "") -> Response:
        """What differs on the page ``at`` from what the browser has: ``name:mark,…``."""
        reader, whose = Reader(language_of(request)), request.state.account
        address = urlsplit(at)
        visit = Visit(whose, reader, address.path, dict(parse_qsl(address.query)))
        name, rest = of(address.path)
        try:
            page = known[name](house, visit, rest)
        except LookupError:
            return PlainTextResponse(reader.say("There is no such page."), 404)
        marks = dict(one.split(":", 1) for one in have.split(",") if ":" in one)

        async def events() -> AsyncIterator[str]:
            with house.sessions.seat(token_of(request), whose) as seat:
                async for event in stream(house.live, reader, page, seat, marks):
                    yield event

        return StreamingResponse(events(), media_type="text/event-stream", headers=STREAM)

    @app.get("/live/who", include_in_schema=False)
    async def who(request: Request) -> Response:
        """Whether the session lasts: the guard answers for those whose does not."""
        return Response(status_code=204, headers=STREAM)


async def _nothing_there(request: Request, error: Exception) -> Response:
    """An address that there is not: a page for people, a status for programs."""
    if request.url.path.startswith((*FOR_PROGRAMS, "/static/", "/metrics")):
        return JSONResponse({"detail": getattr(error, "detail", "Not Found")}, 404)
    return shell.answer(shell.not_here(Reader(language_of(request))), 404)


def _doors(
    app: FastAPI, engine: Engine, sessions: Sessions, clock: Clock, language: Language
) -> None:
    """Signing in and out."""

    @app.get("/signin", include_in_schema=False)
    def ask(request: Request) -> Response:
        reader = Reader(language_of(request, language))
        return shell.answer(shell.sign_in(reader, inside(request.query_params.get("next"))))

    @app.post("/signin", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        form = await form_of(request)
        reader = Reader(language_of(request, language))
        name, target = form.get("name", ""), inside(form.get("next"))
        source = source_of(request.client.host if request.client else None)
        try:
            answer = await access.sign_in(engine, name, form.get("password", ""), clock(), source)
            if isinstance(answer, Refused):
                said = _refusal(reader, answer)
                return shell.answer(shell.sign_in(reader, target, said, name), 403)
            token, lasts = await asyncio.to_thread(sessions.open, answer)
        except Busy as busy:
            said = busy.told(reader.language)
            refused = shell.answer(shell.sign_in(reader, target, said, name), 503)
            refused.headers["Retry-After"] = "3"
            return refused
        except SQLAlchemyError:
            return shell.answer(shell.away(reader), 503)
        response = RedirectResponse(target, 303)
        response.set_cookie(
            COOKIE,
            token,
            max_age=lasts,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @app.post("/signout", include_in_schema=False)
    def sign_out(request: Request) -> Response:
        try:
            account = sessions.close(token_of(request) or "")
            if account is not None:
                who = account.name
                with writing(engine) as connection:
                    access.record(connection, clock(), who, access.SIGNED_OUT, who)
        except SQLAlchemyError:
            return shell.answer(shell.away(Reader(language_of(request, language))), 503)
        response = RedirectResponse("/signin", 303)
        response.delete_cookie(COOKIE)
        return response


def _refusal(reader: Reader, refused: Refused) -> str:
    if refused.locked_s:
        return reader.say(
            "Too many wrong tries from here: the account is locked. Try again in {span}, or ask an "
            "administrator for a new password.",
            span=reader.span(refused.locked_s * 1000),
        )
    return reader.say("Name or password is wrong. Try again.")


def _wall(app: FastAPI, live: Live, sessions: Sessions) -> None:
    @app.get("/", include_in_schema=False)
    async def whole(request: Request) -> Response:
        return shell.answer(wall.page(live, visit_of(request)))

    @app.get("/live/wall", include_in_schema=False)
    async def streamed(request: Request, since: int = -1, run: str = "") -> Response:
        last = request.headers.get("last-event-id", "")
        if "-" in last:
            run, _, number = last.partition("-")
            since = int(number) if number.isdecimal() else -1
        reader, whose = Reader(language_of(request)), request.state.account

        async def events() -> AsyncIterator[str]:
            with sessions.seat(token_of(request), whose) as seat:
                async for event in wall.stream(live, reader, seat, since, run):
                    yield event

        return StreamingResponse(events(), media_type="text/event-stream", headers=STREAM)


def run(settings: Settings) -> None:
    """Serve the pages until ended by a signal; ``tram monitor`` gives this a process of its own.

    Prints ``web <address>`` when it answers; while the database is away pages say so. Raises
    ``CannotListen``, ``BadStoreUrl``, ``ConfigErrors`` and OSError when the key cannot be read.
    """
    key = None if settings.command_key is None else command_key(settings.command_key)
    with contextlib.closing(listen.bound("web", settings.web.host, settings.web.port)) as bound:
        app = build(open_store(settings.db, create=False), key, limits=settings.limits)
        web = settings.web
        certificate = str(web.certificate or "")
        address = address_of(bound, certificate)
        Server(
            BehindProxy(app) if web.behind_proxy else app,
            certificate=certificate,
            key=str(web.key or ""),
            limits=settings.limits,
            started=lambda: print(f"web {address}", flush=True),
            web_sockets=False,
            proxied=web.behind_proxy,
        ).run([bound])
