"""What the running booth and the running region let a visitor take, by their defaults: a header
that never ends, connections, bodies before and after sign-in, messages of a web socket."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from edge.report.orders import Role
from hw.twins.booth import Booth
from monitor import access
from monitor.store.database import open_store
from tests.hil.premises import OPERATOR, OWN_PORT, PASSPHRASE, Keyring, configuration_text
from tests.system.serve.two_machines import client, dialled
from tests.system.tls.served import Served, running

KB = 1024
DESK, THIEF = "127.0.0.1", "127.0.0.66"
SPEED = 20.0
SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"


@dataclass(frozen=True)
class House:
    """``open``: a page without sign-in; ``asks``: where a stranger may send a body, ``takes``: who
    has signed in."""

    served: Served
    open: str
    asks: str
    takes: str
    token: str


@contextlib.contextmanager
def booth(folder: Path) -> Iterator[House]:
    """``tram station`` on twins, with an operator signed in."""
    data = folder / "data"
    Keyring.cut(folder / "keyring").furnish(data, [])
    twins = Booth(folder / "dev", SPEED, seed=2)
    with contextlib.ExitStack() as stack:
        stack.callback(twins.end_all)
        twins.start_all()
        ports = {name: twins.port(name) for name in ("pico", "fingerprint", "scanner")}
        ports["camera"] = f"twin:{twins.port('camera')}"
        config = folder / "station.toml"
        config.write_text(configuration_text(data, ports, SPEED, OWN_PORT))
        served = stack.enter_context(running(["tram", "station", "--config", str(config)]))
        right = {"operator": OPERATOR, "passphrase": PASSPHRASE}
        with client(served.url, DESK) as desk:
            answer = desk.post("/api/v1/unlock", json=right).raise_for_status()
        token = answer.json()["token"]
        yield House(served, "/api/v1/health", "/api/v1/unlock", "/api/v1/import-groups", token)


@contextlib.contextmanager
def region(folder: Path) -> Iterator[House]:
    """The process of the region's pages, with an operator signed in."""
    url = f"sqlite:///{folder / 'region.db'}"
    engine = open_store(url)
    name, password = "lan", "correct horse"
    now = time.time_ns() // 1_000_000
    access.add_account(engine, name, password, Role.OPERATOR, "", by="setup", now=now)
    engine.dispose()
    raw = {"db": url, "workers": [["vn-thanh-hoa"]], "web": {"host": "127.0.0.1", "port": 0}}
    with running(["tram.monitor", "web"], json.dumps(raw) + "\n") as served:
        with client(served.url, DESK) as desk:
            given = {"name": name, "password": password}
            answer = desk.post("/api/v1/session", json=given).raise_for_status()
        token = answer.json()["token"]
        asks, takes = "/api/v1/session", "/api/v1/alarms/1/acknowledge"
        yield House(served, "/signin", asks, takes, token)


@pytest.fixture(scope="module", params=[booth, region])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with request.param(tmp_path_factory.mktemp("house")) as house:
        yield house


def is_over(line: socket.socket) -> bool:
    """Whether the other side has hung up by now."""
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
    finally:
        line.setblocking(True)


def ends(line: socket.socket) -> bool:
    """Waits for the other side: does it hang up without a word?"""
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


# ---- bodies ------------------------------------------------------------------------------------


def sent(house: House, size: int, *, signed_in: bool, announced: bool = True) -> int:
    """The status that a JSON body of ``size`` bytes gets."""
    body = b'{"note": "' + b"x" * (size - 12) + b'"}'
    pieces = (body[at : at + 16 * KB] for at in range(0, size, 16 * KB))
    headers = {"Content-Type": "application/json"}
    if signed_in:
        headers["Authorization"] = f"Bearer {house.token}"
    with client(house.served.url, DESK) as desk:
        try:
            path = house.takes if signed_in else house.asks
            answer = desk.post(path, content=body if announced else pieces, headers=headers)
        except httpx.WriteError:  # it was told off and hung up on before all was sent
            return 413
        return answer.status_code


