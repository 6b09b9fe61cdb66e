"""What a booth says last arrives, whatever the broker was sending meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from edge.config import Uplink
from edge.sparkplug.node import Message
from edge.uplink.mqtt import Connected, Session
from tests.patience import CEILING_S

CONNACK, DISCONNECT = b"\x20\x02\x00\x00", b"\xe0\x00"
A_COMMAND = b"\x30\x05\x00\x01ab!"
WILL = Message("spBv1.0/g/NDEATH/n", b"", 1, False)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_disconnect_is_not_lost_with_what_was_left_unread(listener: socket.socket) -> None:
    """The broker would publish the Will, and the booth would have died twice.

    tck-id-operational-behavior-edge-node-intentional-disconnect-packet
    """
    host, port = listener.getsockname()
    session = Session(Uplink(host, port, "g", tls=False), "TH0417", None)
    session.open(lambda: WILL)
    broker, _ = listener.accept()
    with broker:
        broker.sendall(CONNACK)
        session.wait(CEILING_S)
        assert session.events() == [Connected()]
        broker.sendall(A_COMMAND)
        session.close(0.5)
        said = b""
        while data := broker.recv(4096):  # only now: a broker that is busy elsewhere
            said += data
    assert said.endswith(DISCONNECT)
