"""Whom a TLS client believes: the same on every Python, and as strict as Python 3.13 is by itself.

``ssl.create_default_context`` verifies by RFC 5280 to the letter only since Python 3.13
(VERIFY_X509_STRICT). A region whose certificates lack something would then serve its booths until
one is set up anew on a newer system; so it is told at once, on every system.
https://docs.python.org/3/library/ssl.html#ssl.create_default_context
"""

from __future__ import annotations

import ssl
from pathlib import Path

STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
"""What Python 3.13 adds: RFC 5280's "must"; and a certificate that is named is trusted, root or
not."""


class UnusableFile(OSError):
    """A file with a certificate or key that cannot be read, or holds none. ``filename`` is set."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(0, reason, str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


def client_context(
    ca: Path | None = None, cert: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """TLS 1.2 or newer (RFC 9325) to a server whose certificate ``ca`` vouches for; None: the
    system's authorities. ``cert`` and ``key``: what the client shows of itself.

    All are PEM files. Raises ``UnusableFile``.
    """
    for path in (ca, cert, key):
        if path is not None:
            try:
                with path.open("rb"):
                    pass
            except OSError as error:
                raise UnusableFile(path, error.strerror or "cannot be read") from None
    try:
        context = ssl.create_default_context(cafile=str(ca) if ca else None)
    except OSError:  # ssl.SSLError is one
        assert ca is not None
        raise UnusableFile(ca, "holds no PEM certificate") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= STRICT
    if cert is not None and key is not None:
        try:
            context.load_cert_chain(cert, key, password=lambda: b"")  # never ask a terminal
        except OSError as error:
            if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
                raise UnusableFile(key, f"is not the key of {cert}") from None
            reason = "with its key, holds no PEM certificate and key without a passphrase"
            raise UnusableFile(cert, reason) from None
    return context
