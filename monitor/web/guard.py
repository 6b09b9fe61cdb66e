"""Between the network and every page: who is it, and is it really their own browser that asks.

A page of another site must not act through somebody's browser: state changes and web sockets that
carry a foreign ``Origin`` are refused; there is no CORS. Nothing is ever loaded from outside, no
script stands in a page, and the browser is told so (Content-Security-Policy); charts set widths
in ``style``, hence the one ``unsafe`` word.
https://developer.mozilla.org/en-US/docs/Web/HTTP/CSP
"""

from __future__ import annotations

import functools
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ground.serve.server import foreign
from ground.text import LANGUAGES, Language
from monitor.access import Account
from monitor.web import shell
from monitor.web.live import Live
from monitor.web.reader import Reader
from monitor.web.sessions import LANGUAGE_COOKIE, Sessions, language_of, token_of

OPEN = ("/signin", "/static/", "/metrics", "/api/v1/session")
"""What nobody has to be signed in for."""
FOR_PROGRAMS = ("/api/", "/export/", "/live/")
"""They get a status instead of a page."""
FOR_PAGES = ("/live/wall", "/live/page", "/live/who")
"""They begin also while the database is away, for those who are known."""
YEAR_S = 365 * 24 * 3600
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self'; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class Guard:
    """Puts the ``Account`` into ``scope["state"]``, or turns the visitor away."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, live: Live, default: Language = "vi"
    ) -> None:
        self.app, self.sessions, self.live, self.default = app, sessions, live, default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        language = language_of(request, self.default)
        chosen = request.query_params.get("lang")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if chosen in LANGUAGES and not request.url.path.startswith(FOR_PROGRAMS):
                    secure = "; Secure" if request.url.scheme == "https" else ""
                    headers.append(
                        "set-cookie",
                        f"{LANGUAGE_COOKIE}={chosen}; Path=/; Max-Age={YEAR_S}; SameSite=Strict"
                        f"{secure}",
                    )
            await send(message)

        answer = await self._turned_away(request, language)
        if answer is None:
            await self.app(scope, receive, sending)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await answer(scope, receive, sending)

    async def _turned_away(
        self, request: HTTPConnection, language: Language
    ) -> HTMLResponse | PlainTextResponse | JSONResponse | RedirectResponse | None:
        path = request.url.path
        reader = Reader(language)
        if _foreign(request):
            return PlainTextResponse("Forbidden", 403)
        state = request.scope.setdefault("state", {})
        state["account"] = None
        state["who"] = functools.partial(self.sessions.who, token_of(request))
        if path.startswith("/static/"):
            return None
        account: Account | None = await self.sessions.who(token_of(request))
        state["account"] = account
        if path.startswith(OPEN):
            return None
        away = self.live.away_since is not None or not self.live.ready
        if account is None and not away:
            if path.startswith(FOR_PROGRAMS):
                return JSONResponse(
                    {"detail": "Sign in first."}, 401, {"WWW-Authenticate": "Bearer"}
                )
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"/signin?next={quote(path + query)}", 303)
        if away:
            if path.startswith(("/api/", "/export/")) or (account is None and path in FOR_PAGES):
                detail = "The region's database does not answer. Try again in a few seconds."
                return JSONResponse({"detail": detail}, 503, {"Retry-After": "3"})
            if not path.startswith(FOR_PROGRAMS):
                return HTMLResponse(shell.away(reader), 503, {"Retry-After": "3"})
        return None


def _foreign(request: HTTPConnection) -> bool:
    return request.scope.get("method") not in ("GET", "HEAD") and foreign(request.headers)
