"""A program that serves over TLS, as a process of its own, and what other machines see of it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.patience import CEILING_S
from tram.certificates.pages import Made

REPO = Path(__file__).parents[3]


@dataclass(frozen=True)
class Served:
    """``said``: the address it printed; ``url``: the same on this machine."""

    said: str
    url: str
    port: int


@contextmanager
def running(arguments: list[str], given: str = "") -> Iterator[Served]:
    """``python -m …`` until its first line, ``<part> <address>``; ``given`` is its standard input,
    which stays open."""
    command = [sys.executable, "-m", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPO
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(given)
            process.stdin.flush()
            said = process.stdout.readline().split()[1]
            parts = urlsplit(said)
            assert parts.port is not None
            yield Served(said, f"{parts.scheme}://127.0.0.1:{parts.port}", parts.port)
        finally:
            process.terminate()
            process.wait(CEILING_S)


def trusting(made: Made) -> ssl.SSLContext:
    """A browser that was told to trust the certificate, as strict as Python 3.13."""
    context = ssl.create_default_context(cafile=made.certificate)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def trusting_client(served: Served, made: Made) -> httpx.Client:
    return httpx.Client(base_url=served.url, verify=trusting(made), timeout=CEILING_S)


def handshake(served: Served, context: ssl.SSLContext) -> tuple[str, str]:
    """Protocol and cipher agreed on. Raises ``ssl.SSLError``."""
    with (
        socket.create_connection(("127.0.0.1", served.port), CEILING_S) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped,
    ):
        agreed = wrapped.cipher()
        assert agreed is not None
        return agreed[1], agreed[0]
