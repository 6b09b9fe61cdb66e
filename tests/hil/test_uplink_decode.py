"""``tram edge decode``: a captured payload and a live broker as text."""

# ruff: noqa: F811  (fixtures are imported, and named again as parameters)

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from edge.sparkplug.topic import MessageType
from hw.twins.broker import Broker
from tests.hil.uplink_booth import CODE, GROUP, Booth
from tests.hil.uplink_fixtures import booth, broker, host  # noqa: F401  (fixtures)
from tests.hil.uplink_host import Host
from tests.patience import CEILING_S
from tram.fleet.day import journal

TRAM = [sys.executable, "-m", "tram", "edge", "decode"]


def test_a_captured_payload_is_told_in_words(booth: Booth, host: Host, tmp_path: Path) -> None:
    booth.fill(journal(CODE, days=1, dossiers=2))
    booth.start()
    host.wait_until_whole(2)
    captured = tmp_path / "birth.bin"
    captured.write_bytes(host.last_bytes(MessageType.NBIRTH))
    topic = f"spBv1.0/{GROUP}/NBIRTH/{CODE}"
    for source, data in ((str(captured), b""), ("-", captured.read_bytes())):
        told = subprocess.run(
            [*TRAM, source, "--topic", topic], input=data, capture_output=True, timeout=CEILING_S
        )
        assert told.returncode == 0, told.stderr
        text = told.stdout.decode()
        assert "birth of a station" in text
        assert "Facts/Total" in text


def test_a_live_broker_is_followed(booth: Booth, broker: Broker, host: Host) -> None:
    reader = subprocess.Popen(
        [*TRAM, "--broker", f"{broker.host}:{broker.port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        host.poll("the reader's session", lambda: broker.log().count("SUBSCRIBE from") >= 2)
        booth.fill(journal(CODE, days=1, dossiers=2))
        booth.start()
        assert reader.stdout is not None
        for line in reader.stdout:
            if f"birth of a station: {CODE}" in line:
                break
    finally:
        reader.send_signal(signal.SIGINT)
        _, errors = reader.communicate(timeout=CEILING_S)
    assert "Traceback" not in errors


def test_nothing_to_read_is_said_plainly() -> None:
    told = subprocess.run(TRAM, capture_output=True, text=True, timeout=CEILING_S)
    assert told.returncode == 2
    assert "--broker" in told.stderr
