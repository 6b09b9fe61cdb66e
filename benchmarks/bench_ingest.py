"""Family ``ingest``: what one ingest worker takes in, durable, against paho that only receives.

A fleet's births, then data: five figures a message over the stations in turn (the least that can
be gathered), every twentieth carries a report with a fact. All of it is fed raw, at once, through
a real mosquitto; the clock runs from the first to the last message, for the worker until the last
batch is committed (SQLite, WAL, synchronous FULL).
"""

from __future__ import annotations

import gc
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import func, select

from edge.sparkplug.node import Message
from hw.twins.broker import running
from monitor.config import Broker
from monitor.ingest.worker import Worker
from monitor.store.database import open_store
from monitor.store.schema import fact, figure, station
from tests.unit.monitor.host_booth import GROUP, Booth

STATIONS = 1_000
MESSAGES = 60_000
REPORT_EVERY = 20
LIMIT_MSGS_S = "≥ 10000"
LIMIT_RATIO = "≥ 0.70"
FIGURES = ("Queue/Walk-in", "Line/Pace", "Today/Sealed", "Host/Disk free", "Line/Open dossiers")
GIVE_UP_S = 60.0


def fleet() -> tuple[list[Message], list[Message]]:
    """Births of all stations, and their data in turn."""
    from edge.report.metrics import NODE
    from edge.sparkplug.payload import Metric

    types = {one.name: one.type for one in NODE}
    booths = [Booth(f"TH{number:04d}") for number in range(STATIONS)]
    now = time.time_ns() // 1_000_000
    births = [message for booth in booths for message in booth.begin(now)]
    data = []
    for number in range(MESSAGES):
        booth = booths[number % STATIONS]
        if number // STATIONS % REPORT_EVERY == REPORT_EVERY - 1:
            booth.dossiers(1)
            data.append(booth.tell(len(booth.entries), len(booth.entries), now))
        else:
            metrics = [Metric(name, number % 1000, types[name]) for name in FIGURES]
            data.append(booth.node.data(now, metrics))
    return births, data


def packets(messages: list[Message]) -> bytes:
    """MQTT 3.1.1 PUBLISH packets, QoS 0."""
    out = bytearray()
    for message in messages:
        topic = message.topic.encode()
        body = struct.pack("!H", len(topic)) + topic + message.payload
        out.append(0x30)
        length = len(body)
        while length > 127:
            out.append(length & 127 | 128)
            length >>= 7
        out.append(length)
        out += body
    return bytes(out)


class Feeder:
    """A publisher without a library, so that it takes no time from what is measured."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04feed")
        assert self._socket.recv(4) == b"\x20\x02\x00\x00"

    def feed(self, wire: bytes) -> None:
        threading.Thread(target=self._socket.sendall, args=(wire,), daemon=True).start()


def bare(port: int, feeder: Feeder, wire: bytes, count: int) -> float:
    """Messages a second of a paho client that does nothing with them."""
    times: list[float] = []
    ready = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2)

    def on_message(_client: Client, _userdata: Any, _message: MQTTMessage) -> None:
        times.append(time.perf_counter())

    client.on_message = on_message
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.subscribe("spBv1.0/#")
    client.loop_start()
    assert ready.wait(GIVE_UP_S)
    feeder.feed(wire)
    deadline = time.monotonic() + GIVE_UP_S
    while len(times) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    client.disconnect()
    client.loop_stop()
    if len(times) < count:
        raise RuntimeError(f"{len(times)} of {count} messages came")
    return count / (times[-1] - times[0])


def durable(port: int, url: str, feeder: Feeder, births: bytes, data: bytes, count: int) -> float:
    """Messages a second of a worker until they are on the disk."""
    engine = open_store(url)
    worker = Worker(engine, Broker(port=port), "bench", (GROUP,))
    deadline = time.monotonic() + GIVE_UP_S

    def until(done: Any) -> None:
        while not done():
            worker.turn()
            if time.monotonic() > deadline:
                raise RuntimeError("the worker does not get done")

    with engine.connect() as connection:
        until(lambda: worker.connected)
        feeder.feed(births)
        born = select(func.count()).select_from(station).where(station.c.online)
        until(lambda: _told(connection, born) == STATIONS)
        until(lambda: worker.idle)
        before = worker.received
        begun = time.perf_counter()
        feeder.feed(data)
        until(lambda: worker.received - before >= count and worker.idle)
        took = time.perf_counter() - begun
        facts = _told(connection, select(func.count()).select_from(fact))
        assert facts == count // REPORT_EVERY, facts
        newest = _told(connection, select(func.max(figure.c.number)))
        assert newest is not None
    return count / took


def _told(connection: Any, query: Any) -> Any:
    value = connection.execute(query).scalar()
    connection.rollback()
    return value


def run() -> Iterator[dict[str, Any]]:
    births, data = fleet()
    wire_births, wire = packets(births), packets(data)
    count = len(data)
    del births, data  # the garbage collector is not to walk through the fleet's messages
    gc.collect()
    with (
        tempfile.TemporaryDirectory(dir=Path.cwd()) as name,
        running(Path(name), lines=("log_type none",)) as broker,
    ):
        feeder = Feeder(broker.port)
        alone = max(bare(broker.port, feeder, wire, count) for _ in range(2))
        rate = durable(broker.port, f"sqlite:///{name}/region.db", feeder, wire_births, wire, count)
    note = f"{STATIONS} stations, {count} messages of 5 figures, a fact in every {REPORT_EVERY}th"
    yield {
        "name": "monitor.ingest_msgs_s",
        "value": rate,
        "unit": "1/s",
        "limit": LIMIT_MSGS_S,
        "note": f"durable, one worker, SQLite: {note}",
    }
    yield {
        "name": "monitor.ingest_ratio",
        "value": rate / alone,
        "unit": None,
        "limit": LIMIT_RATIO,
        "note": f"against paho that only receives: {alone:.0f} a second in the same run",
    }
