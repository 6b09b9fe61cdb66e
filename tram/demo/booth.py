"""One booth of the demo: keys, roster and configuration, its programs, its crowd, its books."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyrage

from controller.policy import CapturePolicy
from controller.roster.load import read_csv
from controller.roster.seal import seal
from controller.state import books, fold
from controller.vault import durable, keys
from edge.journal.store import read_events
from hw.twins.population import write_csv
from hw.twins.time_service import TimeService
from tram.demo.children import Child, child, read_until

OPERATOR = "OP1"
DESKS = 2
OUTCOMES = ("sealed", "referred", "refused", "abandoned")


@dataclass(frozen=True)
class Booth:
    """``citizens`` people come to it at ``speed`` times human pace. ``uplink``: its TOML table."""

    data: Path
    citizens: int
    speed: float
    seed: int
    port: int = 0
    code: str = "TH0417"
    name: str = "Nhà văn hoá Bỉm Sơn"
    address: str = "Nhà văn hoá phường Bỉm Sơn, Thanh Hoá"
    place: str = "vn/thanh-hoa/bim-son"
    uplink: str = ""

    @property
    def group(self) -> str:
        """Sparkplug group: country and province, as the uplink makes it."""
        return "-".join(self.place.split("/")[:2])

    @property
    def config(self) -> Path:
        return self.data / "station.toml"


@dataclass(frozen=True)
class Open:
    """A booth that is open. ``console`` is the address of its operator console."""

    booth: Booth
    console: str
    passphrase: str
    station: Child
    crowd: Child


@contextlib.contextmanager
def opened(booth: Booth) -> Iterator[Open]:
    """Twins, station and crowd of a booth; ended together."""
    passphrase = prepare(booth)
    secret = {"TRAM_PASSPHRASE": passphrase}
    data = booth.data
    with contextlib.ExitStack() as stack:
        twins = stack.enter_context(child(_twins(booth), data / "twins.log", secret))
        read_until(twins, "ready")
        command = ["-m", "tram", "station", "--config", str(booth.config)]
        station = stack.enter_context(child(command, data / "station.log", secret))
        console = read_until(station, "console").split()[1]
        read_until(station, "ready")
        crowd = stack.enter_context(child(_crowd(booth, console), data / "crowd.log", secret))
        yield Open(booth, console, passphrase, station, crowd)


def _twins(booth: Booth) -> list[str]:
    return [
        "-m",
        "hw.twins",
        "--folder",
        str(booth.data / "dev"),
        "--speed",
        str(booth.speed),
        "--seed",
        str(booth.seed),
    ]


def _crowd(booth: Booth, address: str) -> list[str]:
    return [
        "-m",
        "hw.twins.crowd",
        "--api",
        address,
        "--folder",
        str(booth.data / "dev"),
        "--citizens",
        str(booth.citizens),
        "--speed",
        str(booth.speed),
        "--seed",
        str(booth.seed),
        "--today",
        str(_roster_day(booth.data)),
        "--desks",
        str(DESKS),
        "--operator",
        OPERATOR,
    ]


# ---- its books -------------------------------------------------------------------------------


def settled(booth: Booth) -> dict[str, int]:
    """What became of everybody, and ``lost`` people and packets: journal and outbox together."""
    state = fold(read_events(booth.data / "journal.db"), CapturePolicy())
    count = books(state)
    packets = {path.stem for path in (booth.data / "outbox").glob("*.tram")}
    sealed = {d.id for d in state.ended if d.outcome.value == "sealed"}
    ended = count.sealed + count.referred + count.refused + count.abandoned
    missing = max(0, booth.citizens - (ended + count.no_shows + count.expired))
    outcomes = {name: int(getattr(count, name)) for name in OUTCOMES}
    return outcomes | {"lost": count.lost + len(sealed ^ packets) + missing}


# ---- preparation -----------------------------------------------------------------------------


def prepare(booth: Booth) -> str:
    """Keys, roster and configuration in the data folder, once. Gives the demo's passphrase."""
    data = booth.data
    data.mkdir(parents=True, exist_ok=True)
    secret = data / "demo.passphrase"
    if not keys.exist(data):
        region = pyrage.x25519.Identity.generate()
        private(data / "region.key", f"# public key: {region.to_public()}\n{region}\n")
        private(secret, f"demo-{secrets.token_hex(4)}\n")
        keys.create(data, str(region.to_public()), OPERATOR, secret.read_text().strip())
    if not (data / "roster.age").exists():
        file = os.memfd_create("people")  # never on a disk in clear, whenever we are killed
        people = Path(f"/proc/self/fd/{file}")
        write_csv(people, booth.citizens, booth.seed, _roster_day(data))
        seal(read_csv(people), data / "roster.age", [keys.shift_recipient(data)])
        os.close(file)
    booth.config.write_text(_configuration(booth))
    return secret.read_text().strip()


def _roster_day(data: Path) -> date:
    """The day of the first start. It decides who the people are, so it stays the same later."""
    path = data / "demo.day"
    if not path.exists():
        durable.write(path, f"{datetime.now(UTC).date()}\n".encode())
    return date.fromisoformat(path.read_text().strip())


def private(path: Path, text: str) -> None:
    """Write a secret that only its owner can read."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _configuration(booth: Booth) -> str:
    """Times of the line's policy follow the crowd's speed."""
    devices, quick = booth.data / "dev", booth.speed
    return f"""\
# Configuration of the demo; a real station's is explained in docs/station.toml.
[station]
code = "{booth.code}"
name = "{booth.name}"
address = "{booth.address}"
region = "{booth.place}"
desks = {DESKS}
clock_flag = "{TimeService(devices / "time").synchronise()}"

[devices]
pico = "{devices / "pico"}"
fingerprint = "{devices / "fingerprint"}"
scanner = "{devices / "scanner"}"
camera = "twin:{devices / "camera"}"

[console]
port = {booth.port}

[paths]
data = "{booth.data}"

[policy.queue]
double_press_s = {2.0 / quick}

[policy.line]
arrival_s = {45.0 / quick}
device_s = {60.0 / quick}
camera_s = {20.0 / quick}
spare_s = {45.0 / quick}
{booth.uplink}"""
