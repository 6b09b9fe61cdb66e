"""paho's client, which would keep for itself why the connection to the broker broke, and may lose
what it said last.

With TLS 1.3 a broker says only behind the handshake that it does not accept a certificate (RFC 8446
section 4.4.2.4). By then CONNECT is under way: writing it fails because the broker has closed, and
what it said before that is still to be read.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from paho.mqtt.client import Client


class BrokerClient(Client):
    """``failure``: what the connection broke of; None: it has not broken, or was ended."""

    failure: OSError | None = None

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
            self.failure = self.failure or self._last_words() or error
            raise

    def _last_words(self) -> OSError | None:
        """What the broker said before it closed."""
        try:
            while self._sock is not None and self._sock.recv(1):
                pass
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError as error:
            return error
        return None

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
