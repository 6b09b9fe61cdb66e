"""Rows of a journal that makes many facts of few rows, for the ledger's tests."""

from __future__ import annotations

from random import Random
from zoneinfo import ZoneInfo

from edge.journal import events as e
from edge.journal.store import Row
from edge.report.facts import Entry
from edge.report.fold import Fold
from ground.clock import SteppedClock
from tests.unit.report.station_days import rows_of

STATION = "TH0417"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DIGEST = "a" * 64


def made(count: int, seed: int = 0) -> list[Row]:
    """``count`` rows: some make no fact, some one, some several (a day's end, a clock set)."""
    dice, clock = Random(seed), SteppedClock()
    clock.is_trusted = dice.random() < 0.5
    events: list[e.Event] = []
    for seq in range(1, count + 1):
        clock.advance(dice.choice([1, 60, 7_200, 90_000]))
        if dice.random() < 0.05:
            clock.reboot(f"{seq:08x}")
            clock.is_trusted = False
        elif dice.random() < 0.2:
            clock.is_trusted = True
        bodies: list[e.AnyBody] = [
            e.StationStarted("0.1.0"),
            e.OperatorUnlocked("OP1"),
            e.RosterLoaded(seq),
            e.Printed(1, e.Paper.TICKET),
            e.DeviceFailed(e.Device.CAMERA, e.FaultCode.HUNG),
            e.DeviceRecovered(e.Device.CAMERA),
            e.Measured(dice.randrange(200, 400), 5_100),
        ]
        body = dice.choice(bodies)
        stamp = clock.now_ms(), clock.mono_ms(), clock.boot, clock.trusted()
        events.append(e.Event(seq, *stamp, None, body))
    return rows_of(events, STATION)


def fold_of(snapshot: bytes | None) -> Fold:
    return Fold(STATION, ZONE, snapshot)


def entries_of(rows: list[Row]) -> list[Entry]:
    fold = fold_of(None)
    return [entry for row in rows for _, entry in fold.apply(row)]
