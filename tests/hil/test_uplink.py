"""``tram edge`` with a real journal and a real broker: births, facts, figures, deaths."""

# ruff: noqa: F811  (fixtures are imported, and named again as parameters)

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from edge.journal import events as e
from edge.sparkplug.topic import MessageType
from tests.hil.uplink_booth import CODE, DEVICES, Booth
from tests.hil.uplink_fixtures import booth, broker, host  # noqa: F401  (fixtures)
from tests.hil.uplink_host import Heard, Host
from tests.patience import CEILING_S
from tram.fleet.day import journal


def test_a_booth_is_born_with_its_devices_and_tells_all_its_facts(booth: Booth, host: Host) -> None:
    booth.fill(journal(CODE, days=1, dossiers=40))
    booth.start()
    books = host.wait_until_whole(40)
    host.wait("all facts", lambda: books.through == books.total)
    kinds = [heard.kind for heard in host.heard]
    assert kinds[0] is MessageType.NBIRTH
    assert kinds[1:6] == [MessageType.DBIRTH] * 5
    assert {heard.topic.device for heard in host.all(MessageType.DBIRTH)} == set(DEVICES)
    assert [heard.payload.seq for heard in host.heard] == list(range(len(host.heard)))
    assert books.copies == 0
    assert booth.end() == 0
    host.wait("the death", lambda: host.all(MessageType.NDEATH))
    birth, death = host.all(MessageType.NBIRTH)[0], host.all(MessageType.NDEATH)[0]
    assert birth.value("bdSeq") == death.value("bdSeq") == 0


def test_a_fact_is_live_as_it_is_made(booth: Booth, host: Host) -> None:
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    booth.start()
    host.wait_until_whole(2)  # that the clock is set, and the start
    booth.record(e.OperatorUnlocked("OP1"))
    host.wait_until_whole(3)
    reports = [
        message.metrics["Facts/Report"]
        for message in host.all(MessageType.NDATA)
        if "Facts/Report" in message.metrics
    ]
    assert not reports[-1].is_historical


def test_a_rebirth_comes_with_the_same_bd_seq_and_without_a_death(booth: Booth, host: Host) -> None:
    booth.fill(journal(CODE, days=1, dossiers=3))
    booth.start()
    host.wait_until_whole(3)
    host.rebirth()
    host.wait("another birth", lambda: len(host.all(MessageType.NBIRTH)) == 2)
    host.wait("its devices", lambda: len(host.all(MessageType.DBIRTH)) == 10)
    first, second = host.all(MessageType.NBIRTH)
    assert first.value("bdSeq") == second.value("bdSeq")
    assert second.payload.seq == 0
    assert not host.all(MessageType.NDEATH)


def test_a_device_that_fails_dies_and_is_born_when_it_works_again(booth: Booth, host: Host) -> None:
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    booth.start()
    host.wait("the births", lambda: len(host.all(MessageType.DBIRTH)) == 5)
    booth.record(e.DeviceFailed(e.Device.CAMERA, e.FaultCode.HUNG))
    host.wait("the death", lambda: host.all(MessageType.DDEATH))
    told, death = host.heard[-2:] if host.heard[-1].kind is MessageType.DDEATH else (None, None)
    told = told or host.all(MessageType.DDATA)[-1]
    death = death or host.all(MessageType.DDEATH)[-1]
    assert death.topic.device == told.topic.device == "camera"
    assert told.value("State") == "failed"
    assert told.value("Fault") == "hung"
    booth.record(e.DeviceRecovered(e.Device.CAMERA))
    host.wait("the birth", lambda: len(host.all(MessageType.DBIRTH)) == 6)
    assert host.all(MessageType.DBIRTH)[-1].value("State") == "works"


def test_a_device_that_is_out_of_order_is_not_born_with_the_booth(booth: Booth, host: Host) -> None:
    booth.open()
    booth.record(e.StationStarted("0.1.0"), e.DeviceFailed(e.Device.PRINTER, e.FaultCode.PAPER_OUT))
    booth.start()
    host.wait_until_whole(2)
    born = {heard.topic.device for heard in host.all(MessageType.DBIRTH)}
    assert born == set(DEVICES) - {"printer"}


