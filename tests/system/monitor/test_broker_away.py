"""A broker that lets nobody in is tried again and again, and told of once."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from time import monotonic

import pytest

from monitor.config import Broker
from monitor.ingest.worker import Worker
from monitor.store.database import open_store
from tests.patience import CEILING_S

TRIES = 4
NOT_AUTHORIZED = b"\x20\x02\x00\x05"
"""CONNACK, MQTT 3.1.1 section 3.2.2.3."""


class Refusing:
    """A broker to whom nobody is known."""

    def __init__(self) -> None:
        self.calls = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._refuse, daemon=True).start()

    def _refuse(self) -> None:
        while self.calls < TRIES:
            with self._listener.accept()[0] as client:
                client.recv(4096)
                client.sendall(NOT_AUTHORIZED)
                client.recv(4096)
            self.calls += 1
        self._listener.close()


def test_the_reason_is_logged_once_however_often_the_worker_tries(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broker = Refusing()
    engine = open_store(f"sqlite:///{tmp_path / 'region.db'}")
    worker = Worker(engine, Broker(port=broker.port), "tram-0", ("vn",))
    deadline = monotonic() + CEILING_S
    while broker.calls < TRIES:
        assert monotonic() < deadline
        worker.turn()
    engine.dispose()
    told = [record.getMessage() for record in caplog.records if "broker:" in record.getMessage()]
    assert len(told) == 1
    assert "does not let this machine in: Not authorized" in told[0]
