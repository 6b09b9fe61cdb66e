"""Console and API behind one port, inside the station's own event loop.

Only this machine is trusted by default (host 127.0.0.1). A page of another site must not reach
the station through the operator's browser: requests that carry a foreign ``Origin``, or a ``Host``
that is not this machine (DNS rebinding), are refused. There is no CORS. Other machines reach it
over TLS or not at all.
https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Origin
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from cryptography import x509
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from controller import api, config
from controller.console import pages
from controller.service import Service
from controller.traces import WithoutMessages
from edge import listen, tls
from ground.error import TramError
from ground.text import N_

GRACE_S = 1
"""Open long polls and screens get this long at the end."""


class InClear(TramError):
    """Without a certificate the console is for its own machine only."""


async def serve(service: Service, config: config.Console, *, ready: Callable[[str], None]) -> None:
    """Serve until cancelled. ``ready`` gets the address, e.g. ``http://127.0.0.1:8080``.

    Raises ``CannotListen``, OSError when the certificate cannot be read, InClear when the address
    is not this machine's own (``localhost`` is what the system says) and there is none.
    """
    for name in ("nicegui", "uvicorn.error"):
        logging.getLogger(name).addFilter(WithoutMessages())
    with contextlib.closing(listen.bound("console", config.host, config.port)) as bound:
        host, port = bound.getsockname()[:2]
        if not config.certificate and not tls.is_loopback(host):
            raise InClear(
                f"{host} without a certificate",
                N_(
                    "The console would be reached in clear at {host}. Give it a certificate and "
                    "a key (tram keys certificate makes them), or set console.host to 127.0.0.1."
                ),
                host=host,
            )
        scheme = "https" if config.certificate else "http"
        address = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
        server = _Server(application(service, config), config, lambda: ready(address))
        serving = asyncio.create_task(server.serve(sockets=[bound]), name="console")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await serving
            raise


def application(service: Service, config: config.Console) -> FastAPI:
    """API and console in one application."""
    app = api.build(service)
    app.add_middleware(
        SessionMiddleware,
        secret_key=secrets.token_hex(),  # sessions end with the process, as the vault's do
        session_cookie="tram",
        max_age=None,
        same_site="strict",
        https_only=bool(config.certificate),
    )
    pages.mount(app, service)
    app.add_middleware(SameOrigin, own_names={config.host, *_names(config.certificate)})
    return app


def _names(certificate: str) -> list[str]:
    """Names that the certificate says this machine has."""
    if not certificate:
        return []
    own = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
    try:
        names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return names.value.get_values_for_type(x509.DNSName)


class _Server(uvicorn.Server):
    """uvicorn as a guest: signals stay the station's, and it says when it answers."""

    def __init__(
        self, app: FastAPI, config: config.Console, on_started: Callable[[], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=GRACE_S,
                ws_max_size=1 << 20,
                server_header=False,
                ssl_certfile=config.certificate or None,
                ssl_keyfile=config.key or None,
                ssl_ciphers=tls.CIPHERS,
            )
        )
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


class SameOrigin:
    """Refuses what another site's page sends (see the module's text)."""

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
        host = headers.get("host", "")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return False
        name = (urlsplit(f"//{host}").hostname or "").lower()
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
