"""One edge node as the host knows it: its session, what its aliases mean, which seq comes next.

Messages that came early are held until what is missing comes or the reorder timer ends
(``application.py``). Sparkplug 3.0, chapters 5.4 to 5.6.
"""

from __future__ import annotations

from typing import NamedTuple

from edge.report.facts import ACKNOWLEDGED, COMMAND
from edge.sparkplug import sparkplug_b_pb2 as wire
from edge.sparkplug.payload import BadPayload, Metric, Payload, decode
from edge.sparkplug.topic import MessageType
from monitor.host.birth import Meaning, Use, meaning, reading, shared, value_of
from monitor.host.outcomes import (
    Born,
    DeviceBorn,
    DeviceDied,
    Died,
    Figures,
    Logged,
    Now,
    Outcome,
    Readings,
    Reported,
    Told,
)

WINDOW = 128
"""Of the 256 seqs, those that are this far behind the awaited one are old, the others early."""


class Held(NamedTuple):
    kind: MessageType
    device: str | None
    message: wire.Payload


class Session:
    """``bd_seq``: of the birth that this session began with. ``awaited``: the seq to come next.

    ``unheard``: nothing in order came since the host (re)connected, so a death may be missed.
    """

    def __init__(self, station: str, group: str, bd_seq: int) -> None:
        self.station = station
        self.group = group
        self.bd_seq = bd_seq
        self.online = True
        self.unheard = False
        self.awaited: int | None = None
        self.held: dict[int, Held] = {}
        self.devices: dict[str, int] = {}
        self.unconfirmed: set[str] = set()
        self.epoch: str | None = None
        self.writable: dict[str, int | None] = {}
        """Metrics that its birth offers for the host to write, with their aliases."""
        self._aliases: dict[int, Meaning] = {}
        self._names: dict[tuple[str, str], Meaning] = {}

    # ---- births and deaths ---------------------------------------------------------------

    def born(self, payload: Payload, now: Now) -> Born:
        """The outcome of an NBIRTH. Raises ``BadPayload``; the session is as before then."""
        if payload.seq is None:
            raise BadPayload("a birth without seq")
        bd_seq = bd_seq_of(payload)
        aliases, names, figures = self._read_birth("", payload, now)
        ledger: dict[Use, object] = {}
        for metric in payload.metrics:
            what = names.get(("", metric.name or ""))
            if what is not None and what.use in (Use.EPOCH, Use.TOTAL):
                ledger[what.use] = metric.value
        epoch, total = ledger.get(Use.EPOCH), ledger.get(Use.TOTAL)
        self.bd_seq, self.online, self.unheard = bd_seq, True, False
        self.awaited = (payload.seq + 1) & 255
        self.held.clear()
        self._aliases, self._names = shared(tuple(aliases.items())), names
        self.epoch = epoch if isinstance(epoch, str) else None
        self.writable = {
            one.name: one.alias for one in payload.metrics if one.name in (ACKNOWLEDGED, COMMAND)
        }
        self.unconfirmed = set(self.devices)
        return Born(
            self.station,
            self.group,
            now.wall,
            bd_seq,
            figures,
            self.epoch,
            total if isinstance(total, int) else None,
        )

    def died(self, now: Now) -> Died:
        self.online = self.unheard = False
        self.awaited = None
        self.held.clear()
        self.devices.clear()
        self.unconfirmed.clear()
        self._aliases, self._names = {}, {}
        return Died(self.station, now.wall)

    def lost_devices(self, now: Now) -> list[Outcome]:
        """Devices that were there before the birth and were not born again after it."""
        lost: list[Outcome] = [self._device_died(one, now.wall) for one in sorted(self.unconfirmed)]
        self.unconfirmed.clear()
        return lost

    def _read_birth(
        self, device: str, payload: Payload, now: Now
    ) -> tuple[dict[int, Meaning], dict[tuple[str, str], Meaning], Readings]:
        aliases: dict[int, Meaning] = {}
        names: dict[tuple[str, str], Meaning] = {}
        figures: Readings = {}
        for metric in payload.metrics:
            what = meaning(metric, device)
            if metric.alias is not None:
                if metric.alias in aliases:
                    raise BadPayload("two metrics with one alias")
                aliases[metric.alias] = what
            names[what.key] = what
            if what.use is Use.FIGURE:
                figures[what.key] = reading(metric.value, metric.timestamp or 0, now.wall)
        return aliases, names, figures

    def _device_born(self, device: str, payload: Payload, now: Now) -> DeviceBorn:
        aliases, names, figures = self._read_birth(device, payload, now)
        kept = {a: what for a, what in self._aliases.items() if what.device != device}
        if kept.keys() & aliases.keys():
            raise BadPayload("an alias of another's metric")
        self._aliases = shared(tuple((kept | aliases).items()))
        self._names = {k: what for k, what in self._names.items() if k[0] != device} | names
        self.devices[device] = now.wall
        self.unconfirmed.discard(device)
        return DeviceBorn(self.station, device, now.wall, figures)

    def _device_died(self, device: str, at: int) -> DeviceDied:
        self.devices.pop(device, None)
        self._aliases = {a: what for a, what in self._aliases.items() if what.device != device}
        self._names = {k: what for k, what in self._names.items() if k[0] != device}
        return DeviceDied(self.station, device, at)

    # ---- in their order ------------------------------------------------------------------

    def is_old(self, seq: int) -> bool:
        """Whether ``seq`` was here before: a message that came twice, or too late."""
        return self.awaited is None or (seq - self.awaited) & 255 >= WINDOW

    def apply(
        self, kind: MessageType, device: str | None, message: wire.Payload, now: Now
    ) -> list[Outcome]:
        """Outcomes of a message whose turn it is. Raises ``BadPayload``: births are needed."""
        if kind is MessageType.NDATA:
            return self._data("", message, now)
        assert device is not None  # the topic has one: edge.sparkplug.topic
        if kind is MessageType.DDATA:
            if device not in self.devices:
                raise BadPayload("data of a device that was not born")
            return self._data(device, message, now)
        if kind is MessageType.DBIRTH:
            return [self._device_born(device, decode(message.SerializeToString()), now)]
        if device not in self.devices:
            return []
        # The time that the DDEATH bears, says the rule; within the device's life, says reason.
        at = message.timestamp or now.wall
        return [self._device_died(device, min(max(at, self.devices[device]), now.wall))]

    def _data(self, device: str, message: wire.Payload, now: Now) -> list[Outcome]:
        # Nearly all that a host reads passes here, and nearly all of it is a small integer.
        figures: Readings = {}
        out: list[Outcome] = []
        aliases, wall = self._aliases, now.wall
        for one in message.metrics:
            alias = one.alias
            what = aliases.get(alias)
            if what is None or what.key[0] != device or not (alias or one.HasField("alias")):
                what = self._names.get((device, one.name))
                if what is None:
                    raise BadPayload("a metric that no birth told of")
            if what.plain and 0 < (raw := getattr(one, what.field)) < what.plain:
                if not one.is_historical:  # an older value says nothing of now
                    at = one.timestamp
                    figures[what.key] = (raw, None, at if 0 < at < wall else wall)
            elif what.use is Use.FIGURE:
                if not one.is_historical:
                    figures[what.key] = reading(value_of(one, what.type), one.timestamp, wall)
            elif what.use is not Use.NONE:
                out += self._ours(what.use, value_of(one, what.type), wall)
        if figures:
            out.append(Figures(self.station, wall, figures))
        return out

    def _ours(self, use: Use, value: object, at: int) -> list[Outcome]:
        if use is Use.REPORT and isinstance(value, bytes):
            return [Reported(self.station, at, value)]
        if use is Use.LOGS and isinstance(value, bytes):
            return [Logged(self.station, at, value)]
        if use is Use.EPOCH and isinstance(value, str):
            self.epoch = value
        elif use is Use.TOTAL and isinstance(value, int) and self.epoch is not None:
            return [Told(self.station, at, self.epoch, value)]
        return []


def bd_seq_of(payload: Payload) -> int:
    """Raises ``BadPayload`` when there is none."""
    metric: Metric
    for metric in payload.metrics:
        if metric.name == "bdSeq" and type(metric.value) is int and 0 <= metric.value <= 255:
            return metric.value
    raise BadPayload("no bdSeq")
