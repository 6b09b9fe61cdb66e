"""Keeps the limits: connections and headers in uvicorn's HTTP, bodies before the application."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ground.serve.limits import Limits
from ground.serve.tls import is_loopback

TOO_LARGE = 413
KB = 1024


class Gate:
    """Counts what is open. A web socket takes its connection over from HTTP, so that only the
    transport itself knows when it has ended. ``proxied``: a web server of this machine brings
    everybody, from its one address."""

    def __init__(self, limits: Limits, *, proxied: bool = False) -> None:
        self.limits, self._proxied = limits, proxied
        self._open: dict[asyncio.BaseTransport, str] = {}

    def lets_in(self, transport: asyncio.BaseTransport) -> bool:
        self._open = {one: who for one, who in self._open.items() if not one.is_closing()}
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        if len(self._open) >= self.limits.connections:
            return False
        of_it = Counter(self._open.values())[address]
        everybody = self._proxied and is_loopback(address)
        if address and not everybody and of_it >= self.limits.per_address:
            return False
        self._open[transport] = address
        return True


class Bounded(H11Protocol):
    """uvicorn's HTTP, of a bounded number of connections, with a time for each header."""

    def __init__(self, *args: Any, gate: Gate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate = gate
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._gate.lets_in(transport):
            self._wait()
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._waiting is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before or self.transport.get_protocol() is not self:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._waiting = loop.call_later(self._gate.limits.header_s, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class _TooLarge(Exception):
    pass


class BodyLimit:
    """Answers 413 to a body that is longer than who asks may send.

    ``knows``: whether the request is of somebody who has signed in.
    """

    def __init__(self, app: ASGIApp, limits: Limits, knows: Callable[[Scope], bool]) -> None:
        self.app, self._limits, self._knows = app, limits, knows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        kb = self._limits.signed_in_kb if self._knows(scope) else self._limits.body_kb
        most, came, began, over = kb * KB, 0, False, False
        announced = Headers(scope=scope).get("content-length", "0")

        async def receiving() -> Message:
            nonlocal came, over
            message = await receive()
            if message["type"] == "http.request":
                came += len(message.get("body", b""))
                if came > most:
                    over = True
                    raise _TooLarge
            return message

        async def sending(message: Message) -> None:
            nonlocal began
            if over and not began:
                return  # FastAPI makes a 400 of what happens while it reads a body
            began = True
            await send(message)

        try:
            if announced.isdecimal() and int(announced) > most:
                raise _TooLarge
            await self.app(scope, receiving, sending)
        except _TooLarge:
            over = True
        if over and not began:
            refusal = PlainTextResponse("Content Too Large", TOO_LARGE, {"Connection": "close"})
            await refusal(scope, receive, send)
