"""Who can open what: the keys of a station under ``DIR/keys/``.

    region.pub              age recipient of the region; its identity is never on a booth
    shift.pub               age recipient of the shift: open dossiers are sealed to it too
    station.pub             Ed25519 public key that signs packets, and its id
    operators/OP7.age       per operator, sealed by their passphrase: the shift's identity, the
                            station's signing key, the person key

What a thief of a booth that is switched off (or locked) has: public keys, the journal with
digests of sealed files and keyed digests of identity numbers, sealed files, and operators' bundles
to guess passphrases against at a second of a core and 256 MiB a guess. What he lacks: the shift's
identity, so no artefact of an open dossier opens; the region's identity, so no packet opens; the
signing key, so no packet can be forged; the person key, so no identity number can be tried against
the journal.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pyrage import x25519

from controller.vault import durable
from controller.vault import passphrase as passphrase_seal
from controller.vault.scrypt import ScryptFailed
from edge.journal.events import OperatorId
from ground.decode import Malformed, convert, from_json
from ground.error import InputError, TramError
from ground.text import N_

PUBLIC = ("region.pub", "shift.pub", "station.pub")
"""What every start reads."""
MIN_PASSPHRASE = 8
"""Characters. Shorter ones fall to guessing within days even at one second a guess."""


class WrongPassphrase(TramError):
    """No such operator, or not their passphrase: not told apart, so that nobody can fish."""


class BadOperator(InputError, ValueError):
    """That is no operator's number. A ValueError too: it could name any file."""


class KeysUnusable(TramError):
    """A key file is missing, damaged or contradicts another; the text names it."""


@dataclass(frozen=True)
class StationKey:
    """Public half of the key that signs packets. ``id``: first 16 hex digits of its SHA-256."""

    public: bytes

    @property
    def id(self) -> str:
        return hashlib.sha256(self.public).hexdigest()[:16]

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):  # ValueError: not a key at all
            return False
        return True

    def line(self) -> str:
        """Content of ``station.pub``."""
        return f"ed25519 {self.public.hex()} {self.id}\n"

    @classmethod
    def parse(cls, line: str) -> StationKey:
        """Raises ValueError when ``line`` is not what ``line()`` writes."""
        match line.split():
            case ["ed25519", public, key_id] if re.fullmatch("[0-9a-f]{64}", public):
                key = cls(bytes.fromhex(public))
                if key.id == key_id:
                    return key
                raise ValueError("the id does not belong to the key")
        raise ValueError("expected: ed25519 <64 hex digits> <16 hex digits>")


class _Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator's passphrase opens. Never printed: see ``Keys.__repr__``."""

    operator: str
    shift: str
    station: bytes
    person: bytes

    def __repr__(self) -> str:
        return "_Bundle(…)"


_bundle_of = from_json(_Bundle)


