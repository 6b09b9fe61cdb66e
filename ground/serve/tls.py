"""When pages may be served without TLS (to their own machine only), and whether a certificate can
be used: one rule for the booth's console and the region's pages.

People's data and passphrases cross whatever network the pages are reached over, so everything but
loopback (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3) is TLS 1.2 or newer: RFC 9325.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

from ground.config import Line, line
from ground.text import N_

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secret and authenticated (RFC 9325 section 4.2). All of 1.3 are."""


OTHERS = N_("{key}: {path} is the key of another certificate; {command} makes a pair")
NO_KEY = N_("{key}: {path} holds no PEM private key without a passphrase; {command} makes one")


def is_loopback(host: str) -> bool:
    """Whether ``host``, an address or a name, is this machine and reached by no other.

    Of names only ``localhost`` is (RFC 6761 section 6.3): another one is what the network says.
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def faults(
    table: str, host: str, certificate: str, key: str, *, command: str, otherwise: str = ""
) -> Iterator[Line]:
    """A line for each thing that keeps ``[table]`` of a configuration from being served safely.

    ``certificate`` and ``key`` are paths of PEM files, "" when not given; ``command`` is what makes
    them. ``otherwise``: a message id of what else may be done instead of giving a certificate.
    """
    given = {f"{table}.certificate": certificate, f"{table}.key": key}
    missing = [name for name, path in given.items() if not path]
    if not missing:
        yield from _unusable(table, certificate, key, command)
    elif len(missing) == 1:
        yield line(
            N_("{key}: is missing: certificate and key go together; {command} makes both"),
            key=missing[0],
            command=command,
        )
    elif not is_loopback(host):
        yield line(
            N_(
                '{table}.host: "{host}" is reached by other machines, and without a certificate '
                "passphrases and people's data would cross the network in clear: give "
                "{table}.certificate and {table}.key ({command} makes them){otherwise}, or set "
                '"127.0.0.1"'
            ),
            table=table,
            host=host,
            command=command,
            otherwise=line(otherwise) if otherwise else "",
        )


def _unusable(table: str, certificate: str, key: str, command: str) -> Iterator[Line]:
    unread = False
    for name, path in (("certificate", certificate), ("key", key)):
        try:
            with Path(path).open("rb"):
                pass
        except (OSError, ValueError) as error:
            unread = True
            reason = error.strerror if isinstance(error, OSError) else "no path"
            yield line(
                N_(
                    "{key}: {path} cannot be read ({reason}): correct the path, let the program's "
                    "user read it, or make it with {command}"
                ),
                key=f"{table}.{name}",
                path=path,
                reason=reason,
                command=command,
            )
    if unread:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(certificate)
    except OSError:  # ssl.SSLError is one
        yield line(
            N_("{key}: {path} holds no PEM certificate; {command} makes one"),
            key=f"{table}.certificate",
            path=certificate,
            command=command,
        )
        return
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")  # never ask a terminal
    except OSError as error:
        mismatch = getattr(error, "reason", None) == "KEY_VALUES_MISMATCH"
        yield line(
            OTHERS if mismatch else NO_KEY,
            key=f"{table}.key",
            path=key,
            command=command,
        )
