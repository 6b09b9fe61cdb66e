"""Names in the booth's neighbourhood never leave it: every byte on the wire is looked at."""

# ruff: noqa: F811  (fixtures are imported, and named again as parameters)

from __future__ import annotations

import gzip
import sqlite3
import zlib
from pathlib import Path

from edge.journal import events as e
from hw.twins.broker import Broker
from tests.hil.uplink_booth import CODE, Booth
from tests.hil.uplink_fixtures import broker, host  # noqa: F401  (fixtures)
from tests.hil.uplink_host import Host
from tests.hil.uplink_packets import PUBLISH, packets
from tests.hil.uplink_proxy import Proxy
from tram.fleet.day import journal

NAME, NUMBER = "Nguyễn Thị Hạnh", "038190004711"


def test_what_stands_around_the_journal_is_never_on_the_wire(
    tmp_path: Path, broker: Broker, host: Host
) -> None:
    proxy = Proxy(broker.port)
    booth = Booth(tmp_path / "booth", broker, port=proxy.port)
    booth.fill(journal(CODE, days=1, dossiers=20))
    for place in ("roster.age", "vault/TH0417-000001-1/data.json", "outbox/a.tram", "notes.txt"):
        file = booth.data / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{NAME} {NUMBER}")
    with sqlite3.connect(booth.data / "journal.db") as db:
        db.execute("CREATE TABLE people (name TEXT, number TEXT)")
        db.execute("INSERT INTO people VALUES (?, ?)", (NAME, NUMBER))
    db.close()
    booth.open()
    try:
        booth.start()
        books = host.wait_until_whole(20)
        booth.record(e.OperatorUnlocked("OP1"))
        host.rebirth()
        host.wait_for_births(2)
        host.wait("all facts", lambda: books.through == books.total)
        assert booth.end() == 0
        told = [p.payload for p in packets(proxy.log) if p.up and p.kind == PUBLISH]
        assert len(told) > 8
        wire = proxy.sent + b"".join(map(_unpacked, told))
        assert CODE.encode() in wire
        for secret in (NAME, NUMBER, *NAME.split()[1:]):
            assert secret.encode() not in wire
        assert NAME not in booth.log()
        assert NUMBER not in booth.log()
    finally:
        booth.close()
        proxy.close()


def _unpacked(payload: bytes) -> bytes:
    """What a gzip in the payload holds, or nothing."""
    at = payload.find(b"\x1f\x8b")
    if at < 0:
        return b""
    try:
        return zlib.decompressobj(wbits=31).decompress(payload[at:])
    except (zlib.error, gzip.BadGzipFile):
        return b""
