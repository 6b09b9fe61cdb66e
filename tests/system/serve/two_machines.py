"""Clients of other addresses: all of 127/8 is this machine (RFC 1122, section 3.2.1.3)."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

import httpx

from tests.patience import CEILING_S


def client(url: str, address: str) -> httpx.Client:
    """Of the machine at ``address``."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=url, transport=transport, timeout=CEILING_S)


def dialled(port: int, address: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(
        ("127.0.0.1", port), timeout=CEILING_S, source_address=(address, 0)
    )


def post(port: int, path: str, body: Mapping[str, Any], address: str) -> socket.socket:
    """A connection on which the request is sent and the answer not read."""
    content = json.dumps(body).encode()
    line = dialled(port, address)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    line.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    return line


def answer(line: socket.socket) -> tuple[int, Any]:
    """Status and body of the answer to come, and the connection's end."""
    with line, line.makefile("rb") as reader:
        status = int(reader.readline().split()[1])
        size = 0
        while header := reader.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        return status, json.loads(reader.read(size) or b"null")
