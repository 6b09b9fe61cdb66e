"""The region's configuration: one TOML file, every mistake of it told at once.

``docs/monitor.toml`` is a commented example. TOML: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Meta

from edge import tls
from ground.decode import Malformed, convert
from ground.error import TramError
from ground.text import N_

Port = Annotated[int, Meta(ge=1, le=65_535)]
Group = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=64)]
HostId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,40}\Z")]
Url = Annotated[str, Meta(pattern=r"^(sqlite:///.+|postgresql(\+psycopg)?://.+)\Z")]

DEFAULT_DB = "sqlite:////var/lib/tram-monitor/region.db"


class Broker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``ca``: the authority that signed the broker's certificate; with it TLS is used."""

    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Port = 1883
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    user: str | None = None
    password_file: Path | None = None

    def password(self) -> str | None:
        """Raises ``OSError``."""
        return self.password_file.read_text().strip() if self.password_file else None


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``port`` 0: any that is free. With ``certificate`` and ``key`` the pages are https.

    ``behind_proxy``: a web server of the region's speaks TLS with all others, and we with it alone.
    """

    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8081
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``workers``: the Sparkplug groups of each ingest worker; together all that the region has.

    ``db``: ``sqlite:///…`` or ``postgresql://…``. ``command_key``: made by ``tram monitor key``.
    ``region``: the region tree as CSV.
    """

    workers: Annotated[
        tuple[Annotated[tuple[Group, ...], Meta(min_length=1)], ...], Meta(min_length=1)
    ]
    db: Url = DEFAULT_DB
    host_id: HostId = "tram"
    broker: Broker = msgspec.field(default_factory=Broker)
    web: Web = msgspec.field(default_factory=Web)
    command_key: Path | None = None
    region: Path | None = None

    def worker_id(self, number: int) -> str:
        """Sparkplug host id of worker ``number``: each is a host application of its own."""
        return f"{self.host_id}-{number}"


WRONG = N_("The region's configuration is wrong. Correct all of this:\n{listing}")


class BadSettings(TramError):
    """``complaints``: each with the key it is about."""

    def __init__(self, complaints: list[str]) -> None:
        listing = "\n".join(f"  {complaint}" for complaint in complaints)
        super().__init__("; ".join(complaints), WRONG, listing=listing)
        self.complaints = complaints


_EXPECTED = {
    "workers": 'lists of groups, one list a worker: [["vn-thanh-hoa", "vn-quang-tri"]]',
    "db": '"sqlite:///path" or "postgresql://user@server/name"',
    "host_id": "letters, digits, _ and -, 40 at most",
    "broker.host": "the broker's name or address",
    "broker.port": "a port from 1 to 65535",
    "web.host": "an address of this machine",
    "web.port": "a port from 1 to 65535, or 0 for any that is free",
    "web.behind_proxy": "true or false",
}


def load(path: Path) -> Settings:
    """Raises ``BadSettings`` with everything that is wrong, and ``OSError``."""
    return read(load_raw(path))


def load_raw(path: Path) -> dict[str, Any]:
    """The file's values before they are judged. Raises ``BadSettings`` and ``OSError``."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings([f"{path}: no TOML: {error}"]) from None


def read(raw: dict[str, Any]) -> Settings:
    """Settings from plain values. Raises ``BadSettings`` with everything that is wrong."""
    complaints = list(_complaints(Settings, raw, ""))
    if not complaints:
        settings = convert(raw, Settings, _path)
        complaints = list(_contradictions(settings))
        if not complaints:
            return settings
    raise BadSettings(complaints)


def _path(type_: type, value: object) -> Path:
    if type_ is not Path or not isinstance(value, str) or not value:
        raise ValueError("no path")  # msgspec makes it a ValidationError
    return Path(value)


def _complaints(type_: Any, raw: dict[str, Any], within: str) -> Iterator[str]:
    raw = {name: value for name, value in raw.items() if value is not None}
    fields = {one.name: one for one in msgspec.structs.fields(type_)}
    for name in raw.keys() - fields.keys():
        yield f"{within}{name}: no such setting"
    for name, one in fields.items():
        key = f"{within}{name}"
        if name not in raw:
            if one.required:
                yield f"{key}: missing; {_EXPECTED[key]}"
        elif one.type in (Broker, Web):
            if isinstance(raw[name], dict):
                yield from _complaints(one.type, raw[name], f"{key}.")
            else:
                yield f"{key}: a table is expected, [{key}]"
        else:
            try:
                convert(raw[name], one.type, _path)
            except Malformed:
                yield f"{key}: {_EXPECTED.get(key, 'a text is expected')}"


def _contradictions(settings: Settings) -> Iterator[str]:
    groups = [group for worker in settings.workers for group in worker]
    for group in sorted({group for group in groups if groups.count(group) > 1}):
        yield f"workers: {group} stands twice; a group belongs to one worker"
    broker = settings.broker
    if (broker.cert is None) != (broker.key is None):
        yield "broker.cert and broker.key: both or neither"
    if broker.cert is not None and broker.ca is None:
        yield "broker.ca: missing; a certificate needs TLS, and TLS the broker's authority"
    if (broker.user is None) != (broker.password_file is None):
        yield "broker.user and broker.password_file: both or neither"
    files = {
        "broker.ca": broker.ca,
        "broker.cert": broker.cert,
        "broker.key": broker.key,
        "broker.password_file": broker.password_file,
        "command_key": settings.command_key,
        "region": settings.region,
    }
    for key, path in files.items():
        if path is not None:
            yield from _unread(key, path)
    web = settings.web
    yield from tls.faults(
        "web",
        "127.0.0.1" if web.behind_proxy else web.host,
        str(web.certificate or ""),
        str(web.key or ""),
        command="tram monitor certificate",
        otherwise=", or behind_proxy = true behind a web server that speaks TLS",
    )


def _unread(key: str, path: Path) -> Iterator[str]:
    try:
        with path.open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        yield f"{key}: there is no file {path}"
    except OSError as error:
        yield f"{key}: {path}: {error.strerror}; let the user who runs the region read it"


def command_key(path: Path) -> Ed25519PrivateKey:
    """The key that signs the region's commands. Raises ``BadSettings`` and ``OSError``."""
    try:
        key: object = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSettings([f"{path}: no command key; make one with: tram monitor key"])
    return key


def write_command_key(path: Path) -> str:
    """Make a key, readable by its owner alone; its public half in hex, for the stations.

    Its folder is made when it is not there.
    Raises ``FileExistsError``: commands signed with another key are refused by every booth.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(pem)
    return public_half(key)


def public_half(key: Ed25519PrivateKey) -> str:
    """As ``uplink.command_key`` of a station's configuration has it."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
