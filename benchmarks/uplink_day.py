"""A booth's day on the wire in minutes: the real uplink on a clock that is moved by hand.

The journal's rows are appended as their time comes, the uplink's intervals and dead bands run by
the same clock, and after every report the clock stands until the region has acknowledged it, as it
would within the second. paho's keepalive alone runs by the machine's clock: its pings are counted
here by its own rule and priced as measured.
"""

from __future__ import annotations

import select
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.config import EdgeConfig
from edge.config import Uplink as Settings
from edge.journal.store import Journal, Row
from edge.journal.terms import Device
from edge.uplink.run import Uplink
from ground.clock import SteppedClock
from hw.twins.broker import Broker
from tests.hil.uplink_proxy import Proxy
from tram.fleet.day import ZONE

CODE, GROUP, REGION = "TH0417", "vn-thanh-hoa", "vn/thanh-hoa/bim-son"
BOOT, BEFORE_MS = "5eed5eed", 59_000
"""The made-up rows' boot, and when before their first the hand-moved clock begins: the same one."""
STEP_S = 10.0
ANSWER_S = 60.0
"""Of the machine's time: a region that takes longer is broken."""
QUIET_S = 0.3
AGAIN_MS = 200
"""The longest wait for the network: the clock stands meanwhile."""


class Meter:
    """Bytes of TCP's payload through a proxy, without the headers of TCP and IP."""

    def __init__(self, broker: Broker) -> None:
        self.proxy = Proxy(broker.port)
        self.up = self.down = 0
        self._seen = 0

    def look(self) -> tuple[int, int]:
        """(sent by the booth, received by it) since the last look."""
        log, up, down = self.proxy.log, 0, 0
        for upwards, data in log[self._seen :]:
            self._seen += 1
            if upwards:
                up += len(data)
            else:
                down += len(data)
        self.up, self.down = self.up + up, self.down + down
        return up, down

    def settle(self) -> tuple[int, int]:
        """As ``look``, once nothing more comes."""
        up, down = self.look()
        until = time.monotonic() + QUIET_S
        while time.monotonic() < until:
            time.sleep(0.01)
            more = self.look()
            if any(more):
                up, down = up + more[0], down + more[1]
                until = time.monotonic() + QUIET_S
        return up, down


@dataclass(frozen=True)
class Day:
    """Bytes of a session from CONNECT to its end; ``pings`` that paho would have sent."""

    up: int
    down: int
    pings: int
    facts: int
    sessions: int


def through(meter: Meter, broker: Broker) -> Settings:
    """The uplink's settings as left out, by way of the meter."""
    assert broker.authority is not None
    return Settings(broker.host, meter.proxy.port, GROUP, ca=broker.authority.ca)


def live(folder: Path, broker: Broker, meter: Meter, rows: Iterable[Row]) -> Day:
    """One session over all ``rows``, from the first one's time to the last one's."""
    rows = list(rows)
    clock = SteppedClock(rows[0][1] - BEFORE_MS, BOOT)
    settings = through(meter, broker)
    config = EdgeConfig(CODE, "Bỉm Sơn", REGION, ZONE.key, folder, tuple(Device), settings)
    station = Journal(folder / "journal.db", CODE, clock)  # a station that runs: it has the lock
    uplink = Uplink(config, clock, poll_s=0.0)
    told = pings = 0
    out_ms = in_ms = clock.mono_ms()
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        while told < len(rows) or not uplink.settled:
            clock.advance(STEP_S)
            due = told
            while due < len(rows) and rows[due][1] <= clock.now_ms():
                due += 1
            db.executemany("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?)", rows[told:due])
            told = due
            _turns(uplink)
            up, down = meter.look()
            now = clock.mono_ms()
            out_ms, in_ms = (now if up else out_ms), (now if down else in_ms)
            if uplink.connected and now - min(out_ms, in_ms) >= settings.keepalive_s * 1000:
                pings, out_ms, in_ms = pings + 1, now, now
        facts = uplink.facts[1]
        uplink.close()
    station.close()
    meter.settle()
    return Day(meter.up, meter.down, pings, facts, meter.proxy.connections)


def _turns(uplink: Uplink) -> None:
    """What one moment brings: until the session stands and everything is answered."""
    uplink.turn()
    deadline = time.monotonic() + ANSWER_S
    while not uplink.settled:
        if time.monotonic() > deadline:
            raise RuntimeError("the region does not answer")
        if (fd := uplink.fileno()) >= 0:
            network = select.poll()
            network.register(fd, select.POLLIN)
            network.poll(AGAIN_MS)
        uplink.turn()


def ping_bytes(broker: Broker) -> int:
    """Both ways, TLS included, measured."""
    assert broker.authority is not None
    meter = Meter(broker)
    client = Client(CallbackAPIVersion.VERSION2)
    client.tls_set(str(broker.authority.ca))
    client.connect(broker.host, meter.proxy.port, keepalive=2)
    client.loop_start()
    meter.settle()
    up = down = 0
    deadline = time.monotonic() + ANSWER_S
    while not (up and down) and time.monotonic() < deadline:
        time.sleep(0.01)
        more = meter.look()
        up, down = up + more[0], down + more[1]
    client.loop_stop()
    meter.proxy.close()
    if not (up and down):
        raise RuntimeError("no ping was seen")
    return up + down
