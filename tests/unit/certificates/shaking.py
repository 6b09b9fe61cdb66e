"""A TLS handshake between two contexts, without a socket: what one end sends the other reads."""

from __future__ import annotations

import ssl
from pathlib import Path


def shaken(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> None:
    """Raises what either end raises, the client's first (RFC 8446 section 2)."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [ours, theirs]
    while waiting:
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
    theirs.write(b"CONNACK")  # with TLS 1.3 what the server thinks of the client comes by here
    assert ours.read() == b"CONNACK"


def serving(cert: Path, key: Path, clients_of: Path | None = None) -> ssl.SSLContext:
    """A server's context; ``clients_of``: it wants certificates of this CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_verify_locations(clients_of)
    return context
