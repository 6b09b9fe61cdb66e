"""The station's configuration, ``station.toml``: what the booth is, and what stands in it.

``docs/station.toml`` is a commented example; ``ground/config`` reads it. Which booth it is and how
it reaches its region stands in ``edge/config.py``: the uplink reads the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from controller import stages
from controller.policy import Policy
from edge.config import HOST, Devices, OneLine, Paths, Site, Uplink, completed, unfit
from ground.config import (
    Line,
    PortOrAny,
    Rule,
    Values,
    document_of,
    given,
    line,
    load_document,
    read,
)
from ground.serve import tls
from ground.serve.limits import Limits
from ground.text import N_, Language

PemFile = Annotated[
    str,
    Rule(
        pattern=r"(/.+)?",
        says=N_('the absolute path of a PEM file, or "" when there is none'),
    ),
]
Seconds = Annotated[float, Rule(above=0, most=86_400)]


@dataclass(frozen=True, kw_only=True)
class Station(Site):
    """What the booth knows of itself beyond what its region is told."""

    address: OneLine
    desks: Annotated[int, Rule(least=1, most=8)] = 1
    language: Language = "vi"


Gpio = Annotated[
    int,
    Rule(least=4, most=27, says=N_("the number of a GPIO, a whole number from 4 to 27")),
]
"""A pin by its GPIO number. 0 to 3 are not for us: their pull-up resistors cannot be switched."""
Level = Literal["high", "low"]


@dataclass(frozen=True)
class Lines:
    """What is wired to the Pi's own pins; a key that is left out: no such line.

    ``…_level`` is the level that says so: that the mains have failed, that the battery is low.
    The service button connects its pin to ground. ``pico_run`` is wired to the Pico's RUN.
    """

    mains_fail: Gpio | None = None
    mains_fail_level: Level = "high"
    battery_low: Gpio | None = None
    battery_low_level: Level = "low"
    service: Gpio | None = None
    pico_run: Gpio | None = None
    battery_s: Seconds = 600.0
    """The booth works on its battery for so long; then it finishes and switches itself off."""


@dataclass(frozen=True)
class Console:
    """Where the operator console listens, and when it locks itself.

    A host that other machines reach needs ``certificate`` and ``key``; with them it is https.
    """

    host: Annotated[
        str,
        Rule(pattern=HOST, says=N_('an address to listen on, such as "127.0.0.1" or "0.0.0.0"')),
    ] = "127.0.0.1"
    port: PortOrAny = 8080
    certificate: PemFile = ""
    """The chain, the console's own first."""
    key: PemFile = ""
    idle_lock_s: Seconds = 600.0


@dataclass(frozen=True)
class Printer:
    """``width_px`` is the print head's: 384 dots for 58 mm paper, 576 for 80 mm."""

    width_px: Literal[384, 576] = 384


@dataclass(frozen=True)
class Voice:
    """The spoken call (espeak-ng)."""

    enabled: bool = False


@dataclass(frozen=True)
class Config:
    """The whole file. Every section but ``station`` may be left out."""

    station: Station
    devices: Devices = field(default_factory=Devices)
    lines: Lines = field(default_factory=Lines)
    console: Console = field(default_factory=Console)
    limits: Limits = field(default_factory=Limits)
    printer: Printer = field(default_factory=Printer)
    voice: Voice = field(default_factory=Voice)
    policy: Policy = field(default_factory=Policy)
    paths: Paths = field(default_factory=Paths)
    uplink: Uplink | None = None
    """None: no region."""


def load(path: Path) -> Config:
    """The configuration in ``path``.

    Raises ConfigErrors naming all that is wrong: that the file cannot be read, the line and column
    where it is not TOML, or every key that is missing, unknown or has a value that is not allowed.
    """
    return _read(load_document(path), str(path))


def parse(data: bytes, source: str = "the configuration") -> Config:
    """Like ``load``, from the bytes of a file that ``source`` names in errors."""
    return _read(document_of(data, source), source)


def _read(document: Values, source: str) -> Config:
    config = read(Config, document, source, also=_unfit)
    if config.uplink is None:
        return config
    return replace(config, uplink=completed(config.uplink, config.station.region))


def _unfit(good: Values, document: Values) -> Iterator[Line]:
    """Lines for what does not go together."""
    console = good.get("console", Console() if "console" not in document else None)
    if console is not None:
        yield from tls.faults(
            "console",
            console.host,
            console.certificate,
            console.key,
            command="tram keys certificate",
        )
    yield from _unknown_stages(good)
    yield from _miswired(document)
    yield from unfit(good, document)


def _unknown_stages(good: Values) -> Iterator[Line]:
    """Lines for stages that this program does not know, and for those that every packet needs."""
    policy = good.get("policy")
    wanted = policy.capture.stages if policy is not None else stages.names()
    for name in wanted:
        if name not in stages.names():
            yield line(
                N_("policy.capture.stages: there is no stage {name}; there are {names}"),
                name=name,
                names=stages.names(),
            )
    for stage in stages.registered():
        if stage.required and stage.name not in wanted:
            yield line(
                N_("policy.capture.stages: {name} is missing; no packet is without it"),
                name=stage.name,
            )


def _miswired(document: Values) -> Iterator[Line]:
    """Lines for pins that are named twice, or that nothing reaches."""
    table, devices = given(document, "lines"), given(document, "devices")
    keys = ("mains_fail", "battery_low", "service", "pico_run")
    pins = {key: table[key] for key in keys if type(table.get(key)) is int}
    for place, (key, pin) in enumerate(pins.items()):
        for other, its in list(pins.items())[:place]:
            if its == pin:
                yield line(
                    N_("lines.{key}: GPIO {pin} is that of lines.{other} already"),
                    key=key,
                    pin=pin,
                    other=other,
                )
    if pins and not devices.get("lines"):
        yield line(
            N_(
                "devices.lines: is missing: pins are named below [lines]; "
                '"lgpio:/dev/gpiochip0" reaches them on every Pi'
            )
        )
    if devices.get("lines") and not pins:
        yield line(N_("lines: name the pins that are wired: {names}"), names=keys)