def test_the_booth_tells_that_its_station_stopped_and_runs_again(booth: Booth, host: Host) -> None:
    def running(heard: Heard) -> object:
        metric = heard.metrics.get("Station/Running")
        return None if metric is None else metric.value

    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    booth.start()
    host.wait_until_whole(1)
    assert running(host.all(MessageType.NBIRTH)[0]) is True
    booth.shut()
    host.wait(
        "the station's end", lambda: any(running(h) is False for h in host.all(MessageType.NDATA))
    )
    booth.open()
    host.wait("its start", lambda: running(host.all(MessageType.NDATA)[-1]) is True)


def test_a_fresh_journal_is_told_as_another_epoch(booth: Booth, host: Host) -> None:
    booth.fill(journal(CODE, days=1, dossiers=5))
    booth.start()
    first = host.wait_until_whole(5)
    for file in booth.data.glob("journal.db*"):
        file.unlink()
    booth.open()
    booth.record(e.StationStarted("0.1.0"), e.OperatorUnlocked("OP1"))
    host.wait("another epoch", lambda: len(host.books) == 2)
    fresh = next(books for books in host.books.values() if books is not first)
    host.wait("its facts", lambda: fresh.through == 3)  # that the clock is set, and these two


def test_an_uplink_that_lost_its_memory_asks_and_sends_nothing_twice(
    booth: Booth, host: Host
) -> None:
    booth.fill(journal(CODE, days=1, dossiers=30))
    booth.start()
    books = host.wait_until_whole(30)
    host.wait("all facts", lambda: books.through == books.total)
    assert booth.end() == 0
    for file in booth.data.glob("edge.db*"):
        file.unlink()
    booth.open()
    booth.record(e.OperatorUnlocked("OP1"))
    booth.start()
    host.wait("the new fact", lambda: books.through == books.total > 30)
    assert books.copies == 0
    assert host.all(MessageType.NBIRTH)[-1].value("Uplink/Quarrel") == ""


def test_a_damaged_memory_is_set_aside(booth: Booth, host: Host) -> None:
    booth.fill(journal(CODE, days=1, dossiers=3))
    (booth.data / "edge.db").write_bytes(b"no database at all, but long enough to be one" * 100)
    booth.start()
    host.wait_until_whole(3)
    assert (booth.data / "edge.db.damaged").is_file()
    assert "Traceback" not in booth.log()


def test_a_region_that_lies_about_facts_is_told_of_it(booth: Booth, host: Host) -> None:
    booth.fill(journal(CODE, days=1, dossiers=5))
    booth.start()
    books = host.wait_until_whole(5)
    (epoch,) = host.books
    host.wait("all facts", lambda: books.through == books.total)
    host.acknowledge(epoch, books.through + 50, b"x" * 16)
    host.wait(
        "the quarrel",
        lambda: any("Uplink/Quarrel" in heard.metrics for heard in host.all(MessageType.NDATA)),
    )
    told = [h for h in host.all(MessageType.NDATA) if "Uplink/Quarrel" in h.metrics][-1]
    assert told.value("Uplink/Quarrel")
    host.rebirth()
    host.wait("agreement", lambda: len(host.all(MessageType.NBIRTH)) == 2)
    host.wait("all facts", lambda: books.through == books.total)
    assert "Traceback" not in booth.log()


def test_two_uplinks_on_one_booth_are_one_too_many(
    booth: Booth, host: Host, tmp_path: Path
) -> None:
    booth.fill(journal(CODE, days=1, dossiers=1))
    booth.start()
    host.wait_until_whole(1)
    second = subprocess.run(
        [sys.executable, "-m", "tram", "edge", "--config", str(booth.config)],
        capture_output=True,
        text=True,
        timeout=CEILING_S,
    )
    assert second.returncode == 1
    assert "is running on" in second.stderr
    assert "Traceback" not in second.stderr
