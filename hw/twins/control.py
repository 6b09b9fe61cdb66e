"""The side channel of every twin: one JSON object a line over a Unix socket.

A request is ``{"op": name, …arguments}``; the answer ``{"ok": true, …}`` or
``{"ok": false, "error": text}``. Tests, the virtual crowd and people at a keyboard
(``socat - UNIX:DIR/dev/finger.ctl``) use it to do what hands do on real hardware: press a button,
put a finger on the glass, take the paper out. Every twin also knows ``fault`` (``kind`` one of
``silence``, ``nak``, ``corrupt``, ``hang``, ``slow``, ``disconnect``, with ``count`` where it makes
sense) and ``heal``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any] | None]]


async def serve(path: Path, handler: Handler) -> asyncio.Server:
    """Listen on ``path`` and answer every line with ``handler(request)``; ValueError → not ok."""
    path.unlink(missing_ok=True)  # noqa: ASYNC240  (before anything runs)
    path.parent.mkdir(parents=True, exist_ok=True)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while line := await reader.readline():
                try:
                    answer = {"ok": True, **((await handler(json.loads(line))) or {})}
                except (ValueError, KeyError, TypeError) as error:
                    answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(client, str(path))
    os.chmod(path, 0o600)
    return server


class Hand:
    """Blocking client: ``Hand(path).do("press", button="ticket")``; ValueError if refused."""

    def __init__(self, path: Path, timeout_s: float = 60.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")

    def do(self, op: str, **arguments: Any) -> dict[str, Any]:
        self._socket.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
        if not (line := self._lines.readline()):
            raise ConnectionResetError("the twin is gone")
        answer: dict[str, Any] = json.loads(line)
        if not answer.pop("ok"):
            raise ValueError(f"{op}: {answer['error']}")
        return answer

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
