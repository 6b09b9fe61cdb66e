"""Why a broker is not reached or a certificate not accepted, and what to do about it.

OpenSSL's words name what is wrong to who knows X.509. These say it to a technician: what the
certificate lacks, and how it is made anew. The codes are OpenSSL's X509_V_ERR_*:
https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from ground.text import N_

ANEW = N_(
    "The region makes it anew with “tram monitor ca”, or with openssl as docs/certificates.md says."
)
CA_ANEW = N_(
    "The region makes its CA anew with “tram monitor ca”, or with openssl as docs/certificates.md "
    "says, then the broker's certificate, and gives the new ca.pem to every booth."
)
OWN_ANEW = N_(
    "The region makes a certificate for this machine with “tram monitor ca”, or with openssl as "
    "docs/certificates.md says; set {setting}.cert and {setting}.key."
)
OTHER_NAME = N_(
    "Set {setting}.host to a name that stands in the certificate, or let the region make the "
    "certificate anew for {host} (docs/certificates.md)."
)
CLOCK = N_(
    "First look whether the clock of this machine is right: it says {now}. If it is, the region "
    "makes the certificate anew (docs/certificates.md)."
)
OTHER_CA = N_(
    "Copy ca.pem of the region's CA, the one that signed the broker's certificate, to this machine "
    "and set {setting}.ca to it (docs/certificates.md)."
)
FILES = N_(
    "Copy the file anew from the region, let the program's user read it, or correct the path in "
    "{setting} (docs/certificates.md)."
)
PORT = N_("Set {setting}.port to the port on which the broker speaks TLS, as a rule 8883.")
LOGIN = N_(
    "Ask who keeps the region's broker whether it knows this machine, and with which name and "
    "password; correct {setting}."
)
NETWORK = N_(
    "Look at the network and at {setting}.host and {setting}.port. Everything is kept, and tried "
    "again by itself."
)

_LACKS: dict[int, tuple[str, str]] = {
    85: (N_("The certificate of {host} has no authority key identifier."), ANEW),
    86: (
        N_("The certificate of {host}, or its CA's, has no subject key identifier."),
        CA_ANEW,
    ),
    92: (N_("The CA certificate of {host} has no key usage: nothing says it may sign."), CA_ANEW),
    79: (
        N_("The certificate of {host} is signed by one that lacks CA:TRUE or keyCertSign: no CA."),
        CA_ANEW,
    ),
    89: (N_("The CA certificate of {host} has basic constraints that are not critical."), CA_ANEW),
    26: (N_("The certificate of {host} is not made for a server (serverAuth)."), ANEW),
    62: (N_("The certificate of {host} is made for other names."), OTHER_NAME),
    64: (N_("The certificate of {host} is made for other names."), OTHER_NAME),
    9: (N_("The certificate of {host} is not valid yet."), CLOCK),
    10: (N_("The certificate of {host} has expired."), CLOCK),
    18: (
        N_("The certificate of {host} vouches for itself; no CA that is trusted here signed it."),
        OTHER_CA,
    ),
    19: (N_("The certificate of {host} is of a CA that is not trusted here."), OTHER_CA),
    20: (N_("The certificate of {host} is of a CA that is not trusted here."), OTHER_CA),
    7: (N_("The certificate of {host} is signed by another CA of the same name."), OTHER_CA),
}
_LACKS[2] = _LACKS[21] = _LACKS[20]
_LACKS[32] = _LACKS[79]
_OTHERWISE = N_("The certificate of {host} is not accepted: {reason}.")

_ALERTS: dict[str, tuple[str, str]] = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": (
        N_("The broker {host} wants a certificate of this machine, and it shows none."),
        OWN_ANEW,
    ),
    "WRONG_VERSION_NUMBER": (N_("The broker {host} speaks no TLS on port {port}."), PORT),
}
_OWN_REFUSED = N_("The broker {host} does not accept the certificate of this machine: {reason}.")
_NO_TLS = N_("No TLS can be agreed on with the broker {host}: {reason}.")
_UNUSABLE = N_("The file {file} cannot be used: {reason}.")
_UNKNOWN = N_("The name {host} is not known in this network.")
_NOT_REACHED = N_("The broker {host} is not reached on port {port}: {reason}.")
_NO_LOGIN = N_("The broker {host} does not let this machine in: {reason}.")
_ENDED = N_("The connection to the broker {host} ended: {reason}.")

TEXTS = frozenset(
    {
        *(text for pair in (*_LACKS.values(), *_ALERTS.values()) for text in pair),
        _OTHERWISE,
        _OWN_REFUSED,
        _NO_TLS,
        _UNUSABLE,
        _UNKNOWN,
        _NOT_REACHED,
        _NO_LOGIN,
        _ENDED,
        OWN_ANEW,
        FILES,
        LOGIN,
        NETWORK,
        ANEW,
    }
)
"""All that a ``Refused`` may say."""


class Refused(NamedTuple):
    """``problem`` and ``remedy`` are English message ids with fields that ``params`` fills."""

    problem: str
    remedy: str
    params: Mapping[str, str]

    def __str__(self) -> str:
        """In English, for the log."""
        return f"{self.problem} {self.remedy}".format(**self.params)


class Peer(NamedTuple):
    """Who was to be reached; ``setting``: the table of the configuration that names it."""

    host: str
    port: int
    setting: str

    def refused(self, error: Exception, now: datetime | None = None) -> Refused:
        """Why ``error`` came of connecting or reading. ``now``: what this machine's clock says."""
        problem, remedy, reason = _told(error)
        return self._said(problem, remedy, reason, now, getattr(error, "filename", None))

    def not_let_in(self, reason: str) -> Refused:
        """MQTT's CONNACK or SUBACK says no."""
        return self._said(_NO_LOGIN, LOGIN, reason)

    def ended(self, reason: str) -> Refused:
        return self._said(_ENDED, NETWORK, reason)

    def _said(
        self,
        problem: str,
        remedy: str,
        reason: str,
        now: datetime | None = None,
        file: object = None,
    ) -> Refused:
        shown = (now or datetime.now(UTC)).astimezone(UTC)
        params = {
            "host": self.host,
            "port": str(self.port),
            "setting": self.setting,
            "reason": reason,
            "now": f"{shown:%Y-%m-%d %H:%M} UTC",
            "file": str(file or ""),
        }
        asked = {field for field in params if f"{{{field}}}" in problem + remedy}
        return Refused(problem, remedy, {field: params[field] for field in sorted(asked)})


def _told(error: Exception) -> tuple[str, str, str]:
    """Problem, remedy, OpenSSL's or the system's words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        problem, remedy = _LACKS.get(error.verify_code, (_OTHERWISE, ANEW))
        return problem, remedy, error.verify_message
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionResetError):
        return _ENDED, NETWORK, "the broker closed it"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        if reason in _ALERTS:
            return *_ALERTS[reason], reason
        words = reason.replace("_", " ").lower()
        if "ALERT" in reason and ("CERT" in reason or "UNKNOWN_CA" in reason):
            return _OWN_REFUSED, OWN_ANEW, words
        return _NO_TLS, NETWORK, words or str(error)
    if isinstance(error, OSError) and error.filename:
        return _UNUSABLE, FILES, error.strerror or ""
    if isinstance(error, socket.gaierror):
        return _UNKNOWN, NETWORK, str(error.strerror)
    if isinstance(error, TimeoutError):
        return _NOT_REACHED, NETWORK, "no answer in time"
    words = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return _NOT_REACHED, NETWORK, words or type(error).__name__
