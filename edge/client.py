"""paho's client, which would keep for itself why the connection to the broker broke, and may lose
what it said last.

With TLS 1.3 a broker says only behind the handshake that it does not accept a certificate (RFC 8446
section 4.4.2.4). If CONNECT is under way by then, the broker resets the connection for it, and with
that its words may be lost. So they are waited for: a broker that accepts us sends a ticket (section
4.6.1), and only one that has none makes us wait in vain.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from paho.mqtt.client import Client

VERDICT_S = 1.0
"""How long a broker's word on our certificate is waited for, a round trip and its arithmetic."""


class BrokerClient(Client):
    """``failure``: what the connection broke of; None: it has not broken, or was ended."""

    failure: OSError | None = None

    def _create_socket(self) -> Any:
        """Raises what the broker says to our certificate, before anything is sent to it."""
        sock = super()._create_socket()
        if isinstance(sock, ssl.SSLSocket) and sock.version() == "TLSv1.3":
            try:
                _listen(sock)
            except OSError:
                sock.close()
                raise
        return sock

    def _sock_recv(self, bufsize: int) -> bytes:
        try:
            return super()._sock_recv(bufsize)
        except BlockingIOError:
            raise
        except OSError as error:
            self.failure = self.failure or error
            raise

    def _sock_send(self, buf: bytes | bytearray) -> int:
        try:
            return super()._sock_send(buf)
        except BlockingIOError:
            raise
        except OSError as error:
            self.failure = self.failure or error
            raise

    @contextmanager
    def lingering(self, within_s: float) -> Iterator[None]:
        """Around ``disconnect``: the broker gets it, whatever it was sending meanwhile.

        A socket that is closed with something unread is reset (RFC 2525 section 2.17), and with it
        goes what the other end has not read yet: DISCONNECT; the broker would publish the Will. So
        it is half closed, and read until the broker closes, at most ``within_s``.
        """
        sock = self.socket()
        if sock is None or sock.fileno() < 0:
            yield
            return
        with socket.socket(fileno=os.dup(sock.fileno())) as kept:  # paho closes its own at once
            until = time.monotonic() + within_s
            yield
            with suppress(OSError):
                kept.shutdown(socket.SHUT_WR)
                while (left_s := until - time.monotonic()) > 0:
                    kept.settimeout(left_s)
                    if not kept.recv(65_536):
                        break


def _listen(sock: ssl.SSLSocket) -> None:
    """Take in what comes first: a ticket, or an alert, which is raised."""
    network = select.poll()
    network.register(sock, select.POLLIN)
    if not network.poll(VERDICT_S * 1000):
        return
    patience_s = sock.gettimeout()
    sock.setblocking(False)
    try:
        with suppress(ssl.SSLWantReadError):
            if not sock.recv(1):  # nobody speaks before our CONNECT
                raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
    finally:
        sock.settimeout(patience_s)
