"""A booth's data folder as a technician leaves it: keys, roster, configuration.

Making keys costs a scrypt of two seconds on purpose, so a run makes them once (``Keyring``) and
every test gets a copy.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyrage
from pyrage import x25519

from controller.config import Config, parse
from controller.roster.load import COLUMNS, read_csv
from controller.roster.seal import seal
from controller.vault import keys as vault_keys

OPERATOR = "OP1"
PASSPHRASE = "giấy bút mực thước"
STATION = "TH0417"


@dataclass(frozen=True)
class Keyring:
    """``folder`` holds ``keys/``; ``bundle`` opens the vault without scrypt."""

    folder: Path
    region: str
    bundle: bytes

    @classmethod
    def cut(cls, folder: Path) -> Keyring:
        """New keys of region, station, shift and one operator in ``folder``."""
        region = x25519.Identity.generate()
        vault_keys.create(folder, str(region.to_public()), OPERATOR, PASSPHRASE)
        opened = vault_keys.unlock(folder, OPERATOR, PASSPHRASE)
        return cls(folder, str(region), opened.bundle(OPERATOR))

    @property
    def keys(self) -> vault_keys.Keys:
        return vault_keys.Keys.from_bundle(self.bundle)

    @property
    def identity(self) -> x25519.Identity:
        return pyrage.x25519.Identity.from_str(self.region)

    def furnish(self, data: Path, people: Iterable[Mapping[str, str]]) -> None:
        """Keys, the region's key file and the sealed roster of ``people`` in ``data``."""
        data.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.folder / "keys", data / "keys")
        (data / "region.key").write_text(self.region + "\n")
        listed = data.parent / f"{data.name}.people.csv"
        lines = [",".join(COLUMNS)]
        lines += [",".join(f'"{row.get(c, "")}"' for c in COLUMNS) for row in people]
        listed.write_text("\n".join(lines) + "\n")
        if len(lines) > 1:
            seal(read_csv(listed), data / "roster.age", [vault_keys.shift_recipient(data)])
        listed.unlink()


def noon_zone(now: datetime | None = None) -> str:
    """A time zone where it is about noon: no test meets a midnight it does not want."""
    hour = (now or datetime.now(UTC)).hour
    return f"Etc/GMT{hour - 12:+d}" if hour != 12 else "Etc/GMT"


def configuration(
    data: Path, ports: Mapping[str, str], speed: float, policy: str = "", desks: int = 2
) -> Config:
    """See ``configuration_text``."""
    return parse(configuration_text(data, ports, speed, policy, desks).encode())


def configuration_text(
    data: Path, ports: Mapping[str, str], speed: float, policy: str = "", desks: int = 2
) -> str:
    """A station at ``data`` with the devices of ``ports``; the line's times follow ``speed``.

    ``policy`` is TOML appended to the file.
    """
    named = "\n".join(f'{device} = "{port}"' for device, port in ports.items())
    return f"""\
[station]
code = "{STATION}"
name = "Nhà văn hoá Bỉm Sơn"
address = "Nhà văn hoá phường Bỉm Sơn, Thanh Hoá"
region = "vn/thanh-hoa/bim-son"
desks = {desks}
time_zone = "{noon_zone()}"

[devices]
{named}

[console]
port = 0

[paths]
data = "{data}"

[policy.line]
arrival_s = {45 / speed}
device_s = {60 / speed}
camera_s = {20 / speed}
spare_s = {30 / speed}
{policy}
"""
