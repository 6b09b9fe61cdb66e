"""Limits at a real socket: a header that never ends, too many connections, a message too long."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ground.serve.limits import Limits
from ground.serve.listen import bound
from ground.serve.server import Server
from tests.patience import CEILING_S

HEADER_S = 0.5


async def hello(_: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def echo(line: WebSocket) -> None:
    await line.accept()
    await line.send_text(str(len(await line.receive_text())))


@pytest.fixture
def port() -> Iterator[int]:
    started = threading.Event()
    app = Starlette(routes=[Route("/", hello), WebSocketRoute("/echo", echo)])
    limits = Limits(header_s=HEADER_S, connections=3)
    server = Server(app, certificate="", key="", limits=limits, started=started.set, guest=True)
    with closing(bound("web", "127.0.0.1", 0)) as listening:
        running = threading.Thread(target=server.run, args=([listening],))
        running.start()
        assert started.wait(CEILING_S)
        yield int(listening.getsockname()[1])
        server.should_exit = True
        running.join(CEILING_S)


def dialled(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=CEILING_S)


def ends(line: socket.socket) -> bool:
    """The other side hangs up; it answers nothing."""
    try:
        return line.recv(100) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_who_does_not_end_a_header_is_hung_up_on(port: int, begun: bytes) -> None:
    with dialled(port) as line:
        line.sendall(begun)
        assert ends(line)


def test_a_second_request_on_a_line_has_its_time_too(port: int) -> None:
    with dialled(port) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = b""
        while not answer.endswith(b"hello"):
            answer += line.recv(1000)
        line.sendall(b"GET / HT")
        assert ends(line)


def test_one_connection_too_many_is_hung_up_on_and_the_others_are_served(port: int) -> None:
    with dialled(port) as one, dialled(port) as two, dialled(port) as three:
        for line in (one, two, three):
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert line.recv(1000).startswith(b"HTTP/1.1 200")
        with dialled(port) as four:
            assert ends(four)


UPGRADE = (
    b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def answered(port: int, letters: int) -> bytes:
    """The first frame that answers a text message of so many letters (RFC 6455, section 5.2)."""
    with dialled(port) as line, line.makefile("rb") as reader:
        line.sendall(UPGRADE)
        while reader.readline().strip():
            pass
        mask = bytes(4)  # which leaves the letters as they are
        line.sendall(b"\x81\xff" + letters.to_bytes(8, "big") + mask + b"x" * letters)
        return reader.read(2) + reader.read(2)


def test_a_message_of_64_kb_comes_and_a_longer_one_ends_the_socket(port: int) -> None:
    assert answered(port, 65_536)[:2] == b"\x81\x05", "a text of five letters: its length"
    close, code = answered(port, 65_537)[:1], answered(port, 65_537)[2:]
    assert close == b"\x88"
    assert int.from_bytes(code, "big") == 1009, "message too big"
