"""uvicorn as both programs run it, and the rule that a page of another site is not answered.

https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Origin
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from cryptography import x509
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ground.serve import tls
from ground.serve.bounds import KB, Bounded, Gate
from ground.serve.limits import Limits

GRACE_S = 1
"""Open long polls and screens get this long at the end."""


def address_of(bound: socket.socket, certificate: str) -> str:
    """``https://192.168.4.1:8080``."""
    host, port = bound.getsockname()[:2]
    scheme = "https" if certificate else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class Server(uvicorn.Server):
    """Says when it answers. As a ``guest`` it leaves signals to the program that it is part of.

    ``proxied``: a web server of this machine stands before it, whose word (``X-Forwarded-For``) is
    taken for who asks; otherwise anybody could give another address with each try to sign in.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        certificate: str,
        key: str,
        limits: Limits,
        started: Callable[[], None],
        guest: bool = False,
        web_sockets: bool = True,
        proxied: bool = False,
    ) -> None:
        bounded: Any = partial(Bounded, gate=Gate(limits, proxied=proxied))
        super().__init__(
            uvicorn.Config(
                app,
                http=bounded,
                log_level="warning",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=GRACE_S,
                ws="auto" if web_sockets else "none",
                ws_max_size=limits.message_kb * KB,
                server_header=False,
                proxy_headers=proxied,
                ssl_certfile=certificate or None,
                ssl_keyfile=key or None,
                ssl_ciphers=tls.CIPHERS,
            )
        )
        self._started, self._guest = started, guest

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if self._guest:
            yield
        else:
            with super().capture_signals():
                yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started()


def names_of(certificate: str) -> list[str]:
    """Names that the certificate at this path, "" for none, says this machine has."""
    if not certificate:
        return []
    own = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
    try:
        names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return names.value.get_values_for_type(x509.DNSName)


def foreign(headers: Headers) -> bool:
    """Whether a page of another site has its reader's browser ask."""
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


class SameOrigin:
    """Refuses what another site's page sends, and a ``Host`` that is not this machine (DNS
    rebinding)."""

    def __init__(self, app: ASGIApp, own_names: set[str]) -> None:
        self.app = app
        names = {"localhost", socket.gethostname(), f"{socket.gethostname()}.local"}
        self._names = {name.lower() for name in names | own_names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._allowed(Headers(scope=scope)):
            if scope["type"] == "http":
                await PlainTextResponse("Forbidden", 403)(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)

    def _allowed(self, headers: Headers) -> bool:
        if foreign(headers):
            return False
        name = (urlsplit(f"//{headers.get('host', '')}").hostname or "").lower()
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
