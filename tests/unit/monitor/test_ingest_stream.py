"""Publications are taken out of the stream whole, however it is cut; the rest stays for paho."""

from __future__ import annotations

import socket
import struct

from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest.stream import PACKET_LIMIT, Next, Stream

PINGRESP = b"\xd0\x00"


def packet(topic: bytes, payload: bytes, first: int = 0x30) -> bytes:
    body = struct.pack("!H", len(topic)) + topic + payload
    length, header = len(body), bytearray([first])
    while length > 127:
        header.append(length & 127 | 128)
        length >>= 7
    return bytes(header) + bytes([length]) + body


def read_all(stream: Stream, found: list[tuple[bytes, bytes]]) -> int:
    """Everything that is whole; how many pings were left to paho."""
    pings = 0
    while True:
        found += stream.publications(3)
        match stream.next():
            case Next.OTHER:
                assert stream.recv(1) + stream.recv(1) == PINGRESP
                pings += 1
            case Next.NOTHING_WHOLE:
                return pings


@given(
    st.lists(st.none() | st.tuples(st.binary(max_size=20), st.binary(max_size=300)), max_size=20),
    st.lists(st.integers(1, 400), min_size=1, max_size=40),
)
def test_any_cut_gives_the_same_messages(
    things: list[tuple[bytes, bytes] | None], cuts: list[int]
) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        stream = Stream(near)
        wire = b"".join(PINGRESP if one is None else packet(*one) for one in things)
        found: list[tuple[bytes, bytes]] = []
        pings = at = 0
        while at < len(wire):
            size = cuts[at % len(cuts)]
            far.sendall(wire[at : at + size])
            at += size
            assert stream.fill()
            pings += read_all(stream, found)
        assert found == [one for one in things if one is not None]
        assert pings == things.count(None)
        assert not stream.fill()


def test_a_publication_that_wants_an_answer_is_paho_s() -> None:
    near, far = socket.socketpair()
    with near, far:
        stream = Stream(near)
        wire = packet(b"t", b"\x00\x01x", first=0x32)
        far.sendall(wire)
        stream.fill()
        assert stream.publications(9) == []
        assert stream.next() is Next.OTHER
        assert stream.recv(len(wire)) == wire


def test_a_packet_beyond_all_measure_is_thrown_away() -> None:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        stream = Stream(near)
        wire = packet(b"t", bytes(PACKET_LIMIT + 1)) + packet(b"next", b"one")
        found: list[tuple[bytes, bytes]] = []
        for at in range(0, len(wire), 100_000):
            far.sendall(wire[at : at + 100_000])
            stream.fill()
            read_all(stream, found)
        assert found == [(b"next", b"one")]


def test_the_end_of_the_connection_is_paho_s_to_find() -> None:
    near, far = socket.socketpair()
    with near:
        stream = Stream(near)
        far.sendall(packet(b"t", b"last") + b"\x30")
        far.close()
        stream.fill()
        stream.fill()
        assert stream.publications(9) == [(b"t", b"last")]
        assert stream.next() is Next.OTHER
        assert stream.recv(1) == b"\x30"
        assert stream.recv(1) == b""