@pytest.mark.parametrize("announced", [True, False])
def test_64_kb_before_sign_in_and_4_mb_after(house: House, announced: bool) -> None:
    def status(size: int, *, signed_in: bool) -> int:
        return sent(house, size, signed_in=signed_in, announced=announced)

    assert status(64 * KB + 1, signed_in=False) == 413
    assert status(64 * KB, signed_in=False) == 422, "read, and not understood"
    assert status(64 * KB + 1, signed_in=True) == 422
    assert status(4_096 * KB, signed_in=True) == 422
    assert status(4_096 * KB + 1, signed_in=True) == 413


# ---- connections -------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
def test_a_header_has_ten_seconds(house: House, begun: bytes) -> None:
    before = time.monotonic()
    with dialled(house.served.port, THIEF) as line:
        line.sendall(begun)
        assert ends(line)
    assert time.monotonic() - before > 9.9


def test_one_address_has_64_connections_and_another_is_served_meanwhile(house: House) -> None:
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(dialled(house.served.port, THIEF)) for _ in range(65)]
        assert ends(lines.pop())
        assert not any(map(is_over, lines)), "the others stay"
        with client(house.served.url, DESK) as desk:
            assert desk.get(house.open).status_code == 200
    with client(house.served.url, THIEF) as thief:
        assert thief.get(house.open).status_code == 200, "what has ended makes room"


def test_all_together_have_512(house: House) -> None:
    with contextlib.ExitStack() as stack:
        lines = [
            stack.enter_context(dialled(house.served.port, f"127.0.2.{1 + number // 64}"))
            for number in range(513)
        ]
        assert ends(lines.pop())
        assert not any(map(is_over, lines)), "the others stay"
    with client(house.served.url, DESK) as desk:
        assert desk.get(house.open).status_code == 200, "what has ended makes room"


# ---- web sockets -------------------------------------------------------------------------------


UPGRADE = f"""GET {SOCKET} HTTP/1.1\r
Host: 127.0.0.1\r
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
""".encode()


def frames(house: House, letters: int) -> Iterator[bytes]:
    """First two bytes and content of what comes after a text of so many letters and a greeting
    (RFC 6455, section 5.2; https://socket.io/docs/v4/engine-io-protocol/)."""
    with dialled(house.served.port) as line, line.makefile("rb") as reader:
        line.sendall(UPGRADE)
        assert b" 101 " in reader.readline()
        while reader.readline().strip():
            pass
        mask = bytes(4)  # which leaves the letters as they are
        text = b"6" + b"x" * (letters - 1)  # engine.io's packet that says nothing
        line.sendall(b"\x81\xff" + letters.to_bytes(8, "big") + mask + text)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(b"\x81\x82" + mask + b"40")
        while head_of_frame := reader.read(2):
            size = head_of_frame[1]
            if size > 125:
                size = int.from_bytes(reader.read(2 if size == 126 else 8), "big")
            yield head_of_frame[:1] + reader.read(size)


@pytest.mark.parametrize("house", [booth], indirect=True)
def test_a_message_of_64_kb_comes_and_a_longer_one_ends_the_socket(house: House) -> None:
    assert next(f for f in frames(house, 64 * KB) if f[:2] != b"\x810").startswith(b"\x814")
    last = next(f for f in frames(house, 64 * KB + 1) if f[:2] != b"\x810")
    assert last[:1] == b"\x88"
    assert int.from_bytes(last[1:3], "big") == 1009, "message too big"


@pytest.mark.parametrize("house", [region], indirect=True)
def test_the_region_speaks_no_web_socket(house: House) -> None:
    with dialled(house.served.port) as line, line.makefile("rb") as reader:
        line.sendall(UPGRADE)
        assert reader.readline().startswith(b"HTTP/1.1 303"), "a page as any: first sign in"
