"""What ``tram edge`` reads of ``station.toml``, and the rules of its ``[uplink]`` table.

The uplink is lean and has its own reader (the station's takes pydantic); both judge ``[uplink]`` by
``uplink_of``, so that a technician hears every mistake at once, whichever program says it.
TOML: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from edge.journal.terms import Device
from ground.clock import SET_FLAG
from ground.error import TramError
from ground.text import N_

WRONG = N_("The configuration {source} has errors. Correct them and start again:\n{listing}")
NO_REGION = N_(
    "This booth has no region configured, so there is nobody to report to. The booth works "
    "without; to join a region, add a table [uplink] with the host of its broker to {source} "
    "(docs/station.toml shows how) and start again."
)


class ConfigWrong(TramError):
    """The file cannot be used; ``lines`` has one line for each mistake.

    ``str(error)`` is for the log; ``advice`` and ``params`` are for people.
    """

    def __init__(self, source: str, lines: list[str], advice: str = WRONG) -> None:
        self.lines = tuple(lines)
        listing = "\n".join(f"  {line}" for line in lines)
        log_text = f"{source}: {'; '.join(lines) or 'no [uplink]'}"
        super().__init__(log_text, advice, source=source, listing=listing)


class Uplink(msgspec.Struct, frozen=True):
    """``[uplink]``: where the region's broker is and who we are to it.

    ``group`` is the Sparkplug group id; left out, it is the country and province of the station's
    region. ``command_key``: the region's Ed25519 public key, 32 bytes; empty: no command is run.
    ``keepalive_s``: a ping and its answer cost about 50 bytes with TLS, and a broker calls a silent
    booth dead after one and a half times that. ``primary_host``: wait with births until this host
    application is online. ``spool_mb``: what the ring of health samples may take of the disk.
    """

    host: str
    port: int
    group: str
    tls: bool = True
    username: str = ""
    password_file: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None
    keepalive_s: int = 90
    command_key: bytes = b""
    primary_host: str = ""
    spool_mb: int = 8


class EdgeConfig(msgspec.Struct, frozen=True):
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


_BEHIND = {
    "pico": (Device.PERIPHERALS, Device.PRINTER),
    "fingerprint": (Device.FINGERPRINT,),
    "scanner": (Device.SCANNER,),
    "camera": (Device.CAMERA,),
    "lines": (Device.POWER,),
}
"""Keys of ``[devices]``, and which devices of the journal's vocabulary are behind each."""

_CODE = re.compile(r"[A-Z]{2}[0-9]{4}")
_REGION = re.compile(r"[a-z]{2}(/[a-z0-9]+(-[a-z0-9]+)*)*")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_ID = re.compile(r"[^+/#\x00-\x1f\x7f]{1,64}")
_ED25519_BYTES = 32


class _No(Exception):
    """A value breaks the rule of its key."""


