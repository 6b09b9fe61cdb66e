"""The region's configuration: one TOML file, every mistake of it told at once.

``docs/monitor.toml`` is a commented example. TOML: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Port = Annotated[int, Meta(ge=1, le=65_535)]
Group = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=64)]
HostId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,40}\Z")]


class Broker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``ca``: the authority that signed the broker's certificate; with it TLS is used."""

    host: str = "127.0.0.1"
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
    """``port`` 0: any that is free."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``workers``: the Sparkplug groups of each ingest worker; together all that the region has.

    ``db``: ``sqlite:///…`` or ``postgresql://…``. ``command_key``: made by ``tram monitor key``.
    ``region``: the region tree as CSV.
    """

    broker: Broker = msgspec.field(default_factory=Broker)
    host_id: HostId = "tram"
    workers: tuple[tuple[Group, ...], ...] = ()
    db: str = "sqlite:////var/lib/tram-monitor/region.db"
    web: Web = msgspec.field(default_factory=Web)
    command_key: Path | None = None
    region: Path | None = None
