"""A booth is read once: its tile, its alarm, the ledger, the export and the metric say the same.

Two of them did not, when pages and alarms had a reader each.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, insert, update

from ground.hours import VIETNAM, open_now
from monitor.store import fleet
from monitor.store.schema import fact, ledger
from monitor.watch.conditions import Progress, detail, readings
from monitor.watch.metrics import exposition
from monitor.watch.rules import Kind
from monitor.web.picture import State, picture
from tests.system.monitor.alarms_rows import add_booth, seal, tell
from tests.system.monitor.test_metrics import value

NOON = int(datetime(2026, 11, 23, 12, tzinfo=VIETNAM).timestamp() * 1000)
CODE, PLACE = "TH0001", "vn/thanh-hoa/bim-son"


def hold(connection: Connection, numbers: range) -> None:
    """Facts as rows; nobody reads what they say here."""
    connection.execute(
        insert(fact),
        [
            {
                "station": CODE,
                "epoch": "0123abcd",
                "number": number,
                "first": number,
                "last": number,
                "kind": 7,
                "at": NOON,
                "boot": "00",
                "mono": 0,
                "trusted": True,
                "dated": NOON,
                "received_at": NOON,
                "entry": b"",
            }
            for number in numbers
        ],
    )


def read(engine: Engine) -> fleet.Booth:
    with engine.connect() as connection:
        return fleet.booths(connection, NOON)[CODE]


def judged(booth: fleet.Booth, kind: Kind) -> float | None:
    span = open_now(booth.hours, NOON)
    return {k: v for k, _, v in readings(booth, Progress(NOON), span, NOON)}[kind]


def test_one_fact_lost_of_six_hundred_is_one_everywhere(engine: Engine) -> None:
    with engine.begin() as connection:
        add_booth(connection, CODE, NOON)
        hold(connection, range(101, 601))
        connection.execute(update(ledger).values(through=99, newest=600, total=600))
    booth = read(engine)
    with engine.connect() as connection:
        (book,) = fleet.books(connection, PLACE)
    assert (booth.missing, book.missing) == (1, 1)
    assert (booth.held, book.held) == (599, 599)
    assert judged(booth, Kind.MISSING) == 1
    told = detail(Kind.MISSING, "", booth, Progress(NOON), None, NOON)
    assert told == {"facts": 1}
    metrics = exposition(engine, NOON)
    assert value(metrics, "tram_facts_missing", station=CODE) == 1


def test_facts_that_are_on_their_way_are_missing_nowhere(engine: Engine) -> None:
    with engine.begin() as connection:
        add_booth(connection, CODE, NOON)
        connection.execute(update(ledger).values(through=50, newest=50, total=450))
    booth = read(engine)
    assert (booth.missing, booth.coming) == (0, 400)
    assert judged(booth, Kind.MISSING) == 0


def test_people_who_were_turned_away_are_not_done_anywhere(engine: Engine) -> None:
    """40 sealed and 40 turned away, of 80 due by now: half, on the tile and for the alarm."""
    with engine.begin() as connection:
        add_booth(connection, CODE, NOON)
        tell(connection, CODE, NOON, {"Target/Per day": 160, "Today/Sealed": 40})
        seal(connection, CODE, NOON, 40, referred=40)
    booth = read(engine)
    assert (booth.done, booth.ended) == (40, 80)
    shown = picture(booth, [], NOON)
    assert (shown.state, shown.share) == (State.BEHIND, 0.5)
    assert judged(booth, Kind.BEHIND) == 0.5
    told = detail(Kind.BEHIND, "", booth, Progress(NOON), open_now(booth.hours, NOON), NOON)
    assert told == {"done": 40, "due": 80, "target": 160}
