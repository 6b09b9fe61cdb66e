"""A booth of the tests joined to a real broker, and the region's worker as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from edge.report.facts import ACKNOWLEDGED, COMMAND, Acknowledged
from edge.sparkplug.node import Message, NodeCommand, Rebirth
from monitor.config import Broker, Settings
from tests.patience import CEILING_S
from tests.unit.monitor.host_booth import GROUP, Booth


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Joined:
    """``booth`` on the broker: is born again when asked, notes what is acknowledged."""

    def __init__(self, booth: Booth, port: int) -> None:
        self.booth = booth
        self.acknowledged: list[Acknowledged] = []
        self.commands: list[bytes] = []
        self.rebirths = 0
        self._changed = threading.Condition(threading.RLock())
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=booth.station)
        will = booth.connect(now_ms())
        self._client.will_set(will.topic, will.payload, qos=1)
        self._client.on_message = self._received
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(booth.node.subscriptions())
        self._client.loop_start()
        assert subscribed.wait(CEILING_S)
        self.births()

    def births(self) -> None:
        with self._changed:
            self.send(*self.booth.births(now_ms()))

    def send(self, *messages: Message) -> None:
        for message in messages:
            self._client.publish(message.topic, message.payload, message.qos, message.retain)

    def tell(self, first: int, last: int) -> None:
        with self._changed:
            self.send(self.booth.tell(first, last, now_ms()))

    @property
    def through(self) -> int:
        """Facts that are acknowledged with the right proof."""
        with self._changed:
            right = [
                one.through
                for one in self.acknowledged
                if one.chain == self.booth.proof(one.through) and one.epoch == self.booth.epoch
            ]
            assert len(right) == len(self.acknowledged)
            return max(right, default=-1)

    def until_acknowledged(self, through: int, patience_s: float = CEILING_S) -> None:
        """As an edge does: what is not acknowledged is told again. Raises ``TimeoutError``."""
        deadline = time.monotonic() + patience_s
        while (have := self.through) < through:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{have} of {through} are acknowledged")
            first = max(have, 0) + 1
            self.tell(first, min(first + 49, through))
            with self._changed:
                self._changed.wait(1.0)

    def until(self, what: Any, patience_s: float = CEILING_S) -> None:
        with self._changed:
            assert self._changed.wait_for(what, patience_s)

    def _received(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        with self._changed:
            got = self.booth.node.received(message.topic, bytes(message.payload))
            if isinstance(got, Rebirth):
                self.rebirths += 1
                self.births()
            elif isinstance(got, NodeCommand):
                for metric in got.metrics:
                    if metric.name == ACKNOWLEDGED and isinstance(metric.value, bytes):
                        self.acknowledged.append(
                            msgspec.msgpack.decode(metric.value, type=Acknowledged)
                        )
                    elif metric.name == COMMAND and isinstance(metric.value, bytes):
                        self.commands.append(metric.value)
            self._changed.notify_all()

    def leave(self) -> None:
        self.send(self.booth.node.died(now_ms()))
        self._client.disconnect()
        self._client.loop_stop()

    def vanish(self) -> None:
        """The power is cut: the broker publishes the will."""
        sock = self._client.socket()
        assert sock is not None
        self._client.loop_stop()
        sock.close()


class WorkerProcess:
    """``tram monitor``'s ingest worker alone, as its parent starts it."""

    def __init__(self, db: str, port: int, log: Path) -> None:
        settings = Settings(workers=((GROUP,),), db=db, broker=Broker(port=port))
        self._settings = msgspec.json.encode(settings, enc_hook=str) + b"\n"
        self.log = log
        self.start()

    def start(self) -> None:
        """Until it takes messages: what a booth says before that, nobody hears."""
        before = self._connections()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tram.monitor", "worker-0"],
                stdin=subprocess.PIPE,
                stderr=log,
                cwd=Path(__file__).parents[2],
            )
        assert self.process.stdin is not None
        self.process.stdin.write(self._settings)
        self.process.stdin.flush()
        deadline = time.monotonic() + CEILING_S
        while self._connections() == before:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def _connections(self) -> int:
        return self.log.read_text().count("connected as") if self.log.exists() else 0

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self._gone()

    def end(self) -> int:
        """SIGTERM, as the parent ends it; its exit code."""
        self.process.terminate()
        return self._gone()

    def _gone(self) -> int:
        assert self.process.stdin is not None
        code = self.process.wait(CEILING_S)
        self.process.stdin.close()
        return code
