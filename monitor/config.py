"""The region's configuration, ``monitor.toml``.

``docs/monitor.toml`` is a commented example; ``ground/config`` reads it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ground import config
from ground.config import ConfigErrors, Line, Port, PortOrAny, Rule, Values, line, load_document
from ground.serve import tls
from ground.serve.limits import Limits
from ground.text import N_, Language

Group = Annotated[
    str,
    Rule(
        pattern=r"[a-z0-9]+(-[a-z0-9]+)*",
        most=64,
        says=N_('a group of small letters, digits and dashes, such as "vn-thanh-hoa"'),
    ),
]
Address = Annotated[str, Rule(least=1, most=253, says=N_("a name or address"))]
Mailbox = Annotated[
    str,
    Rule(
        pattern=r"[^@\s]+@[^@\s]+", most=254, says=N_('a mail address, such as "tram@example.vn"')
    ),
]

DEFAULT_DB = "sqlite:////var/lib/tram-monitor/region.db"


@dataclass(frozen=True)
class Broker:
    """``ca``: the authority that signed the broker's certificate; with it TLS is used."""

    host: Address = "127.0.0.1"
    port: Port = 1883
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    user: str | None = None
    password_file: Path | None = None

    def password(self) -> str | None:
        """Raises ``OSError``."""
        return self.password_file.read_text().strip() if self.password_file else None


@dataclass(frozen=True)
class Web:
    """``port`` 0: any that is free. With ``certificate`` and ``key`` the pages are https.

    ``behind_proxy``: a web server of the region's speaks TLS with all others, and we with it alone.
    """

    host: Address = "127.0.0.1"
    port: PortOrAny = 8081
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False


@dataclass(frozen=True)
class Notify:
    """Where alarms are sent on to. ``branch``: of these places alone; ``severity``: up to this one
    (1 act now, 2 act today, 3 know). ``mail_tls``: STARTTLS before anything else is said."""

    webhook: (
        Annotated[
            str,
            Rule(
                pattern=r"https?://\S+",
                says=N_('a web address, such as "https://example.vn/hook"'),
                secret=True,
            ),
        ]
        | None
    ) = None
    mail_host: Address | None = None
    mail_port: Port = 587
    mail_tls: bool = True
    mail_user: str | None = None
    mail_password_file: Path | None = None
    mail_from: Mailbox | None = None
    mail_to: Annotated[
        tuple[Mailbox, ...], Rule(says=N_('a list of mail addresses: ["tram@example.vn"]'))
    ] = ()
    branch: str = ""
    severity: Annotated[
        int, Rule(least=1, most=3, says=N_("1 (act now), 2 (act today as well) or 3 (all)"))
    ] = 1
    language: Language = "vi"

    def mail_password(self) -> str | None:
        """Raises ``OSError``."""
        file = self.mail_password_file
        return file.read_text().strip() if file is not None else None


@dataclass(frozen=True)
class Settings:
    """``workers``: the Sparkplug groups of each ingest worker; together all that the region has.

    ``db``: ``sqlite:///…`` or ``postgresql://…``. ``command_key``: made by ``tram monitor key``.
    ``region``: the region tree as CSV.
    """

    workers: Annotated[
        tuple[Annotated[tuple[Group, ...], Rule(least=1)], ...],
        Rule(
            least=1,
            says=N_('lists of groups, one list a worker: [["vn-thanh-hoa", "vn-quang-tri"]]'),
        ),
    ]
    db: Annotated[
        str,
        Rule(
            pattern=r"(sqlite:///.+|postgresql(\+psycopg)?://.+)",
            says=N_('"sqlite:///path" or "postgresql://user@server/name"'),
            secret=True,
        ),
    ] = DEFAULT_DB
    host_id: Annotated[
        str,
        Rule(pattern=r"[A-Za-z0-9_-]{1,40}", says=N_("letters, digits, _ and -, 40 at most")),
    ] = "tram"
    broker: Broker = field(default_factory=Broker)
    web: Web = field(default_factory=Web)
    limits: Limits = field(default_factory=Limits)
    notify: Notify = field(default_factory=Notify)
    command_key: Path | None = None
    region: Path | None = None

    def worker_id(self, number: int) -> str:
        """Sparkplug host id of worker ``number``: each is a host application of its own."""
        return f"{self.host_id}-{number}"


def load(path: Path) -> Settings:
    """Raises ``ConfigErrors`` with everything that is wrong."""
    return read(load_document(path), str(path))


def read(raw: Values, source: str = "the region's configuration") -> Settings:
    """Settings from plain values. Raises ``ConfigErrors`` with everything that is wrong."""
    return config.read(Settings, raw, source, also=_unfit)


def _unfit(good: Values, _document: Values) -> Iterator[Line]:
    groups = [group for worker in good.get("workers", ()) for group in worker]
    for group in sorted({group for group in groups if groups.count(group) > 1}):
        yield line(
            N_("workers: {group} is listed twice; a group belongs to one worker"), group=group
        )
    broker, web = good.get("broker", Broker()), good.get("web", Web())
    notify = good.get("notify", Notify())
    yield from _of_broker(broker)
    yield from _of_mail(notify)
    files = {
        "broker.ca": broker.ca,
        "broker.cert": broker.cert,
        "broker.key": broker.key,
        "broker.password_file": broker.password_file,
        "command_key": good.get("command_key"),
        "notify.mail_password_file": notify.mail_password_file,
        "region": good.get("region"),
    }
    for key, path in files.items():
        if path is not None:
            yield from _unread(key, path)
    yield from tls.faults(
        "web",
        "127.0.0.1" if web.behind_proxy else web.host,
        str(web.certificate or ""),
        str(web.key or ""),
        command="tram monitor certificate",
        otherwise=N_(", or behind_proxy = true behind a web server that speaks TLS"),
    )


def _of_broker(broker: Broker) -> Iterator[Line]:
    if (broker.cert is None) != (broker.key is None):
        yield line(N_("broker.cert and broker.key: both or neither"))
    if broker.cert is not None and broker.ca is None:
        yield line(
            N_("broker.ca: missing; a certificate needs TLS, and TLS the broker's authority")
        )
    if (broker.user is None) != (broker.password_file is None):
        yield line(N_("broker.user and broker.password_file: both or neither"))


def _of_mail(notify: Notify) -> Iterator[Line]:
    mail = (notify.mail_host is not None, notify.mail_from is not None, bool(notify.mail_to))
    if any(mail) and not all(mail):
        yield line(N_("notify.mail_host, notify.mail_from and notify.mail_to: all three or none"))
    if (notify.mail_user is None) != (notify.mail_password_file is None):
        yield line(N_("notify.mail_user and notify.mail_password_file: both or neither"))


def _unread(key: str, path: Path) -> Iterator[Line]:
    try:
        with path.open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        yield line(N_("{key}: there is no file {path}"), key=key, path=path)
    except OSError as error:
        yield line(
            N_("{key}: {path}: {reason}; let the user who runs the region read it"),
            key=key,
            path=path,
            reason=error.strerror,
        )


def command_key(path: Path) -> Ed25519PrivateKey:
    """The key that signs the region's commands. Raises ``ConfigErrors`` and ``OSError``."""
    try:
        key: object = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigErrors(str(path), [line(N_("no command key; make one with: tram monitor key"))])
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
