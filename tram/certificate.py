"""A self-signed certificate for pages that other machines open: there is no authority in a village
hall, so a technician compares its fingerprint once on the second screen.

Made so that today's browsers accept it once it is trusted: names as subjectAltName (RFC 6125), for
servers only, no authority itself (Firefox refuses one as a server's), and valid for 825 days, the
longest that Apple's devices take: https://support.apple.com/en-us/103769
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controller.errors import InputError
from controller.texts import N_
from controller.vault import durable

VALID = timedelta(days=825) - timedelta(seconds=1)  # the last second counts
BEFORE = timedelta(days=1)
"""Of ``VALID``, for clocks that are behind."""
OWN = ("localhost", "127.0.0.1")
"""The booth's own screen opens the same pages."""
_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
                   r"(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")  # fmt: skip
_COMMON_NAME_MAX = 64
"""RFC 5280 appendix A.1, ub-common-name."""


@dataclass(frozen=True)
class Made:
    """Absolute paths; ``fingerprint`` as browsers show it: SHA-256, pairs of hex digits."""

    certificate: Path
    key: Path
    names: tuple[str, ...]
    until: datetime
    fingerprint: str


def make(folder: Path, stem: str, names: Sequence[str], now: datetime | None = None) -> Made:
    """Write ``<stem>.pem`` and ``<stem>.key``, mode 0600, to ``folder``; they replace older ones.

    ``names``: names and addresses that other machines open; those of the machine itself are added.
    Raises InputError for one that is neither, StorageFailed.
    """
    whole = tuple(dict.fromkeys((*names, *OWN)))
    alternatives = [_alternative(name) for name in whole]
    key = ec.generate_private_key(ec.SECP256R1())
    start = (now or datetime.now(UTC)).replace(microsecond=0) - BEFORE
    certificate = _certificate(key, whole[0], alternatives, start)
    folder = folder.resolve()
    made = Made(
        folder / f"{stem}.pem",
        folder / f"{stem}.key",
        whole,
        start + VALID,
        certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    durable.write(made.key, secret)
    durable.write(made.certificate, certificate.public_bytes(Encoding.PEM))
    return made


def lines(made: Made, table: str, host: str) -> list[str]:
    """For the technician: what was made, and what belongs into the configuration."""
    return [
        f"certificate made for {', '.join(made.names)}; valid until {made.until:%Y-%m-%d}",
        "SHA-256 fingerprint, to compare in the browser of each other screen:",
        f"  {made.fingerprint}",
        "For the configuration; then start again:",
        f"[{table}]",
        f'host = "{host}"',
        f'certificate = "{made.certificate}"',
        f'key = "{made.key}"',
    ]


def _alternative(name: str) -> x509.GeneralName:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        if _NAME.fullmatch(name) and not name.replace(".", "").isdecimal():
            return x509.DNSName(name.lower())
    else:
        if not address.is_unspecified:
            return x509.IPAddress(address)
    raise InputError(
        f"no name or address: {name!r}",
        N_(
            "{name} is no name or address that a browser opens. Give the machine's own, as "
            "booth.local or 192.168.4.1."
        ),
        name=name,
    )


def _certificate(
    key: ec.EllipticCurvePrivateKey,
    name: str,
    alternatives: list[x509.GeneralName],
    start: datetime,
) -> x509.Certificate:
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_COMMON_NAME_MAX])])
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + VALID)
    )
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectAlternativeName(alternatives), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),
    ]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256())


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
