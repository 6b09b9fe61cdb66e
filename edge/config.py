"""The parts of ``station.toml`` that the uplink reads, too: which booth it is, and its region.

``Site`` is what the uplink knows of a station; the station's own table has more keys, of which a
mistake does not keep the booth from reporting.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from edge.journal.terms import Device
from ground.clock import SET_FLAG
from ground.config import (
    AbsolutePath,
    ConfigErrors,
    Line,
    Port,
    Rule,
    TimeZone,
    Values,
    given,
    line,
    load_document,
    read,
)
from ground.text import N_

NO_REGION = N_(
    "This booth has no region configured, so there is nobody to report to. The booth works "
    "without; to join a region, add a table [uplink] with the host of its broker to {source} "
    "(docs/station.toml shows how) and start again."
)


HOST = r"[A-Za-z0-9.:-]{1,253}"
_ID = r"[^+/#\x00-\x1f\x7f]{1,64}"
_ED25519_BYTES = 32
OneLine = Annotated[str, Rule(least=1, most=120)]
"""A line of text as it is printed on slips."""
Code = Annotated[
    str,
    Rule(
        pattern=r"[A-Z]{2}[0-9]{4}",
        says=N_('two capital letters and four digits, such as "TH0417"'),
    ),
]
Region = Annotated[
    str,
    Rule(
        pattern=r"[a-z]{2}(/[a-z0-9]+(-[a-z0-9]+)*)*",
        says=N_('a path of small letters without accents, such as "vn/thanh-hoa/bim-son"'),
    ),
]
SerialPort = Annotated[
    str,
    Rule(
        pattern=r"(/.+)?",
        says=N_('a device file such as "/dev/serial/by-id/usb-…", or "" when there is none'),
    ),
]


def _public_key(value: Any) -> bytes:
    """32 bytes of hex or base64; "": none is given."""
    if not isinstance(value, str):
        raise ValueError("no text")
    for decode in (bytes.fromhex, _base64):
        try:
            key = decode(value)
        except ValueError:
            continue
        if len(key) == _ED25519_BYTES:
            return key
    raise ValueError("no key")


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error


@dataclass(frozen=True)
class Site:
    """Which booth this is. ``region`` is its place in the region tree, largest unit first."""

    code: Code
    name: OneLine
    region: Region
    time_zone: TimeZone = "Asia/Ho_Chi_Minh"
    clock_kept: bool = False
    """A battery keeps the machine's clock: it is right before the network has set it."""
    clock_flag: AbsolutePath = SET_FLAG
    """The file that the time service makes when it has set the clock (``ground/clock.py``)."""


@dataclass(frozen=True)
class Devices:
    """Where each device is; "" says that this booth has none."""

    pico: SerialPort = ""
    fingerprint: SerialPort = ""
    scanner: SerialPort = ""
    camera: Annotated[
        str,
        Rule(
            pattern=r"(picamera2:[0-9]?|twin:/.+)?",
            says=N_(
                '"picamera2:" (or "picamera2:1" for the second camera), "twin:/path/of/the/twin", '
                'or "" when there is none'
            ),
        ),
    ] = ""
    lines: Annotated[
        str,
        Rule(
            pattern=r"(lgpio:/dev/gpiochip[0-9]{1,2}|pigpio:[A-Za-z0-9.-]{1,253}:[0-9]{1,5}|mock:)?",
            says=N_(
                '"lgpio:/dev/gpiochip0", "pigpio:127.0.0.1:8888", "mock:", or "" when nothing is '
                "wired to the Pi's own pins"
            ),
        ),
    ] = ""
    """How the pins of ``[lines]`` are reached."""


@dataclass(frozen=True)
class Paths:
    """``data`` is the station's folder: journal, vault, outbox, roster."""

    data: AbsolutePath = Path("/var/lib/tram")


