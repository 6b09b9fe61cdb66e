"""JSON objects, one a line, over a Unix socket: QEMU's monitor and the guest's agent speak so.

QMP: https://www.qemu.org/docs/master/interop/qmp-spec.html; the agent:
https://www.qemu.org/docs/master/interop/qemu-ga-ref.html.
"""

from __future__ import annotations

import itertools
import json
import select
import socket
import time
from pathlib import Path
from typing import Any


class Refused(AssertionError):
    """The other end understood and said no."""


class Gone(AssertionError):
    """The other end closed the line, or said nothing in time."""


class Wire:
    """One line, one question at a time. ``events``: what came unasked, oldest first (QMP)."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._part = b""
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    def close(self) -> None:
        self._socket.close()

    def ask(self, command: str, timeout_s: float, **arguments: Any) -> Any:
        """The answer's ``return``. Raises ``Refused``, ``Gone``."""
        number = next(self._numbers)
        request = {"execute": command, "arguments": arguments, "id": number}
        self._send(json.dumps(request).encode() + b"\n")
        end = time.monotonic() + timeout_s
        while True:
            answer = self._next(end)
            if answer is None:
                raise Gone(f"{command}: no answer in {timeout_s:g} s")
            if "event" in answer:
                self.events.append(answer)
            elif answer.get("id") == number:
                if "error" in answer:
                    raise Refused(f"{command}: {answer['error']['desc']}")
                return answer["return"]

    def event(self, name: str, timeout_s: float) -> dict[str, Any] | None:
        """The oldest event of this name, taken out of ``events``; None when none comes in time."""
        end = time.monotonic() + timeout_s
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            came = self._next(end)
            if came is None:
                return None
            if "event" in came:
                self.events.append(came)

    def agree(self, timeout_s: float) -> bool:
        """Whether an agent is there and answers what it is asked now (guest-sync-delimited)."""
        number = next(self._numbers)
        request = {"execute": "guest-sync-delimited", "arguments": {"id": number}}
        # 0xFF ends whatever an agent that was cut off had half heard.
        self._send(b"\xff" + json.dumps(request).encode() + b"\n")
        end = time.monotonic() + timeout_s
        while (answer := self._next(end)) is not None:
            if answer.get("return") == number:
                return True
        return False

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Gone(str(error)) from error

    def _next(self, end: float) -> dict[str, Any] | None:
        while b"\n" not in self._part:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                return None
            try:
                data = self._socket.recv(65536)
            except OSError as error:
                raise Gone(str(error)) from error
            if not data:
                raise Gone("the line was closed")
            self._part += data
        line, _, self._part = self._part.partition(b"\n")
        line = line.rpartition(b"\xff")[2].strip()
        if not line:
            return self._next(end)
        answer: dict[str, Any] = json.loads(line)
        return answer