class Keys:
    """The opened keys, in memory while an operator is unlocked. Its repr shows nothing."""

    __slots__ = ("_bundle", "_station", "shift")

    def __init__(self, bundle: _Bundle) -> None:
        """Raises ValueError or pyrage.IdentityError when ``bundle`` does not hold keys."""
        self._bundle = bundle
        self._station = Ed25519PrivateKey.from_private_bytes(bundle.station)
        self.shift = x25519.Identity.from_str(bundle.shift)

    @property
    def operator(self) -> str:
        return self._bundle.operator

    @property
    def station(self) -> StationKey:
        return StationKey(self._station.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature (64 bytes) of the station."""
        return self._station.sign(message)

    def person_digest(self, number: str) -> str:
        """HMAC-SHA-256 (hex) of an identity number, however it was spaced or dotted."""
        digits = "".join(c for c in unicodedata.normalize("NFKC", number) if c.isalnum())
        return hmac.new(self._bundle.person, digits.encode(), hashlib.sha256).hexdigest()

    def bundle(self, operator: str) -> bytes:
        """The keys as plain bytes, for ``operator``: to be sealed at once, never stored."""
        return msgspec.json.encode(msgspec.structs.replace(self._bundle, operator=operator))

    @classmethod
    def from_bundle(cls, bundle: bytes) -> Keys:
        """What ``bundle()`` gave. Raises Malformed or pyrage.IdentityError on anything else."""
        return cls(_bundle_of(bundle))

    def __repr__(self) -> str:
        return "Keys(…)"


def exist(data: Path) -> bool:
    """Whether ``create`` was completed under ``data``."""
    return (data / "keys" / "station.pub").is_file()


def create(data: Path, region: str, operator: str, passphrase: str) -> None:
    """Make the station's keys and seal them to the first operator. About three seconds.

    ``region`` is the region's age recipient (``age1…``). Raises KeysUnusable when the keys exist
    already or ``region`` is not a recipient, WrongPassphrase when the passphrase is too short,
    BadOperator.
    """
    _bundle_path(data, operator)
    if exist(data):
        raise KeysUnusable(
            "the station has keys already",
            N_("This station already has keys. Add an operator to them instead."),
        )
    try:
        x25519.Recipient.from_str(region.strip())
    except pyrage.RecipientError as error:
        raise KeysUnusable(
            f"region's recipient: {error}",
            N_("The region's key is not an age recipient (age1…). Copy it again."),
        ) from None
    keys = generate(operator)
    add_operator(data, keys, operator, passphrase)
    publish(data, region, keys)


def generate(operator: str) -> Keys:
    """New keys of a station, in memory only."""
    return Keys(
        _Bundle(
            operator=operator,
            shift=str(x25519.Identity.generate()),
            station=Ed25519PrivateKey.generate().private_bytes_raw(),
            person=secrets.token_bytes(32),
        )
    )


def publish(data: Path, region: str, keys: Keys) -> None:
    """Write the public halves: of the region (``age1…``, a recipient), the shift, the station."""
    folder = data / "keys"
    durable.write(folder / "region.pub", f"{region.strip()}\n".encode())
    durable.write(folder / "shift.pub", f"{keys.shift.to_public()}\n".encode())
    # Last, because its presence says that the rest is there.
    durable.write(folder / "station.pub", keys.station.line().encode())


def add_operator(data: Path, keys: Keys, operator: str, passphrase: str) -> None:
    """Let ``operator`` (``OP…``) unlock; again for the same operator changes their passphrase.

    About three seconds. Raises WrongPassphrase when it is too short, KeysUnusable,
    BadOperator.
    """
    path = _bundle_path(data, operator)
    if len(passphrase) < MIN_PASSPHRASE:
        raise WrongPassphrase(
            "passphrase too short",
            N_("The passphrase is too short. Use at least {count} characters."),
            count=MIN_PASSPHRASE,
        )
    try:
        durable.write(path, passphrase_seal.seal(keys.bundle(operator), passphrase))
    except ScryptFailed as error:
        raise _not_now(error) from None


def unlock(data: Path, operator: str, passphrase: str) -> Keys:
    """Open the keys. One to two seconds: call it off the event loop.

    A bundle that was sealed with less work than today's is sealed anew.

    Raises WrongPassphrase (unknown operator included), KeysUnusable when the bundle is damaged
    or the machine could not work it out.
    """
    wrong = WrongPassphrase(
        "operator or passphrase is wrong",
        N_("The operator number or the passphrase is wrong. Try again."),
    )
    if operator_id(operator) is None:
        raise wrong
    path = _bundle_path(data, operator)
    if not path.is_file():
        try:
            passphrase_seal.stretched(passphrase)  # or the time would tell who is an operator
        except ScryptFailed as error:
            raise _not_now(error) from None
        raise wrong
    try:
        opened = passphrase_seal.unseal(path.read_bytes(), passphrase)
        keys = Keys.from_bundle(opened.secret)
    except OSError as error:
        raise _damaged(path, _reason(error)) from None
    except ScryptFailed as error:
        raise _not_now(error) from None
    except passphrase_seal.WrongPhrase:
        raise wrong from None
    except passphrase_seal.BadSeal as error:
        raise _damaged(path, str(error)) from None
    except (pyrage.IdentityError, ValueError, Malformed) as error:
        raise _damaged(path, type(error).__name__) from None
    if str(keys.shift.to_public()) != str(shift_recipient(data)):
        raise _damaged(path, "another shift key than shift.pub")
    if keys.operator != operator or keys.station != station_key(data):
        raise _damaged(path, "another operator or station key")
    if opened.log_n < passphrase_seal.LOG_N:  # an earlier version's, sealed beside a busy machine
        with contextlib.suppress(ScryptFailed, OSError):  # the next unlock tries again
            durable.write(path, passphrase_seal.seal(opened.secret, passphrase))
    return keys


def shift_recipient(data: Path) -> x25519.Recipient:
    """Raises KeysUnusable."""
    return _recipient(_public(data, "shift.pub"))


def region_recipient(data: Path) -> x25519.Recipient:
    """Raises KeysUnusable."""
    return _recipient(_public(data, "region.pub"))


def station_key(data: Path) -> StationKey:
    """Raises KeysUnusable."""
    return read_station_key(_public(data, "station.pub"))


def read_station_key(path: Path) -> StationKey:
    """The key in a file as ``station.pub``. Raises KeysUnusable."""
    try:
        return StationKey.parse(path.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise _damaged(path, _reason(error)) from None


def _public(data: Path, name: str) -> Path:
    """Path of a public key. Raises KeysUnusable where no keys were ever made."""
    if any((data / "keys" / file).exists() for file in PUBLIC):
        return data / "keys" / name
    raise KeysUnusable(
        f"no keys under {data}",
        N_(
            "This booth has no keys yet. Make them, then start again: sudo -u tram "
            "/opt/tram/.venv/bin/tram keys create --data {data} --region age1… --operator OP1 "
            "(the region tells its age1…)."
        ),
        data=data,
    )


def _recipient(path: Path) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(path.read_text("ascii").strip())
    except (OSError, ValueError, pyrage.RecipientError) as error:
        raise _damaged(path, _reason(error)) from None


def operator_id(operator: str) -> str | None:
    """``operator`` if it can be an operator's number, None otherwise."""
    try:
        convert(operator, OperatorId)
    except Malformed:
        return None
    return operator


def _bundle_path(data: Path, operator: str) -> Path:
    """Raises BadOperator when ``operator`` is not an id, which could name any file."""
    if operator_id(operator) is None:
        raise BadOperator(
            "not an operator's number",
            N_("An operator's number is OP and one to four digits, such as OP1. Type it again."),
        )
    return data / "keys" / "operators" / f"{operator}.age"


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not a text file"
    return (error.strerror or "unreadable") if isinstance(error, OSError) else str(error)


def _damaged(path: Path, reason: str) -> KeysUnusable:
    return KeysUnusable(
        f"key file {path.name}: {reason}",
        N_("The key file {file} is missing or damaged ({reason}). Call the technician."),
        file=path.name,
        reason=reason,
    )


def _not_now(error: Exception) -> KeysUnusable:
    return KeysUnusable(
        f"scrypt did not finish: {error}",
        N_("The machine is too busy to check the passphrase. Wait a minute and try again."),
    )