def _text(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _No
        return value

    return check


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise _No
        return value

    return check


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _No
    return value


def _path(value: Any) -> Path:
    if not isinstance(value, str) or not Path(value).is_absolute() or "\0" in value:
        raise _No
    return Path(value)


def _zone(value: Any) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _No from error
    return str(value)


def _public_key(value: Any) -> bytes:
    if not isinstance(value, str):
        raise _No
    for decode in (bytes.fromhex, _base64):
        try:
            key = decode(value)
        except ValueError:
            continue
        if len(key) == _ED25519_BYTES:
            return key
    raise _No


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError from error


_Rule = tuple[Callable[[Any], Any], str]

_UPLINK: dict[str, _Rule] = {
    "host": (_text(_HOST), 'a name or address, such as "mqtt.vn-thanh-hoa.example"'),
    "port": (_whole(1, 65_535), "a whole number from 1 to 65535"),
    "group": (_text(_ID), 'a name without + / #, such as "vn-thanh-hoa"'),
    "tls": (_flag, "true or false"),
    "username": (_text(_ID), "1 to 64 letters without + / #"),
    "password_file": (_path, "an absolute path"),
    "cert": (_path, "an absolute path"),
    "key": (_path, "an absolute path"),
    "ca": (_path, "an absolute path"),
    "keepalive_s": (_whole(5, 3_600), "a whole number from 5 to 3600"),
    "command_key": (_public_key, "the region's Ed25519 public key, 32 bytes in hex or base64"),
    "primary_host": (_text(_ID), "a host application's id, without + / #"),
    "spool_mb": (_whole(1, 1_024), "a whole number from 1 to 1024"),
}
_STATION: dict[str, _Rule] = {
    "code": (_text(_CODE), 'two capital letters and four digits, such as "TH0417"'),
    "name": (_text(re.compile(r"[^\x00-\x1f\x7f]{1,120}")), "1 to 120 letters on one line"),
    "region": (
        _text(_REGION),
        'a path of small letters without accents, such as "vn/thanh-hoa/bim-son"',
    ),
    "clock_kept": (_flag, "true or false"),
    "clock_flag": (_path, "an absolute path"),
    "time_zone": (_zone, 'a time zone of the IANA list, such as "Asia/Ho_Chi_Minh"'),
}


def _table(name: str, table: Any, rules: Mapping[str, _Rule], lines: list[str]) -> dict[str, Any]:
    """The values that keep their rules; a line for each that does not."""
    if not isinstance(table, dict):
        lines.append(f"{name}: must be a table")
        return {}
    good = {}
    for key, value in table.items():
        if key not in rules:
            continue
        check, words = rules[key]
        try:
            good[key] = check(value)
        except _No:
            if value == "":
                lines.append(f"{name}.{key}: fill in: must be {words}")
                continue
            shown = "" if key in ("username", "command_key") else f" (was {str(value)[:60]!r})"
            lines.append(f"{name}.{key}: must be {words}{shown}")
    return good


def uplink_of(table: Any, region: str) -> tuple[Uplink | None, list[str]]:
    """(the settings, no line) or (None, a line for each mistake) of the table ``[uplink]``.

    ``region`` is the station's place in the region tree.
    """
    lines: list[str] = []
    good = _table("uplink", table, _UPLINK, lines)
    given = set(table) if isinstance(table, dict) else set()
    lines += [f"uplink.{key}: unknown key" for key in sorted(given - set(_UPLINK))]
    if isinstance(table, dict) and "host" not in table:
        lines.append(f"uplink.host: missing; must be {_UPLINK['host'][1]}")
    tls = good.get("tls", True)
    if ("cert" in given) != ("key" in given):
        lines.append("uplink.cert, uplink.key: a client certificate needs both")
    if ("username" in given) != ("password_file" in given):
        lines.append("uplink.username, uplink.password_file: a password needs both")
    if tls is False and given & {"ca", "cert", "key"}:
        lines.append("uplink.tls: must be true where there are certificates")
    if lines:
        return None, lines
    good.setdefault("port", 8883 if tls else 1883)
    good.setdefault("group", "-".join(region.split("/")[:2]))
    return Uplink(**good), []


def load(path: Path) -> EdgeConfig:
    """The uplink's part of the configuration in ``path``. Raises ``ConfigWrong`` with all errors.

    Tables and keys that only the station reads are not looked at.
    """
    source = str(path)
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigWrong(source, [f"cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigWrong(source, ["is not UTF-8 text"]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigWrong(source, [f"is not TOML: {error}"]) from None
    lines: list[str] = []
    table = document.get("station", {})
    station = _table("station", table, _STATION, lines)
    for key in ("code", "name", "region"):
        if isinstance(table, dict) and key not in table:
            lines.append(f"station.{key}: missing; must be {_STATION[key][1]}")
    paths = _table("paths", document.get("paths", {}), {"data": _UPLINK["ca"]}, lines)
    ports = document.get("devices", {})
    if not isinstance(ports, dict):
        lines.append("devices: must be a table")
        ports = {}
    uplink = None
    if "uplink" in document:
        uplink, more = uplink_of(document["uplink"], station.get("region", "vn"))
        lines += more
    if lines:
        raise ConfigWrong(source, lines)
    if uplink is None:
        raise ConfigWrong(source, [], NO_REGION)
    return EdgeConfig(
        station["code"],
        station["name"],
        station["region"],
        station.get("time_zone", "Asia/Ho_Chi_Minh"),
        paths.get("data", Path("/var/lib/tram")),
        tuple(device for key, behind in _BEHIND.items() if ports.get(key) for device in behind),
        uplink,
        station.get("clock_kept", False),
        station.get("clock_flag", SET_FLAG),
    )
