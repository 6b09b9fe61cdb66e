"""What is said in one session, from the births to the death.

Facts first, then live figures by exception, then health samples of the hours offline. Everything
that is published goes through the node's state machine, in one order, from one thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from edge.config import EdgeConfig
from edge.journal.terms import Device
from edge.report.bands import Bands
from edge.report.facts import (
    ACKNOWLEDGED,
    COMMAND,
    EPOCH,
    LOGS,
    REPORT,
    TOTAL,
    Acknowledged,
    Entry,
)
from edge.report.figures import Value
from edge.report.metrics import DEVICE, DEVICE_STATE, EXTRA, NODE, Figure, of_node
from edge.report.orders import ReportNow
from edge.sparkplug.birth import HostOffline
from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import (
    DeviceCommand,
    EdgeNode,
    HostState,
    Ignored,
    Message,
    NodeCommand,
    Rebirth,
)
from edge.sparkplug.payload import Metric
from edge.uplink import logs
from edge.uplink.book import Book
from edge.uplink.commands import Commands
from edge.uplink.figures import Figures
from edge.uplink.health import HealthRing
from edge.uplink.host import Sample
from edge.uplink.ledger import Outgoing
from ground.clock import Clock
from ground.decode import Malformed, from_msgpack

log = logging.getLogger("tram.edge")

HEALTH_BATCH = 60
"""Samples in one message."""
_FAILED = "failed"
_HEALTH = {figure.name: figure for figure in NODE}

_encode = msgspec.msgpack.Encoder().encode
_answer = from_msgpack(Acknowledged)


@dataclass(frozen=True)
class Parts:
    """What a session speaks of and with."""

    config: EdgeConfig
    clock: Clock
    node: EdgeNode
    book: Book
    ring: HealthRing
    figures: Figures
    commands: Commands


class Talk:
    """``publish`` gives a message to the network at once."""

    def __init__(self, parts: Parts, publish: Callable[[Message], object]) -> None:
        self._parts = parts
        self._publish = publish
        self._bands = Bands()
        self._device_bands = {device: Bands() for device in parts.config.devices}
        self._told_of = parts.book.ledger
        self._sent_row: int | None = None
        self.host_gone = False
        """The primary host went offline: this session is to be ended."""

    @property
    def born(self) -> bool:
        return self._parts.node.is_born

    # ---- births and deaths -----------------------------------------------------------------

    def birth(self, now: float) -> bool:
        """NBIRTH and the DBIRTHs; False: the primary host is not online, there is none yet."""
        parts = self._parts
        now_ms = parts.clock.now_ms()
        parts.figures.look()
        ledger, total = parts.book.ledger, parts.book.head.number
        node = [
            *self._bands.all(parts.figures.node(), of_node(), now_ms),
            Metric(EPOCH, parts.book.head.epoch, DataType.STRING),
            Metric(TOTAL, total, DataType.INT64),
            *(Metric(name, None, DataType.BYTES) for name in (REPORT, LOGS, ACKNOWLEDGED, COMMAND)),
        ]
        devices = {
            device.value: None if _failed(its) else self._device_metrics(device, its, now_ms)
            for device, its in parts.figures.devices().items()
        }
        try:
            messages = parts.node.born(now_ms, node, devices)
        except HostOffline:
            return False
        for message in messages:
            self._publish(message)
        self._told_of = ledger
        if ledger is not None:
            ledger.born(total, now)
        log.info("born with %d facts and %d devices", total, len(messages) - 1)
        return True

    def _device_metrics(self, device: Device, its: dict[str, Value], now_ms: int) -> list[Metric]:
        return self._device_bands[device].all(its, _table(device), now_ms)

    def death(self) -> None:
        """NDEATH, before the session is ended on purpose."""
        if self.born:
            self._publish(self._parts.node.died(self._parts.clock.now_ms()))

    # ---- what comes ------------------------------------------------------------------------

    def arrived(self, topic: str, payload: bytes, now: float) -> None:
        match self._parts.node.received(topic, payload):
            case Rebirth(metrics):
                self.birth(now)
                self._commanded(metrics, now)
            case NodeCommand(metrics) | DeviceCommand(_, metrics):
                self._commanded(metrics, now)
            case HostState(online, _):
                if online and not self.born:
                    self.birth(now)
                elif not online and self.born:
                    self.host_gone = True
            case Ignored(why):
                log.debug("ignored: %s", why)

    def _commanded(self, metrics: tuple[Metric, ...], now: float) -> None:
        for metric in metrics:
            if metric.name == ACKNOWLEDGED and isinstance(metric.value, bytes):
                self._acknowledged(metric.value, now)
        for order in self._parts.commands.arrived(metrics):
            if isinstance(order, ReportNow):
                self.birth(now)
            elif self.born:
                text = logs.tail(self._parts.config.data, order.lines)
                self._data([Metric(LOGS, text, DataType.BYTES)])

    def _acknowledged(self, wire: bytes, now: float) -> None:
        ledger = self._parts.book.ledger
        try:
            answer = _answer(wire)
        except Malformed as error:
            log.debug("an acknowledgement of the region: %s", error)
            return
        if ledger is not None:
            before = ledger.quarrel
            self._parts.book.remember(ledger.acknowledged(answer, now))
            if ledger.quarrel != before:
                log.warning("the region's books: %s", ledger.quarrel or "agree again")

    # ---- what goes -------------------------------------------------------------------------

    def facts(self, made: list[tuple[int, Entry]], now: float, room: Callable[[], bool]) -> None:
        """Reports that are due, while the network takes them (``room``); ``made``: new facts."""
        book = self._parts.book
        if book.ledger is not self._told_of:  # another journal
            self.birth(now)
        while (ledger := book.ledger) is not None and room():
            book.move(now)
            if (report := ledger.due(now)) is None:
                break
            self._report(report)
        if ledger is not None and made:
            first = made[0][0]
            if (report := ledger.made(first, [entry for _, entry in made])) is not None:
                self._report(report)

    def _report(self, outgoing: Outgoing) -> None:
        report = outgoing.report
        at = None if outgoing.live else report.entries[-1].at
        self._data(
            [Metric(REPORT, _encode(report), DataType.BYTES, at, is_historical=not outgoing.live)]
        )

    def live(self) -> None:
        """Figures by exception; devices that failed or work again."""
        parts, now_ms = self._parts, self._parts.clock.now_ms()
        if changed := self._bands.changed(parts.figures.node(), of_node(), now_ms):
            self._data(changed)
        for device, its in parts.figures.devices().items():
            name, bands = device.value, self._device_bands[device]
            lives = name in parts.node.born_devices
            if not lives and not _failed(its):
                metrics = self._device_metrics(device, its, now_ms)
                self._publish(parts.node.device_born(now_ms, name, metrics))
            elif lives and (changed := bands.changed(its, _table(device), now_ms)):
                self._publish(parts.node.device_data(now_ms, name, changed))
            if lives and _failed(its):
                self._publish(parts.node.device_died(now_ms, name))

    def health(self) -> bool:
        """Send the oldest samples of the ring, once all facts are there. True: some were sent;
        when the network proves to be alive afterwards, call ``health_arrived``.
        """
        ledger = self._parts.book.ledger
        if self._sent_row is not None or (ledger is not None and not ledger.idle):
            return False
        last, samples = self._parts.ring.oldest(HEALTH_BATCH)
        if not last:
            return False
        metrics: list[Metric] = []
        said: dict[str, Value] = {}
        for at, sample in samples:
            metrics += _historical(at, sample, said)
        if metrics:
            self._data(metrics)
        self._sent_row = last
        return True

    def health_arrived(self) -> None:
        if self._sent_row is not None:
            self._parts.ring.sent(self._sent_row)
            self._sent_row = None

    def _data(self, metrics: list[Metric]) -> None:
        self._publish(self._parts.node.data(self._parts.clock.now_ms(), metrics))


def _historical(at: int, sample: Sample, said: dict[str, Value]) -> list[Metric]:
    """The figures of a sample that differ from those ``said`` before it."""
    metrics = []
    for name, value in sample.figures().items():
        if name in said and said[name] == value:
            continue
        said[name] = value
        metrics.append(Metric(name, value, _HEALTH[name].type, at, is_historical=True))
    return metrics


def _failed(its: dict[str, Value]) -> bool:
    return its[DEVICE_STATE] == _FAILED


def _table(device: Device) -> tuple[Figure, ...]:
    return (*DEVICE, *EXTRA.get(device, ()))
