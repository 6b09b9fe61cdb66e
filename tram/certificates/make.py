"""The one maker of certificates: a CA, what it signs, and a server's that vouches for itself.

Each has what RFC 5280 section 4.2 asks for (both key identifiers, critical basic constraints and
key usage) and what the CA/Browser Forum's Baseline Requirements add (extended key usage, names as
subjectAltName only), so that the strictest verifier takes it: OpenSSL's -x509_strict, which Python
3.13 switches on, Firefox, Apple. Keys are P-256: every TLS library has it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controller.vault import durable
from ground.error import InputError
from ground.text import N_

BEFORE = timedelta(days=1)
"""Of a certificate's life, for clocks that are behind."""
CA_VALID = timedelta(days=3650)
VALID = timedelta(days=825)
"""Apple's devices take no server's certificate that lasts longer:
https://support.apple.com/en-us/103769"""

_NAME = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_COMMON_NAME_MAX = 64
"""RFC 5280 appendix A.1, ub-common-name."""


class Pair(NamedTuple):
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def write(self, certificate: Path, key: Path) -> None:
        """As PEM: the certificate for everybody, the key for its owner alone. StorageFailed."""
        secret = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        durable.write(key, secret)
        durable.write(certificate, self.certificate.public_bytes(Encoding.PEM))
        certificate.chmod(0o644)


def read(certificate: Path, key: Path) -> Pair:
    """What ``write`` wrote. Raises OSError, and ValueError for anything else in the files."""
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    try:
        secret: object = load_pem_private_key(key.read_bytes(), None)
    except TypeError:  # it has a passphrase
        secret = None
    if not isinstance(secret, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{key} holds no EC key without a passphrase")
    if secret.public_key() != read.public_key():
        raise ValueError(f"{key} is not the key of {certificate}")
    return Pair(read, secret)


def authority(name: str, now: datetime | None = None) -> Pair:
    """A root CA that signs end certificates only."""
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    return _signed(name, constraints, _usage(signs=True), None, [], CA_VALID, now)


def server(names: Iterable[str], ca: Pair | None = None, now: datetime | None = None) -> Pair:
    """For who opens one of ``names``; without ``ca`` it vouches for itself, and is no CA.

    Raises InputError for a name that is none.
    """
    whole = tuple(dict.fromkeys(names))
    alternatives = x509.SubjectAlternativeName([_alternative(name) for name in whole])
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return _end(whole[0], [alternatives, purpose], ca, now)


def client(name: str, ca: Pair, now: datetime | None = None) -> Pair:
    """For a program that shows who it is: ``name`` is the common name, which mosquitto takes for
    the user's (use_identity_as_username)."""
    return _end(name, [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])], ca, now)


def _end(name: str, more: list[x509.ExtensionType], ca: Pair | None, now: datetime | None) -> Pair:
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    return _signed(name, constraints, _usage(signs=False), ca, more, VALID, now)


def _signed(
    name: str,
    constraints: x509.BasicConstraints,
    usage: x509.KeyUsage,
    ca: Pair | None,
    more: list[x509.ExtensionType],
    valid: timedelta,
    now: datetime | None,
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_COMMON_NAME_MAX])])
    signer, issuer = (ca.key, ca.certificate.subject) if ca else (key, subject)
    start = (now or datetime.now(UTC)).replace(microsecond=0) - BEFORE
    end = start + valid - timedelta(seconds=1)  # the last second counts
    if ca is not None:
        end = min(end, ca.certificate.not_valid_after_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(constraints, critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
        )
    )
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    return Pair(builder.sign(signer, hashes.SHA256()), key)


def _usage(*, signs: bool) -> x509.KeyUsage:
    """A CA signs certificates and lists of revoked ones, an end signs its handshakes."""
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


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
            "{name} is not a name or address that a browser can open. Give this machine's own, "
            "such as booth.local or 192.168.4.1."
        ),
        name=name,
    )
