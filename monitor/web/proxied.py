"""Pages behind the region's own web server, which speaks TLS with everybody (``behind_proxy``).

That server says ``X-Forwarded-Proto: https`` of each request it passes on
(https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/X-Forwarded-Proto); whatever comes
without it came past the server, in clear, and gets no page to type a password into. Programs on
this very machine (Prometheus) may ask directly.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ground.serve import tls
from ground.text import LANGUAGES, N_, text

PAST = N_("These pages are reached over https only. Open the region's https address.")


class BehindProxy:
    """Refuses what did not come over TLS, and lets the pages know of what did."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            forwarded = Headers(scope=scope).get("x-forwarded-proto", "").strip().lower()
            if forwarded in ("https", "wss"):
                scope["scheme"] = "https" if scope["type"] == "http" else "wss"
            elif not _safe(scope, forwarded):
                if scope["type"] == "http":
                    said = "\n".join(text(language, PAST) for language in LANGUAGES)
                    await PlainTextResponse(said, 403)(scope, receive, send)
                else:
                    await send({"type": "websocket.close", "code": 1008})
                return
        await self.app(scope, receive, send)


def _safe(scope: Scope, forwarded: str) -> bool:
    """Over TLS of our own, or from this machine and for nobody else."""
    client = scope.get("client")
    direct = client is not None and not forwarded and tls.is_loopback(client[0])
    return direct or scope["scheme"] in ("https", "wss")
