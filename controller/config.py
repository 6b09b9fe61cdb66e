"""The station's configuration: one TOML file becomes one frozen dataclass.

Exists so that a technician in a village hall sees *every* mistake of the file at once, each with
its key path and what is allowed there. ``docs/station.toml`` is a commented example.
TOML: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic.dataclasses import dataclass
from pydantic.json_schema import SkipJsonSchema

from controller.config_errors import (
    ConfigErrors,
    as_json,
    broken_toml,
    complaint,
    out_of_range,
    unknown_keys,
)
from controller.policy import Policy
from edge import tls
from edge.config import Uplink, uplink_of
from ground.clock import SET_FLAG
from ground.text import Language

_STRICT = ConfigDict(strict=True)
_UPLINK_KEYS = tuple(field.name for field in msgspec.structs.fields(Uplink))


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # a folder; "../x"; not found
        raise ValueError("unknown time zone") from error
    return name


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("not absolute")
    return path


Line = Annotated[str, Field(min_length=1, max_length=120)]
"""A line of text as it is printed on slips."""
SerialPort = Annotated[
    str,
    Field(
        pattern=r"^(/.+)?$",
        description='a device file such as "/dev/serial/by-id/usb-…", or "" when there is none',
    ),
]
PemFile = Annotated[
    str,
    Field(
        pattern=r"^(/.+)?$",
        description='the absolute path of a PEM file, or "" when there is none',
    ),
]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


@dataclass(frozen=True, config=_STRICT)
class Station:
    """Which booth this is. ``region`` is its place in the region tree, largest unit first."""

    code: Annotated[
        str,
        Field(
            pattern=r"^[A-Z]{2}[0-9]{4}$",
            description='two capital letters and four digits, such as "TH0417"',
        ),
    ]
    name: Line
    address: Line
    region: Annotated[
        str,
        Field(
            pattern=r"^[a-z]{2}(/[a-z0-9]+(-[a-z0-9]+)*)*$",
            description='a path of small letters without accents, such as "vn/thanh-hoa/bim-son"',
        ),
    ]
    desks: Annotated[int, Field(ge=1, le=8)] = 1
    time_zone: Annotated[
        str,
        AfterValidator(_known_time_zone),
        Field(description='a time zone of the IANA list, such as "Asia/Ho_Chi_Minh"'),
    ] = "Asia/Ho_Chi_Minh"
    language: Language = "vi"
    clock_kept: bool = False
    """A battery keeps the machine's clock: it is right before the network has set it."""
    clock_flag: Annotated[
        Path, AfterValidator(_absolute), Field(description="an absolute path")
    ] = SET_FLAG
    """The file that the time service makes when it has set the clock (``ground/clock.py``)."""


@dataclass(frozen=True, config=_STRICT)
class Devices:
    """Where each device is; "" says that this booth has none."""

    pico: SerialPort = ""
    fingerprint: SerialPort = ""
    scanner: SerialPort = ""
    camera: Annotated[
        str,
        Field(
            pattern=r"^(picamera2:[0-9]?|twin:/.+)?$",
            description='"picamera2:" (or "picamera2:1" for the second camera), '
            '"twin:/path/of/the/twin", or "" when there is none',
        ),
    ] = ""
    lines: Annotated[
        str,
        Field(
            pattern=r"^(lgpio:/dev/gpiochip[0-9]{1,2}|pigpio:[A-Za-z0-9.-]{1,253}:[0-9]{1,5}|mock:)?$",
            description='"lgpio:/dev/gpiochip0", "pigpio:127.0.0.1:8888", "mock:", '
            'or "" when nothing is wired to the Pi\'s own pins',
        ),
    ] = ""
    """How the pins of ``[lines]`` are reached."""


Gpio = Annotated[int, Field(ge=4, le=27)]
"""A pin by its GPIO number. 0 to 3 are not for us: their pull-up resistors cannot be switched."""
_GPIO_RULE = Field(description="the number of a GPIO, a whole number from 4 to 27")
Level = Literal["high", "low"]


@dataclass(frozen=True, config=_STRICT)
class Lines:
    """What is wired to the Pi's own pins; a key that is left out: no such line.

    ``…_level`` is the level that says so: that the mains have failed, that the battery is low.
    The service button connects its pin to ground. ``pico_run`` is wired to the Pico's RUN.
    """

    mains_fail: Annotated[Gpio | None, _GPIO_RULE] = None
    mains_fail_level: Level = "high"
    battery_low: Annotated[Gpio | None, _GPIO_RULE] = None
    battery_low_level: Level = "low"
    service: Annotated[Gpio | None, _GPIO_RULE] = None
    pico_run: Annotated[Gpio | None, _GPIO_RULE] = None
    battery_s: Seconds = 600.0
    """The booth works on its battery for so long; then it finishes and switches itself off."""


@dataclass(frozen=True, config=_STRICT)
class Console:
    """Where the operator console listens, and when it locks itself.

    A host that other machines reach needs ``certificate`` and ``key``; with them it is https.
    """

    host: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9.:-]{1,253}$",
            description='an address to listen on, such as "127.0.0.1" or "0.0.0.0"',
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    """0: one that the system gives."""
    certificate: PemFile = ""
    """The chain, the console's own first."""
    key: PemFile = ""
    idle_lock_s: Seconds = 600.0


@dataclass(frozen=True, config=_STRICT)
class Printer:
    """``width_px`` is the print head's: 384 dots for 58 mm paper, 576 for 80 mm."""

    width_px: Literal[384, 576] = 384


@dataclass(frozen=True, config=_STRICT)
class Voice:
    """The spoken call (espeak-ng)."""

    enabled: bool = False


