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
import logging
import secrets
from collections.abc import Callable

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import Scope

from controller import api, config
from controller.console import pages
from controller.service import Service
from controller.traces import WithoutMessages
from ground.error import TramError
from ground.serve import listen, tls
from ground.serve.bounds import BodyLimit
from ground.serve.limits import Limits
from ground.serve.server import SameOrigin, Server, address_of, names_of
from ground.text import N_

DEFAULT = Limits()


class InClear(TramError):
    """Without a certificate the console is for its own machine only."""


async def serve(
    service: Service,
    config: config.Console,
    limits: Limits = DEFAULT,
    *,
    ready: Callable[[str], None],
) -> None:
    """Serve until cancelled. ``ready`` gets the address, e.g. ``http://127.0.0.1:8080``.

    Raises ``CannotListen``, OSError when the certificate cannot be read, InClear when the address
    is not this machine's own (``localhost`` is what the system says) and there is none.
    """
    for name in ("nicegui", "uvicorn.error"):
        logging.getLogger(name).addFilter(WithoutMessages())
    with contextlib.closing(listen.bound("console", config.host, config.port)) as bound:
        host = bound.getsockname()[0]
        if not config.certificate and not tls.is_loopback(host):
            raise InClear(
                f"{host} without a certificate",
                N_(
                    "The console would be reached in clear at {host}. Give it a certificate and "
                    "a key (tram keys certificate makes them), or set console.host to 127.0.0.1."
                ),
                host=host,
            )
        address = address_of(bound, config.certificate)
        server = Server(
            application(service, config, limits),
            certificate=config.certificate,
            key=config.key,
            limits=limits,
            started=lambda: ready(address),
            guest=True,
        )
        serving = asyncio.create_task(server.serve(sockets=[bound]), name="console")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await serving
            raise


def application(service: Service, config: config.Console, limits: Limits = DEFAULT) -> FastAPI:
    """API and console in one application."""
    app = api.build(service)

    def knows(scope: Scope) -> bool:
        """A program by its token, a browser by its session."""
        token = Headers(scope=scope).get("authorization", "").removeprefix("Bearer ").strip()
        return service.session_valid(token) or sessions.knows(scope.get("session", {}).get("id"))

    app.add_middleware(BodyLimit, limits=limits, knows=knows)  # within the sessions
    app.add_middleware(
        SessionMiddleware,
        secret_key=secrets.token_hex(),  # sessions end with the process, as the vault's do
        session_cookie="tram",
        max_age=None,
        same_site="strict",
        https_only=bool(config.certificate),
    )
    sessions = pages.mount(app, service)
    app.add_middleware(SameOrigin, own_names={config.host, *names_of(config.certificate)})
    return app
