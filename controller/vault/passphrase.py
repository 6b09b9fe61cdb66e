"""age's passphrase seal for a small secret, with a strength of our own choosing.

Format: https://github.com/C2SP/C2SP/blob/main/age.md; any age program opens it. pyrage seals so
too, but *measures* how much work one second is: on a busy machine it sealed with a 32nd of the
work, and refused to open what an idle machine had sealed. Here the work is a number.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from controller.vault import scrypt

LOG_N = 18
"""scrypt's work: 2**18, the age program's own. 256 MiB; 0.8 s of a PC's core, two of a Pi 4's."""
MAX_LOG_N = 20
"""More is not worked out: 2**20 is a gigabyte, all that a small booth has."""
CHUNK_MAX = 64 * 1024
"""Bytes of the payload's one chunk."""

_FILE = re.compile(
    rb"(?P<header>age-encryption\.org/v1\n"
    rb"-> scrypt (?P<salt>[A-Za-z0-9+/]{22}) (?P<log_n>[1-9][0-9]?)\n"
    rb"(?P<body>[A-Za-z0-9+/]{43})\n---) (?P<mac>[A-Za-z0-9+/]{43})\n"
    rb"(?P<nonce>.{16})(?P<chunk>.{16,})",
    re.DOTALL,
)
_ONLY_CHUNK = bytes(11) + b"\x01"
"""Nonce of a payload's chunk 0 that is the last one, too."""


class WrongPhrase(Exception):
    """The file is not sealed by this passphrase."""


class BadSeal(Exception):
    """No age file of one passphrase, a changed one, or one that asks for too much work."""


@dataclass(frozen=True)
class Opened:
    """``log_n``: the work that protected it, to seal it anew when that was too little."""

    secret: bytes
    log_n: int


def seal(secret: bytes, passphrase: str) -> bytes:
    """An age file of ``secret`` (at most 64 KiB). One to two seconds. Raises ScryptFailed."""
    assert len(secret) <= CHUNK_MAX
    file_key, salt, nonce = (secrets.token_bytes(16) for _ in range(3))
    wrap = scrypt.wrapping_key(_phrase(passphrase), salt, LOG_N)
    body = ChaCha20Poly1305(wrap).encrypt(bytes(12), file_key, None)
    header = b"age-encryption.org/v1\n-> scrypt %s %d\n%s\n---" % (_text(salt), LOG_N, _text(body))
    chunk = ChaCha20Poly1305(_payload_key(file_key, nonce)).encrypt(_ONLY_CHUNK, secret, None)
    return header + b" " + _text(_mac(file_key, header)) + b"\n" + nonce + chunk


def unseal(sealed: bytes, passphrase: str) -> Opened:
    """What ``seal`` was given. One to two seconds. Raises WrongPhrase, BadSeal, ScryptFailed."""
    found = _FILE.fullmatch(sealed)
    if found is None:
        raise BadSeal("no age file of a passphrase")
    log_n = int(found["log_n"])
    if log_n > MAX_LOG_N:
        raise BadSeal(f"asks for too much work, 2**{log_n}")
    salt, body, mac = (_bytes(found[name]) for name in ("salt", "body", "mac"))
    wrap = scrypt.wrapping_key(_phrase(passphrase), salt, log_n)
    try:
        file_key = ChaCha20Poly1305(wrap).decrypt(bytes(12), body, None)
    except InvalidTag:
        raise WrongPhrase from None
    if not hmac.compare_digest(mac, _mac(file_key, found["header"])):
        raise BadSeal("its head was changed")
    cipher = ChaCha20Poly1305(_payload_key(file_key, found["nonce"]))
    try:
        return Opened(cipher.decrypt(_ONLY_CHUNK, found["chunk"], None), log_n)
    except InvalidTag:
        raise BadSeal("its content was changed") from None


def stretched(passphrase: str) -> None:
    """The work of ``unseal``, for nothing. Raises ScryptFailed."""
    scrypt.wrapping_key(_phrase(passphrase), secrets.token_bytes(scrypt.SALT_BYTES), LOG_N)


def _phrase(passphrase: str) -> bytes:
    """One phrase typed with two input methods is one phrase: composed and decomposed alike."""
    return unicodedata.normalize("NFC", passphrase).encode()


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_derived(file_key, None, b"header"), header, hashlib.sha256)


def _payload_key(file_key: bytes, nonce: bytes) -> bytes:
    return _derived(file_key, nonce, b"payload")


def _derived(file_key: bytes, salt: bytes | None, label: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, label).derive(file_key)


def _text(raw: bytes) -> bytes:
    return base64.b64encode(raw).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    return base64.b64decode(text + b"=" * (-len(text) % 4))
