"""One address for the region's pages, API, exports and metrics; one process, beside the ingest.

NiceGUI is one per process: call ``build`` once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from nicegui import ui
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.staticfiles import StaticFiles

from ground.serve import listen
from ground.serve.bounds import BodyLimit
from ground.serve.limits import Limits
from ground.serve.server import Server, address_of
from ground.text import Language
from monitor import access
from monitor.access import Refused
from monitor.config import Settings, command_key
from monitor.store.database import open_store, writing
from monitor.web import api, logs_page, shell, wall
from monitor.web.alarms import alarms_page
from monitor.web.availability import Kept, history_page
from monitor.web.booth_page import booth_page
from monitor.web.guard import Guard
from monitor.web.house import House
from monitor.web.ledger import ledger_page
from monitor.web.live import Clock, Live, wall_clock
from monitor.web.progress import progress_page
from monitor.web.proxied import BehindProxy
from monitor.web.reader import Reader
from monitor.web.region import region_page
from monitor.web.sessions import COOKIE, Sessions, language_of, token_of
from monitor.web.shell import Visit

DEFAULT = Limits()
FORM_MAX = 4096
ANSWER_S = 20.0
"""How long a page may take to be read from a busy store."""


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
    sessions = Sessions(engine, clock, live.wake)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(live.run()), asyncio.create_task(sessions.run())]
        yield
        for task in tasks:
            task.cancel()

    app = FastAPI(title="Trạm: the region", version="1", lifespan=lifespan, docs_url=None,
                  redoc_url=None, openapi_url="/api/v1/openapi.json")  # fmt: skip
    static = files("monitor") / "web" / "static"
    app.mount("/static", StaticFiles(directory=str(static)))
    _doors(app, engine, sessions, clock, language)
    _wall(app, live, sessions)
    house = House(engine, live, sessions, clock, key)
    kept = Kept(house)
    api.mount(app, house, kept)
    logs_page.mount(app, house)
    _pages(house, kept)
    ui.run_with(
        app,
        title="Trạm",
        favicon=str(static / "tram.svg"),
        dark=True,
        tailwind=False,
        show_welcome_message=False,
        binding_refresh_interval=None,
        message_history_length=100,
        reconnect_timeout=20.0,
        gzip_middleware_factory=None,  # ours, below, packs all pages
    )
    app.add_middleware(
        BodyLimit,
        limits=limits,
        knows=lambda scope: scope.get("state", {}).get("account") is not None,
    )
    app.add_middleware(Guard, sessions=sessions, live=live, default=language)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    return app


def _pages(house: House, kept: Kept) -> None:
    """The live pages."""

    @ui.page("/booth/{code}", response_timeout=ANSWER_S)
    async def booth(request: Request, code: str) -> Response | None:
        return await booth_page(house, request, visit_of(request), code)

    @ui.page("/tree", response_timeout=ANSWER_S)
    @ui.page("/tree/{path:path}", response_timeout=ANSWER_S)
    async def region(request: Request, path: str = "") -> Response | None:
        return await region_page(house, request, visit_of(request), path)

    @ui.page("/progress", response_timeout=ANSWER_S)
    @ui.page("/progress/{path:path}", response_timeout=ANSWER_S)
    async def progress(request: Request, path: str = "") -> Response | None:
        return await progress_page(house, request, visit_of(request), path)

    @ui.page("/ledger", response_timeout=ANSWER_S)
    async def ledger(request: Request) -> None:
        await ledger_page(house, request, visit_of(request))

    @ui.page("/history", response_timeout=ANSWER_S)
    @ui.page("/history/{path:path}", response_timeout=ANSWER_S)
    async def availability(request: Request, path: str = "") -> Response | None:
        return await history_page(house, kept, request, visit_of(request), path)

    @ui.page("/alarms", response_timeout=ANSWER_S)
    async def alarms(request: Request) -> None:
        await alarms_page(house, request, visit_of(request))


def visit_of(request: Request) -> Visit:
    """Who looks: the guard let them in."""
    query = "&".join(f"{k}={v}" for k, v in request.query_params.items() if k != "lang")
    path = request.url.path + (f"?{query}" if query else "")
    return Visit(request.state.account, Reader(language_of(request)), path)


def _doors(
    app: FastAPI, engine: Engine, sessions: Sessions, clock: Clock, language: Language
) -> None:
    """Signing in and out."""

    @app.get("/signin", include_in_schema=False)
    def ask(request: Request) -> Response:
        reader = Reader(language_of(request, language))
        return HTMLResponse(shell.sign_in(reader, _inside(request.query_params.get("next"))))

    @app.post("/signin", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        form = await _form(request)
        reader = Reader(language_of(request, language))
        return await asyncio.to_thread(_sign_in, request, reader, form)

    def _sign_in(request: Request, reader: Reader, form: dict[str, str]) -> Response:
        name, target = form.get("name", ""), _inside(form.get("next"))
        try:
            answer = access.check(engine, name, form.get("password", ""), clock())
            if isinstance(answer, Refused):
                said = _refusal(reader, answer)
                return HTMLResponse(shell.sign_in(reader, target, said, name), 403)
            token, lasts = sessions.open(answer)
        except SQLAlchemyError:
            return HTMLResponse(shell.away(reader), 503)
        response = RedirectResponse(target, 303)
        response.set_cookie(COOKIE, token, max_age=lasts, httponly=True, samesite="strict",
                            secure=request.url.scheme == "https")  # fmt: skip
        return response

    @app.post("/signout", include_in_schema=False)
    def sign_out(request: Request) -> Response:
        account = sessions.close(token_of(request) or "")
        if account is not None:
            with writing(engine) as connection:
                access.record(connection, clock(), account.name, access.SIGNED_OUT, account.name)
        response = RedirectResponse("/signin", 303)
        response.delete_cookie(COOKIE)
        return response


def _refusal(reader: Reader, refused: Refused) -> str:
    if refused.locked_s:
        return reader.say(
            "Too many wrong tries: the account is locked. Try again in {span}, or ask an "
            "administrator for a new password.",
            span=reader.span(refused.locked_s * 1000),
        )
    return reader.say("Name or password is wrong. Try again.")


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_MAX:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}


def _inside(target: str | None) -> str:
    """``target`` if it is a page of ours, else the wall."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\", "/signin")):
        return "/"
    return target


def _wall(app: FastAPI, live: Live, sessions: Sessions) -> None:
    @app.get("/", include_in_schema=False)
    async def show(request: Request) -> Response:
        page = wall.page(live, visit_of(request))
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    @app.get("/live/wall", include_in_schema=False)
    async def stream(request: Request, since: int = -1, run: str = "") -> Response:
        last = request.headers.get("last-event-id", "")
        if "-" in last:
            run, _, number = last.partition("-")
            since = int(number) if number.isdecimal() else -1
        reader, whose = Reader(language_of(request)), request.state.account

        async def events() -> AsyncIterator[str]:
            with sessions.seat(token_of(request), whose) as seat:
                async for event in wall.stream(live, reader, seat, since, run):
                    yield event

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


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
        ).run([bound])