@dataclass(frozen=True, config=_STRICT)
class Paths:
    """``data`` is the station's folder, laid out as in the architecture's page."""

    data: Annotated[Path, AfterValidator(_absolute), Field(description="an absolute path")] = Path(
        "/var/lib/tram"
    )


@dataclass(frozen=True, config=ConfigDict(strict=True, arbitrary_types_allowed=True))
class Config:
    """The whole file. Every section but ``station`` may be left out."""

    station: Station
    devices: Devices = Field(default_factory=Devices)
    lines: Lines = Field(default_factory=Lines)
    console: Console = Field(default_factory=Console)
    printer: Printer = Field(default_factory=Printer)
    voice: Voice = Field(default_factory=Voice)
    policy: Policy = Field(default_factory=Policy)
    paths: Paths = Field(default_factory=Paths)
    uplink: Annotated[Uplink | None, SkipJsonSchema()] = None
    """``[uplink]`` is judged by ``edge/config.py``, for the uplink and for us. None: no region."""


_POLICY_LIMITS: dict[str, dict[str, Any]] = {
    "IdentityPolicy.minimum_age": {"maximum": 120},
    "CapturePolicy.finger_order": {"minItems": 1, "uniqueItems": True},
    "CapturePolicy.finger_tries": {"minimum": 1, "maximum": 9},
    "CapturePolicy.finger_quality_min": {"maximum": 100},
    "CapturePolicy.portrait_frames": {"minimum": 1, "maximum": 30},
    "QueuePolicy.seconds_per_dossier": {"minimum": 1, "maximum": 86_400},
    "QueuePolicy.pace_dossiers": {"minimum": 1, "maximum": 1_000},
    "LinePolicy.in_flight_max": {"minimum": 1, "maximum": 100},
    "PaperPolicy.appointment_days": {"maximum": 365},
}
"""What a region may set. Every other number of the policy is at least 0: the rooms that own these
classes know no pydantic, so their limits stand here.
"""


@cache
def _adapter() -> TypeAdapter[Config]:
    return TypeAdapter(Config)


@cache
def schema() -> dict[str, Any]:
    """The file's JSON Schema: what is allowed at each key path."""
    whole = _adapter().json_schema()
    whole["properties"]["uplink"] = {"$ref": "#/$defs/Uplink"}
    whole["$defs"]["Uplink"] = {"properties": {key: {} for key in _UPLINK_KEYS}}
    for name, definition in whole["$defs"].items():
        for key, rule in definition.get("properties", {}).items():
            if rule.get("type") in ("integer", "number") and "exclusiveMinimum" not in rule:
                rule.setdefault("minimum", 0)
            rule.update(_POLICY_LIMITS.get(f"{name}.{key}", {}))
    return whole


def load(path: Path) -> Config:
    """The configuration in ``path``.

    Raises ConfigErrors naming all that is wrong: that the file cannot be read, the line and column
    where it is not TOML, or every key that is missing, unknown or has a value that is not allowed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigErrors(str(path), [f"cannot be read: {error.strerror}"]) from None
    return parse(data, str(path))


def parse(data: bytes, source: str = "the configuration") -> Config:
    """Like ``load``, from the bytes of a file that ``source`` names in errors."""
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ConfigErrors(source, [broken_toml(data, error)]) from None
    lines = list(unknown_keys(document, schema()))
    uplink, wrong = _uplink(document)
    lines += out_of_range(document, schema(), ("policy",))
    try:
        config = _adapter().validate_json(as_json(document), strict=True)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            lines += complaint(fault["loc"], fault["type"], document, schema())
    lines += [*_unsafe(document), *_miswired(document), *wrong]
    if lines:
        raise ConfigErrors(source, list(dict.fromkeys(lines)))  # one line for each wrong value
    return replace(config, uplink=uplink)


def _unsafe(document: dict[str, Any]) -> Iterator[str]:
    """Lines for what keeps the console from being reached safely, once its values are allowed."""
    try:
        table = TypeAdapter(Console).validate_json(
            as_json(document.get("console", {})), strict=True
        )
    except ValidationError:
        return
    yield from tls.faults(
        "console", table.host, table.certificate, table.key, command="tram keys certificate"
    )


def _miswired(document: dict[str, Any]) -> Iterator[str]:
    """Lines for pins that are named twice, or that nothing reaches."""
    table, devices = document.get("lines", {}), document.get("devices", {})
    if not (isinstance(table, dict) and isinstance(devices, dict)):
        return
    keys = ("mains_fail", "battery_low", "service", "pico_run")
    pins = {key: table[key] for key in keys if type(table.get(key)) is int}
    for place, (key, pin) in enumerate(pins.items()):
        for other, its in list(pins.items())[:place]:
            if its == pin:
                yield f"lines.{key}: GPIO {pin} is that of lines.{other} already"
    if pins and not devices.get("lines"):
        yield (
            'devices.lines: is missing: pins are named below [lines]; "lgpio:/dev/gpiochip0" '
            "reaches them on every Pi"
        )
    if devices.get("lines") and not pins:
        yield f"lines: name the pins that are wired: {', '.join(keys)}"


def _uplink(document: dict[str, Any]) -> tuple[Uplink | None, list[str]]:
    """Takes ``[uplink]`` out of the document: (its settings, no line), or a line for each mistake.
    Keys that it does not know are told with those of the other tables."""
    table = document.pop("uplink", None)
    if table is None:
        return None, []
    station = document.get("station")
    region = station.get("region") if isinstance(station, dict) else None
    if isinstance(table, dict):
        table = {key: value for key, value in table.items() if key in _UPLINK_KEYS}
    return uplink_of(table, region if isinstance(region, str) else "")
