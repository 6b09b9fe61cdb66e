"""The region for Prometheus: ``/metrics`` in the text format, and rules in ``alerts.yml``.

Everything is read from the store at the scrape, so that a restart of anything resets nothing. Names
follow https://prometheus.io/docs/practices/naming/: base units, ``_total`` for what only grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from importlib.resources import as_file, files
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, case, func, select

from ground.hours import VIETNAM, day_start_ms, local_day
from monitor.store.fleet import Booth, booths
from monitor.store.reading import Alarm, open_alarms, places
from monitor.store.schema import fact, hour, station

CONTENT_TYPE = CONTENT_TYPE_LATEST
_LAG_WINDOW_MS = 900_000
_DOSSIER_ENDED = 1
"""``fact.kind`` of ``DossierEnded``: its tag."""


def alert_rules() -> Path:
    """Where ``alerts.yml`` lies, for Prometheus' ``rule_files``."""
    with as_file(files("monitor.watch") / "alerts.yml") as path:
        return path


def exposition(engine: Engine, now_ms: int, zone: tzinfo = VIETNAM) -> bytes:
    """All metrics in Prometheus' text format; serve it as ``CONTENT_TYPE``.

    Raises ``sqlalchemy.exc.DBAPIError`` while the database is away: let the scrape fail.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Region(engine, now_ms, zone))
    return generate_latest(registry)


class Region(Collector):
    """The store at ``now_ms`` (UTC) as Prometheus metrics."""

    def __init__(self, engine: Engine, now_ms: int, zone: tzinfo = VIETNAM) -> None:
        self._engine, self._now_ms, self._zone = engine, now_ms, zone

    def describe(self) -> Iterable[Metric]:
        return ()  # asked for at registration: nothing is to be read then

    def collect(self) -> Iterator[Metric]:
        midnight = day_start_ms(local_day(self._now_ms, self._zone), self._zone)
        with self._engine.connect() as connection:
            fleet = booths(connection, midnight)
            yield from _booths(fleet.values())
            yield from _facts(fleet.values())
            yield from _places(connection, midnight)
            yield from _alarms(open_alarms(connection))
            yield from self._ingest(connection)

    def _ingest(self, connection: Connection) -> Iterator[Metric]:
        heard = connection.execute(select(func.max(station.c.heard_at))).scalar()
        if heard:
            yield GaugeMetricFamily(
                "tram_heard_age_seconds",
                "Time since anything was heard of any booth.",
                value=max(0, self._now_ms - heard) / 1000,
            )
        delay = fact.c.received_at - fact.c.dated
        recent = (fact.c.kind == _DOSSIER_ENDED, fact.c.dated >= self._now_ms - _LAG_WINDOW_MS)
        mean, worst = connection.execute(
            select(func.avg(delay), func.max(delay)).where(*recent)
        ).one()
        lag = GaugeMetricFamily(
            "tram_ingest_lag_seconds",
            "From the end of a dossier until the region held it, over the last 15 minutes.",
            labels=("of",),
        )
        lag.add_metric(("mean",), max(0.0, float(mean or 0)) / 1000)
        lag.add_metric(("worst",), max(0.0, float(worst or 0)) / 1000)
        yield lag


_OF_BOOTH = ("station", "place")
_FIGURES: tuple[tuple[str, str, Callable[[Booth], float | None]], ...] = (
    ("tram_booth_dossiers_open", "Dossiers in flight.", lambda b: b.open_dossiers),
    ("tram_booth_pace_per_hour", "Dossiers an hour, as the booth says.", lambda b: b.pace),
    (
        "tram_booth_idle_seconds",
        "Today's time in which the bottleneck stood free while people waited.",
        lambda b: b.idle_s,
    ),
    (
        "tram_booth_target_per_day",
        "Dossiers a day that the booth is to do.",
        lambda b: b.per_day,
    ),
)


def _booths(fleet: Iterable[Booth]) -> Iterator[Metric]:
    online = GaugeMetricFamily("tram_booth_online", "1: born and not dead.", labels=_OF_BOOTH)
    heard = GaugeMetricFamily(
        "tram_booth_heard_timestamp_seconds", "When it was last heard.", labels=_OF_BOOTH
    )
    waiting = GaugeMetricFamily("tram_booth_waiting", "People with a ticket.", labels=_OF_BOOTH)
    sealed = GaugeMetricFamily("tram_booth_sealed_today", "Dossiers sealed.", labels=_OF_BOOTH)
    failed = GaugeMetricFamily(
        "tram_device_failed", "1: the device does not work.", labels=(*_OF_BOOTH, "device", "fault")
    )
    live = [(GaugeMetricFamily(name, text, labels=_OF_BOOTH), of) for name, text, of in _FIGURES]
    for booth in fleet:
        whose = (booth.code, booth.place)
        online.add_metric(whose, float(booth.online))
        heard.add_metric(whose, booth.heard_at / 1000)
        sealed.add_metric(whose, booth.sealed)
        if booth.online:  # the last figures of an absent booth are not current
            waiting.add_metric(whose, booth.queue)
            for family, of in live:
                if (number := of(booth)) is not None:
                    family.add_metric(whose, number)
            for device, fault in booth.faults.items():
                failed.add_metric((*whose, device, fault), 1)
    yield from (online, heard, waiting, sealed, failed)
    yield from (family for family, _ in live)


def _facts(fleet: Iterable[Booth]) -> Iterator[Metric]:
    held = CounterMetricFamily("tram_facts_held", "Facts stored.", labels=_OF_BOOTH)
    missing = GaugeMetricFamily(
        "tram_facts_missing", "Facts lacking though later ones are here.", labels=_OF_BOOTH
    )
    coming = GaugeMetricFamily(
        "tram_facts_coming", "Facts that the booth told of and has not sent.", labels=_OF_BOOTH
    )
    quarrel = GaugeMetricFamily(
        "tram_journal_quarrel", "1: booth and region do not agree on what was.", labels=_OF_BOOTH
    )
    for booth in fleet:
        whose = (booth.code, booth.place)
        held.add_metric(whose, booth.held)
        missing.add_metric(whose, booth.missing)
        coming.add_metric(whose, booth.coming)
        quarrel.add_metric(whose, float(booth.quarrel is not None))
    yield from (held, missing, coming, quarrel)


def _places(connection: Connection, midnight: int) -> Iterator[Metric]:
    people = GaugeMetricFamily("tram_place_population", "People to enrol.", labels=("place",))
    for path, place in places(connection).items():
        people.add_metric((path,), place.population)
    there = GaugeMetricFamily("tram_place_booths", "Booths of the place.", labels=("place",))
    online = GaugeMetricFamily("tram_place_booths_online", "Those online.", labels=("place",))
    count = (station.c.place, func.count(), func.sum(case((station.c.online, 1), else_=0)))
    for path, booths_, up in connection.execute(select(*count).group_by(station.c.place)):
        there.add_metric((path,), booths_)
        online.add_metric((path,), int(up or 0))
    ended = GaugeMetricFamily(
        "tram_place_dossiers_today", "Dossiers ended today.", labels=("place", "outcome")
    )
    outcomes = ("sealed", "referred", "refused", "abandoned")
    sums = (func.sum(hour.c[name]) for name in outcomes)
    query = (
        select(station.c.place, *sums)
        .join(hour, hour.c.station == station.c.station)
        .where(hour.c.at >= midnight)
        .group_by(station.c.place)
    )
    for path, *counts in connection.execute(query):
        for outcome, number in zip(outcomes, counts, strict=True):
            ended.add_metric((path, outcome), int(number or 0))
    yield from (people, there, online, ended)


def _alarms(alarms: Iterable[Alarm]) -> Iterator[Metric]:
    counts: dict[tuple[str, str, str, str], int] = {}
    for alarm in alarms:
        said = "yes" if alarm.acknowledged_at is not None else "no"
        labels = (alarm.kind, alarm.place, str(alarm.severity), said)
        counts[labels] = counts.get(labels, 0) + 1
    family = GaugeMetricFamily(
        "tram_alarms_open",
        "Open alarms; severity 1 act now, 2 act today, 3 know.",
        labels=("kind", "place", "severity", "acknowledged"),
    )
    for labels, count in sorted(counts.items()):
        family.add_metric(labels, count)
    yield family
