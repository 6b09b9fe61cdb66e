"""Whatever ends in the middle, no fact is lost, and what comes twice is the same."""

# ruff: noqa: F811  (fixtures are imported, and named again as parameters)

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil

from edge.config import load
from edge.journal import events as e
from edge.sparkplug.topic import MessageType
from edge.uplink.ledger import Pace
from edge.uplink.run import Patience, Uplink
from ground.backoff import BackOff
from ground.clock import SystemClock
from hw.twins.broker import Broker, running
from tests.hil.uplink_booth import CODE, Booth
from tests.hil.uplink_fixtures import booth, broker, host  # noqa: F401  (fixtures)
from tests.hil.uplink_host import Heard, Host
from tests.hil.uplink_proxy import Proxy
from tests.patience import CEILING_S
from tram.certificates.authority import for_broker
from tram.fleet.day import journal

LITTLE = 96_000_000 * 2 // 3
"""Bytes: two thirds of the unit's MemoryMax=. The figure is edge.rss_mb of the benchmarks; Python
3.13 itself takes 5 MB more than 3.11."""


class SetClock(SystemClock):
    """A machine's clock that is set by hand while it runs."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


@contextmanager
def in_process(
    booth: Booth, patience: Patience, clock: SystemClock | None = None
) -> Iterator[None]:
    """The same uplink in a thread of ours, less patient than a booth in a village."""
    stop = threading.Event()
    uplink = Uplink(
        load(booth.config),
        clock or SystemClock(flag=booth.time.flag),
        back_off=BackOff(base_s=0.2, cap_s=0.5),
        patience=patience,
        pace=Pace(answer_s=0.5, longest_s=2.0),
    )
    thread = threading.Thread(target=uplink.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(CEILING_S)
        assert not thread.is_alive()


def born_more_than(host: Host, times: int) -> bool:
    return len(host.all(MessageType.NBIRTH)) > times


def test_an_uplink_killed_in_the_middle_again_and_again_loses_nothing(
    booth: Booth, host: Host
) -> None:
    booth.fill(journal(CODE, days=3, dossiers=200))
    dice, kills = random.Random(1), 6
    for life in range(kills):
        booth.start()
        host.wait("its birth", partial(born_more_than, host, life))
        before = sum(books.through for books in host.books.values())
        host.wait_until_whole(min(600, before + dice.randrange(20, 90)))
        booth.end(signal.SIGKILL)
    booth.start()
    host.wait("its birth", partial(born_more_than, host, kills))  # all may be there before
    books = host.wait_until_whole(600)
    host.wait("all facts", lambda: books.through == books.total)
    assert books.unequal == []
    assert [h.value("bdSeq") for h in host.all(MessageType.NBIRTH)] == list(range(kills + 1))


def test_a_broker_killed_in_the_middle_loses_nothing(
    booth: Booth, host: Host, broker: Broker
) -> None:
    booth.fill(journal(CODE, days=3, dossiers=200))
    booth.start()
    for facts in (50, 250):
        host.wait_until_whole(facts)
        host.answers = False  # so that some are under way when the broker dies
        births = len(host.all(MessageType.NBIRTH))
        host.forget_connection()
        broker.kill()
        broker.start()
        host.subscribed_again()
        host.rebirth()  # the booth may have been born before this host was back
        host.wait_for_births(births + 1)
        host.answers = True
        host.rebirth()
    books = host.wait_until_whole(600)
    host.wait("all facts", lambda: books.through == books.total)
    assert books.unequal == []
    assert booth.runs


def test_facts_of_hours_offline_come_oldest_first_and_as_history(
    tmp_path: Path, booth: Booth, broker: Broker
) -> None:
    booth.fill(journal(CODE, days=2, dossiers=50))
    broker.kill()
    booth.start()
    broker.start()
    host = Host(broker)
    try:
        books = host.wait_until_whole(100)
        host.wait("all facts", lambda: books.through == books.total)
        reports = [h for h in host.all(MessageType.NDATA) if "Facts/Report" in h.metrics]
        assert all(heard.metrics["Facts/Report"].is_historical for heard in reports)
        assert books.copies == 0
    finally:
        host.close()


def test_a_link_that_is_half_open_is_found_and_replaced(
    tmp_path: Path, broker: Broker, host: Host
) -> None:
    proxy = Proxy(broker.port)
    booth = Booth(tmp_path / "behind", broker, port=proxy.port)
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    try:
        with in_process(booth, Patience(silence_s=1.0, answer_s=1.0)):
            books = host.wait_until_whole(1)
            proxy.swallow.set()
            booth.record(e.OperatorUnlocked("OP1"))
            host_before = proxy.connections
            wait_for(lambda: proxy.connections > host_before)
            proxy.swallow.clear()
            host.wait("the fact", lambda: books.through == 2)
    finally:
        booth.close()
        proxy.close()


def test_a_region_that_is_silent_is_no_reason_to_leave_the_broker(booth: Booth, host: Host) -> None:
    host.answers = False
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    with in_process(booth, Patience(silence_s=0.3, answer_s=5.0)):
        host.wait("facts", lambda: any(b.through for b in host.books.values()))
        quiet = threading.Event()
        quiet.wait(4)  # a dozen times the silence that makes it ask the broker
        assert len(host.all(MessageType.NBIRTH)) == 1
        assert not host.all(MessageType.NDEATH)


def test_a_clock_that_is_set_by_years_stops_nothing(booth: Booth, host: Host) -> None:
    clock, year_ms = SetClock(flag=booth.time.flag), 31_557_600_000
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    with in_process(booth, Patience(), clock):
        books = host.wait_until_whole(1)
        for facts, ahead_ms in ((2, 9 * year_ms), (3, -9 * year_ms)):
            clock.ahead_ms = ahead_ms
            booth.record(e.OperatorUnlocked(f"OP{facts}"))
            host.wait("the next fact", lambda n=facts: books.through >= n)  # type: ignore[misc]
        host.rebirth()
        host.wait_for_births(2)
    assert not host.errors


def test_samples_of_the_time_without_a_link_come_as_history_behind_the_facts(
    booth: Booth, host: Host
) -> None:
    booth.fill(journal(CODE, days=1, dossiers=30))
    with in_process(booth, Patience(), SetClock(flag=booth.time.flag)):
        host.wait("a sample", lambda: [h for h in host.all(MessageType.NDATA) if sampled(h)])
    told = host.all(MessageType.NDATA)
    first = next(at for at, heard in enumerate(told) if sampled(heard))
    assert not any("Facts/Report" in heard.metrics for heard in told[first:])


def sampled(heard: Heard) -> bool:
    metric = heard.metrics.get("Host/Disk free")
    return metric is not None and metric.is_historical


def test_a_week_offline_is_drained_in_little_memory(tmp_path: Path) -> None:
    with running(tmp_path / "broker", tls=for_broker(tmp_path / "tls")) as broker:
        host = Host(broker)
        booth = Booth(tmp_path / "booth", broker)
        booth.fill(journal(CODE, days=7, dossiers=600))
        booth.start()
        try:
            books = host.wait_until_whole(4_200, within_s=90)
            host.wait("all facts", lambda: books.through == books.total, 60)
            assert books.unequal == []
            assert psutil.Process(booth.pid).memory_info().rss < LITTLE
        finally:
            booth.close()
            host.close()


def wait_for(condition: object) -> None:
    assert callable(condition)
    pause = threading.Event()
    for _ in range(400):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("not within 20 s")