@dataclass(frozen=True)
class Uplink:
    """``[uplink]``: where the region's broker is and who we are to it.

    ``port`` 0 and ``group`` "": those of ``completed``. ``command_key``: the region's Ed25519
    public key, 32 bytes; empty: no command is run. ``keepalive_s``: a ping and its answer cost
    about 50 bytes with TLS, and a broker calls a silent booth dead after one and a half times that.
    ``primary_host``: wait with births until this host application is online. ``spool_mb``: what the
    ring of health samples may take of the disk.
    """

    host: Annotated[
        str,
        Rule(pattern=HOST, says=N_('a name or address, such as "mqtt.vn-thanh-hoa.example"')),
    ]
    port: Port = 0
    group: Annotated[
        str, Rule(pattern=_ID, says=N_('a name without + / #, such as "vn-thanh-hoa"'))
    ] = ""
    tls: bool = True
    username: Annotated[
        str, Rule(pattern=_ID, says=N_("1 to 64 letters without + / #"), secret=True)
    ] = ""
    password_file: AbsolutePath | None = None
    cert: AbsolutePath | None = None
    key: AbsolutePath | None = None
    ca: AbsolutePath | None = None
    keepalive_s: Annotated[int, Rule(least=5, most=3_600)] = 90
    command_key: Annotated[
        bytes,
        Rule(
            made=_public_key,
            says=N_("the region's Ed25519 public key, 32 bytes in hex or base64"),
            secret=True,
        ),
    ] = b""
    primary_host: Annotated[
        str, Rule(pattern=_ID, says=N_("a host application's id, without + / #"))
    ] = ""
    spool_mb: Annotated[int, Rule(least=1, most=1_024)] = 8


@dataclass(frozen=True)
class EdgeConfig:
    """What the uplink knows of its station."""

    code: str
    name: str
    region: str
    time_zone: str
    data: Path
    devices: tuple[Device, ...]
    """Those that the booth has."""
    uplink: Uplink
    clock_kept: bool = False
    clock_flag: Path = SET_FLAG


BEHIND = {
    "pico": (Device.PERIPHERALS, Device.PRINTER),
    "fingerprint": (Device.FINGERPRINT,),
    "scanner": (Device.SCANNER,),
    "camera": (Device.CAMERA,),
    "lines": (Device.POWER,),
}
"""Keys of ``[devices]``, and which devices of the journal's vocabulary are behind each."""


@dataclass(frozen=True)
class _File:
    station: Site
    devices: Devices = field(default_factory=Devices)
    paths: Paths = field(default_factory=Paths)
    uplink: Uplink | None = None


def load(path: Path) -> EdgeConfig:
    """The uplink's part of the configuration in ``path``. Raises ``ConfigErrors`` with all errors.

    Tables and keys that only the station reads are not looked at.
    """
    source = str(path)
    document = load_document(path)
    file = read(_File, document, source, also=unfit, closed=("uplink",))
    site = file.station
    if file.uplink is None:
        raise ConfigErrors(source, [], NO_REGION)
    ports = {key: getattr(file.devices, key) for key in BEHIND}
    return EdgeConfig(
        site.code,
        site.name,
        site.region,
        site.time_zone,
        file.paths.data,
        tuple(device for key, behind in BEHIND.items() if ports[key] for device in behind),
        completed(file.uplink, site.region),
        site.clock_kept,
        site.clock_flag,
    )


def completed(uplink: Uplink, region: str) -> Uplink:
    """With MQTT's own port where none is given, and the country and province of the station's
    region as its group."""
    return replace(
        uplink,
        port=uplink.port or (8883 if uplink.tls else 1883),
        group=uplink.group or "-".join(region.split("/")[:2]),
    )


def unfit(_good: Values, document: Values) -> Iterator[Line]:
    """Lines for keys of ``[uplink]`` that do not go together."""
    table = given(document, "uplink")
    if ("cert" in table) != ("key" in table):
        yield line(N_("uplink.cert, uplink.key: a client certificate needs both"))
    if ("username" in table) != ("password_file" in table):
        yield line(N_("uplink.username, uplink.password_file: a password needs both"))
    if table.get("tls") is False and table.keys() & {"ca", "cert", "key"}:
        yield line(N_("uplink.tls: must be true where there are certificates"))
