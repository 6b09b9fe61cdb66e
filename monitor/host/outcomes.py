"""The outcomes of edge nodes' messages as types: all that the store needs and nothing else.

Times are ms since 1970 UTC. ``at`` is the host's clock unless it says otherwise.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Now(NamedTuple):
    """The host's clocks: ``wall`` for what is recorded, ``mono`` (ms, never set) for timers."""

    wall: int
    mono: int


Reading = tuple[float | None, str | None, int]
"""A live figure's number or text, and when it was measured as the edge node's clock said, never
later than the host's. A boolean is number 0 or 1; neither number nor text: Sparkplug null."""

Readings = dict[tuple[str, str], Reading]
"""By device ("": the node) and the figure's name."""


class Born(msgspec.Struct, frozen=True):
    """A birth, or a rebirth: ``figures`` are all there are now. ``epoch`` of its journal."""

    station: str
    group: str
    at: int
    bd_seq: int
    figures: Readings
    epoch: str | None = None
    total: int | None = None


class DeviceBorn(msgspec.Struct, frozen=True):
    station: str
    device: str
    at: int
    figures: Readings


class Figures(msgspec.Struct, frozen=True):
    """New values."""

    station: str
    at: int
    figures: Readings


class Reported(msgspec.Struct, frozen=True, gc=False):
    """A ``Report`` (``edge/report/facts.py``) as it was on the wire, unread."""

    station: str
    at: int
    report: bytes


class Told(msgspec.Struct, frozen=True, gc=False):
    """The newest fact of a journal has number ``total``."""

    station: str
    at: int
    epoch: str
    total: int


class Logged(msgspec.Struct, frozen=True, gc=False):
    """The booth's log, as it was told to send it: gzip of UTF-8 text, unread."""

    station: str
    at: int
    body: bytes


class Died(msgspec.Struct, frozen=True):
    """The edge node is gone and with it all of its devices; every figure is stale."""

    station: str
    at: int


class DeviceDied(msgspec.Struct, frozen=True):
    """``at`` is the time that the DDEATH bears, within the device's life."""

    station: str
    device: str
    at: int


class AskRebirth(msgspec.Struct, frozen=True):
    """To be published now: the node's births are missing or contradict what came."""

    station: str
    group: str


Outcome = Born | DeviceBorn | Figures | Reported | Told | Logged | Died | DeviceDied | AskRebirth
