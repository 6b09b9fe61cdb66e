"""What a visitor may take: bodies before and after sign-in, connections of one and of all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from ground.serve.bounds import BodyLimit, Gate
from ground.serve.limits import Limits

KB = 1024


async def swallow(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the whole body, then says how long it was."""
    came, more = 0, True
    while more:
        message = await receive()
        came += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(came).encode()})


def asked(kb: float, *, known: bool, announced: bool, pieces: int = 8) -> int:
    """The status that a body of ``kb`` gets."""
    size = round(kb * KB)
    parts = [bytes(size // pieces)] * pieces + [bytes(size % pieces)]
    waiting = [
        {"type": "http.request", "body": part, "more_body": place < len(parts) - 1}
        for place, part in enumerate(parts)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-length", str(size).encode())] if announced else []
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    app = BodyLimit(swallow, Limits(), lambda _: known)
    asyncio.run(app(scope, receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(
    ("known", "kb", "status"),
    [(False, 64, 200), (False, 64.1, 413), (True, 4_096, 200), (True, 4_096.1, 413)],
)
def test_a_body_has_a_limit_before_sign_in_and_a_wider_one_after(
    known: bool, kb: float, status: int, announced: bool
) -> None:
    assert asked(kb, known=known, announced=announced) == status


class Line(asyncio.Transport):
    """A connection, as far as its gate looks at it."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 40_000)})
        self.closed = False

    def is_closing(self) -> bool:
        return self.closed


def test_one_address_has_64_connections_and_all_together_512() -> None:
    gate = Gate(Limits())
    lines = [Line("192.168.4.9") for _ in range(65)]
    assert [gate.lets_in(line) for line in lines] == [True] * 64 + [False]
    others = [Line(f"192.168.5.{n % 100}") for n in range(449)]
    assert [gate.lets_in(line) for line in others] == [True] * 448 + [False]


def test_what_has_ended_makes_room() -> None:
    gate = Gate(Limits(per_address=1))
    first = Line("192.168.4.9")
    assert gate.lets_in(first)
    assert not gate.lets_in(Line("192.168.4.9"))
    first.closed = True
    assert gate.lets_in(Line("192.168.4.9"))


def test_without_a_web_server_this_machine_is_an_address_like_others() -> None:
    gate = Gate(Limits(per_address=1))
    assert [gate.lets_in(Line("127.0.0.1")) for _ in range(2)] == [True, False]


def test_a_web_server_on_this_machine_brings_everybody() -> None:
    gate = Gate(Limits(per_address=1, connections=3), proxied=True)
    assert [gate.lets_in(Line("127.0.0.1")) for _ in range(4)] == [True, True, True, False]
