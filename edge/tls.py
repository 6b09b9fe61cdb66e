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

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secret and authenticated (RFC 9325 section 4.2). All of 1.3 are."""


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
) -> Iterator[str]:
    """A line for each thing that keeps ``[table]`` of a configuration from being served safely.

    ``certificate`` and ``key`` are paths of PEM files, "" when not given; ``command`` is what makes
    them. ``otherwise``: what else may be done instead of giving a certificate.
    """
    given = {f"{table}.certificate": certificate, f"{table}.key": key}
    missing = [name for name, path in given.items() if not path]
    if not missing:
        yield from _unusable(table, certificate, key, command)
    elif len(missing) == 1:
        yield f"{missing[0]}: is missing: certificate and key go together; {command} makes both"
    elif not is_loopback(host):
        yield (
            f'{table}.host: "{host}" is reached by other machines, and without a certificate '
            f"passphrases and people's data would cross the network in clear: give "
            f"{table}.certificate and {table}.key ({command} makes them){otherwise}, or set "
            f'"127.0.0.1"'
        )


def _unusable(table: str, certificate: str, key: str, command: str) -> Iterator[str]:
    unread = False
    for name, path in (("certificate", certificate), ("key", key)):
        try:
            with Path(path).open("rb"):
                pass
        except (OSError, ValueError) as error:
            unread = True
            reason = error.strerror if isinstance(error, OSError) else "no path"
            yield (
                f"{table}.{name}: {path} cannot be read ({reason}): correct the path, let the "
                f"program's user read it, or make it with {command}"
            )
    if unread:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(certificate)
    except OSError:  # ssl.SSLError is one
        yield f"{table}.certificate: {certificate} holds no PEM certificate; {command} makes one"
        return
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")  # never ask a terminal
    except OSError as error:
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            yield f"{table}.key: {key} is the key of another certificate; {command} makes a pair"
        else:
            yield (
                f"{table}.key: {key} holds no PEM private key without a passphrase; {command} "
                f"makes one"
            )
