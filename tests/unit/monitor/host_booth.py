"""A booth at the protocol: the edge's real births, data and deaths, with facts made here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from edge.journal.terms import Delivery, Device, RosterOutcome, TicketKind
from edge.report import chain
from edge.report.facts import (
    ACKNOWLEDGED,
    COMMAND,
    EPOCH,
    LOGS,
    REPORT,
    TOTAL,
    AnyFact,
    DossierEnded,
    Entry,
)
from edge.report.metrics import DEVICE, NODE
from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import EdgeNode, Message
from edge.sparkplug.payload import Metric

GROUP = "vn-thanh-hoa"
STATION = "TH0417"
EPOCH_1 = "0a1b2c3d"
BOOT = "00000001"
START = 1_764_000_000_000
"""Ms since 1970 UTC, a Monday noon in Viet Nam or near it."""
_pack = msgspec.msgpack.Encoder().encode


def ended(number: int = 1, outcome: str = "sealed", **changed: object) -> DossierEnded:
    """A dossier's end, plausible in every field."""
    whole = DossierEnded(
        dossier=f"TH0417-{number:06d}-1",
        outcome=outcome,
        reason=None,
        desk=1,
        ticket_kind=TicketKind.WALK_IN,
        opened_at=START,
        waited_s=300,
        identify_s=20,
        portrait_s=25,
        fingers_s=90,
        review_s=15,
        papers_s=12,
        device_wait_s=5,
        total_s=170,
        software_ms=400,
        source=None,
        roster=RosterOutcome.UNCHANGED,
        contradictions=0,
        portrait_quality=81,
        portrait_takes=1,
        forced=None,
        fingers=(70, 71, 72, 73, 74, 75, 76, 77, 102, 79),
        finger_retries=2,
        corrections=0,
        delivery=Delivery.POST,
        packet_kb=900,
        without_ticket=False,
    )
    return msgspec.structs.replace(whole, **changed)


class Booth:
    """Messages as a booth sends them. ``facts`` entries lie seamlessly over its journal's rows."""

    def __init__(
        self, station: str = STATION, group: str = GROUP, epoch: str = EPOCH_1, bd_seq: int = 0
    ) -> None:
        self.station, self.group, self.epoch = station, group, epoch
        self.entries: list[bytes] = []
        self._row = 0
        self.devices: dict[str, bool] = {device.value: True for device in Device}
        self.node = EdgeNode(group, station, tuple(self.devices))
        self.bd_seq = bd_seq

    # ---- facts -----------------------------------------------------------------------------

    def fact(
        self,
        what: AnyFact,
        *,
        at: int = START,
        mono: int = 60_000,
        boot: str = BOOT,
        trusted: bool = True,
        rows: int = 4,
    ) -> None:
        """It happened: the journal has ``rows`` more rows and they are told by one fact."""
        entry = Entry(self._row + 1, self._row + rows, at, mono, boot, trusted, what)
        self._row += rows
        self.entries.append(_pack(entry))

    def dossiers(self, count: int) -> None:
        for _ in range(count):
            number = len(self.entries) + 1
            self.fact(ended(number), at=START + number * 150_000)

    def report(self, first: int, last: int) -> bytes:
        """Facts ``first`` to ``last``, counted from 1, as a ``Report``."""
        entries = tuple(msgspec.Raw(entry) for entry in self.entries[first - 1 : last])
        return _pack([self.epoch, first, entries])

    def proof(self, through: int) -> bytes:
        """What an acknowledgement of 1…``through`` must prove."""
        link = chain.start(self.station, self.epoch)
        for entry in self.entries[:through]:
            link = hashlib.sha256(link + entry).digest()
        return chain.proof(link)

    # ---- messages --------------------------------------------------------------------------

    def connect(self, now: int = START) -> Message:
        """A new session; its will."""
        self.bd_seq = (self.bd_seq + 1) % 256
        return self.node.connecting(self.bd_seq, now)

    def births(
        self, now: int = START, figures: Mapping[str, float | str] | None = None
    ) -> list[Message]:
        ledger = [
            Metric(EPOCH, self.epoch, DataType.STRING),
            Metric(TOTAL, len(self.entries), DataType.INT64),
            *(Metric(name, None, DataType.BYTES) for name in (REPORT, LOGS, ACKNOWLEDGED, COMMAND)),
        ]
        values = figures or {}
        node = [Metric(one.name, values.get(one.name), one.type) for one in NODE]
        devices = {
            name: [Metric(one.name, None, one.type) for one in DEVICE]
            for name, works in self.devices.items()
            if works
        }
        return self.node.born(now, [*node, *ledger], devices)

    def begin(self, now: int = START) -> list[Message]:
        self.connect(now)
        return self.births(now)

    def tell(self, first: int, last: int, now: int = START) -> Message:
        metric = Metric(REPORT, self.report(first, last), DataType.BYTES)
        total = Metric(TOTAL, len(self.entries), DataType.INT64)
        return self.node.data(now, [metric, total])

    def figure(self, name: str, value: float | str | None, now: int = START) -> Message:
        type_ = next(one.type for one in NODE if one.name == name)
        return self.node.data(now, [Metric(name, value, type_)])

    def device_figure(self, device: str, name: str, value: str, now: int = START) -> Message:
        type_ = next(one.type for one in DEVICE if one.name == name)
        return self.node.device_data(now, device, [Metric(name, value, type_)])
