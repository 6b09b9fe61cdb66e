"""A booth's data folder as a technician leaves it: keys, roster, configuration.

Making keys costs a scrypt of two seconds on purpose, so a run makes them once (``Keyring``) and
every test gets a copy.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pyrage
import zxingcpp
from pyrage import x25519

from controller.config import Config, parse
from controller.roster.load import COLUMNS, read_csv
from controller.roster.seal import seal
from controller.vault import keys as vault_keys
from hw.twins.time_service import TimeService
from tests.hil.floor import Floor, opened
from tests.hil.rig import LiveRig

OPERATOR = "OP1"
PASSPHRASE = "giấy bút mực thước"
STATION = "TH0417"
TWO_FINGERS = """
[policy.capture]
finger_order = ["right_index", "left_index"]
"""
"""For tests that are not about the ten."""
OWN_PORT = """
[console]
port = 0
"""
"""For a station that is started as a program: another one on this machine may have 8080."""
HANH = {
    "number": "026190000101",
    "old_number": "135000101",
    "name": "Nguyễn Thị Hồng Hạnh",
    "birth": "12/03/1990",
    "sex": "female",
    "residence": "Thôn Đồng Tâm, Bạch Lưu, Sông Lô, Vĩnh Phúc",
    "hamlet": "Đồng Tâm, Bạch Lưu",
}
TOAN = {
    "number": "026085000202",
    "old_number": "135000202",
    "name": "Đỗ Văn Toàn",
    "birth": "30/11/1985",
    "sex": "male",
    "residence": "Thôn Gò Đình, Tam Sơn, Sông Lô, Vĩnh Phúc",
    "hamlet": "Gò Đình, Tam Sơn",
}


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
        keys = vault_keys.generate(OPERATOR)
        vault_keys.add_operator(folder, keys, OPERATOR, PASSPHRASE)
        vault_keys.publish(folder, str(region.to_public()), keys)
        return cls(folder, str(region), keys.bundle(OPERATOR))

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


class Premises:
    """A folder for one station after the other, on the devices of a rig.

    ``people`` are on the roster; they can be changed until the first station opens.
    """

    _codes = itertools.count(1)

    def __init__(self, rig: LiveRig, keyring: Keyring, data: Path) -> None:
        self.rig = rig
        self.keyring = keyring
        self.data = data
        self.people: list[dict[str, str]] = [HANH, TOAN]
        self.code = f"TH{next(self._codes):04d}"
        slips = rig.twins.slips()
        self._slips_before = len(list(slips.glob("slip-*.png"))) if slips.exists() else 0

    def configuration(self, policy: str = "", without: tuple[str, ...] = ()) -> Config:
        """The station's configuration; its booth lacks the devices in ``without``."""
        named = {d: self.rig.port(d) for d in ("pico", "fingerprint", "scanner")}
        named["camera"] = self.rig.camera()
        ports = {device: port for device, port in named.items() if device not in without}
        return configuration(self.data, ports, self.rig.rig.speed, policy, self.code)

    @asynccontextmanager
    async def opened(
        self, policy: str = TWO_FINGERS, *, without: tuple[str, ...] = (), locked: bool = False
    ) -> AsyncIterator[Floor]:
        """A running station whose devices are ready, an operator signed in unless ``locked``."""
        if not self.data.exists():
            self.keyring.furnish(self.data, self.people)
        config = self.configuration(policy, without)
        async with opened(config, self.rig.hand) as floor:
            await floor.until(floor.station.devices_ready, "all devices ready")
            if not locked:
                await floor.admit(self.keyring.keys)
            yield floor

    def slips(self) -> list[str]:
        """Codes on the slips that came out since; "" on those without one."""
        found: list[str] = []
        for path in sorted(self.rig.twins.slips().glob("slip-*.png"))[self._slips_before :]:
            picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            codes = [code.text for code in zxingcpp.read_barcodes(picture) if code.valid]
            found.append(codes[0] if codes else "")
        return found


def noon_zone(now: datetime | None = None) -> str:
    """A time zone where it is about noon: no test meets a midnight it does not want."""
    hour = (now or datetime.now(UTC)).hour
    return f"Etc/GMT{hour - 12:+d}" if hour != 12 else "Etc/GMT"


def configuration(
    data: Path, ports: Mapping[str, str], speed: float, policy: str = "", station: str = STATION
) -> Config:
    """See ``configuration_text``."""
    return parse(configuration_text(data, ports, speed, policy, station).encode())


def time_service(data: Path) -> TimeService:
    """Beside the data folder, so that a fresh booth has none."""
    return TimeService(data.with_name(f"{data.name}.time"))


def configuration_text(
    data: Path, ports: Mapping[str, str], speed: float, policy: str = "", station: str = STATION
) -> str:
    """A station at ``data`` with the devices of ``ports``; the line's times follow ``speed``.

    ``policy`` is TOML appended to the file. Stations that share twins need codes of their own:
    the Pico remembers papers by job and content, and would not print another station's again.
    The twin of the time service has set the clock: no test hangs on whether its machine has NTP.
    """
    named = "\n".join(f'{device} = "{port}"' for device, port in ports.items())
    return f"""\
[station]
code = "{station}"
name = "Nhà văn hoá Bỉm Sơn"
address = "Nhà văn hoá phường Bỉm Sơn, Thanh Hoá"
region = "vn/thanh-hoa/bim-son"
desks = 2
time_zone = "{noon_zone()}"
clock_flag = "{time_service(data).synchronise()}"

[devices]
{named}

[paths]
data = "{data}"

[policy.line]
arrival_s = {45 / speed}
device_s = {60 / speed}
camera_s = {20 / speed}
spare_s = {45 / speed}
{policy}
"""
