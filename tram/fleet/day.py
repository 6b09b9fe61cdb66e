"""A made-up station's journal: rows as a real booth writes them, of people who do not exist.

Times follow the field's: about two minutes and a half a dossier, two people in flight, a failed
device now and then. Only the vocabulary and the hash chain are real; the uplink reads no more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from edge.journal import events as e
from edge.journal.store import Row, genesis, row_hash
from ground.day import local_day, number_of

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_encode = msgspec.json.Encoder().encode


def check_digit(station: str, number: int) -> int:
    """Any digit will do here: the uplink does not check it."""
    return (sum(map(ord, station)) + number) % 10


@dataclass
class Writer:
    """Makes events into rows of the chain, at times that are set by hand (ms since 1970 UTC).

    ``seq`` and ``chain`` are of the row before; left out, it is a new journal.
    """

    station: str
    at: int
    boot: str = "5eed5eed"
    seq: int = 0
    chain: bytes = b""

    def __post_init__(self) -> None:
        self.chain = self.chain or genesis(self.station)
        self._began = self.at

    def row(self, body: e.AnyBody, dossier: str | None = None) -> Row:
        self.seq += 1
        kind = str(type(body).__struct_config__.tag)
        mono = 60_000 + self.at - self._began
        bare = (self.seq, self.at, mono, self.boot, 1, kind, dossier, _encode(body).decode())
        self.chain = row_hash(self.chain, bare)
        return (*bare, self.chain)


def journal(
    station: str,
    days: int,
    dossiers: int,
    hours: float = 17.0,
    seed: int = 0,
    first_day: datetime = datetime(2026, 3, 2, 7, tzinfo=ZONE),
) -> Iterator[Row]:
    """Rows of ``days`` days with ``dossiers`` each, spread over ``hours`` open hours from 7."""
    dice = Random(f"{station} {seed}")
    write = Writer(station, int(first_day.timestamp() * 1000))
    number = 0
    for day in range(days):
        morning = int((first_day + timedelta(days=day)).timestamp() * 1000)
        write.at = morning
        yield from _opened(write, f"OP{1 + day % 3}")
        step_ms = int(hours * 3_600_000 / max(1, dossiers))
        for ticket in range(1, dossiers + 1):
            write.at = max(write.at, morning + (ticket - 1) * step_ms)
            number += 1
            yield from _person(write, dice, ticket, number, step_ms)
            yield from _fault(write, dice)
        yield write.row(e.OperatorLocked(e.LockReason.MANUAL))


def booth(write: Writer, step_ms: int, number: int = 0, seed: int = 0) -> Iterator[Row]:
    """Rows without end of a booth that opens at ``write.at`` and works day and night.

    A person every ``step_ms``; ``number`` of dossiers were opened before. Rows come in the order
    of their times, made when they are asked for.
    """
    dice = Random(f"{write.station} {seed} {number}")
    yield from _opened(write, "OP1")
    began, first = write.at, number
    ticket, today = 0, 0
    while True:
        write.at = max(write.at, began + (number - first) * step_ms)
        day = _local_day(write.at)
        ticket, today = (ticket + 1 if day == today else 1), day
        number += 1
        yield from _person(write, dice, ticket, number, step_ms)
        yield from _fault(write, dice)


def _local_day(at: int) -> int:
    return number_of(local_day(at, ZONE))


def _opened(write: Writer, operator: str) -> Iterator[Row]:
    yield write.row(e.StationStarted("0.1.0"))
    yield write.row(e.RosterLoaded(4000))
    yield write.row(e.OperatorUnlocked(operator))


def _fault(write: Writer, dice: Random) -> Iterator[Row]:
    """Now and then the sensor does not answer, for a while."""
    if dice.random() < 0.004:
        yield write.row(e.DeviceFailed(e.Device.FINGERPRINT, e.FaultCode.NO_ANSWER))
        write.at += 20_000
        yield write.row(e.DeviceRecovered(e.Device.FINGERPRINT))


def _person(write: Writer, dice: Random, ticket: int, number: int, step_ms: int) -> Iterator[Row]:
    """One person from the button to the slip; the line has ``step_ms`` for each."""
    day = _local_day(write.at)
    id = f"{write.station}-{number % 1_000_000:06}-{check_digit(write.station, number)}"

    def digest() -> str:
        return hashlib.sha256(f"{write.station} {write.seq}".encode()).hexdigest()

    def later(share: float) -> None:
        write.at += int(step_ms * share * dice.uniform(0.7, 1.2))

    def printed(paper: e.Paper) -> Iterator[Row]:
        yield write.row(e.PrintRequested(paper), id)
        job = write.seq
        later(0.02)
        yield write.row(e.Printed(job, paper), id)

    kind = dice.choice((e.TicketKind.WALK_IN, e.TicketKind.WALK_IN, e.TicketKind.PRIORITY))
    source = e.TicketSource.BUTTON
    yield write.row(e.TicketNumbered(ticket, day, kind, source, dice.randrange(9), 300))
    yield write.row(e.PrintRequested(e.Paper.TICKET, ticket, day))
    yield write.row(e.Printed(write.seq, e.Paper.TICKET))
    yield write.row(e.TicketIssued(ticket, day, e.IssuedHow.PRINTED))
    later(0.05)
    yield write.row(e.TicketCalled(ticket, day, 1 + number % 2))
    yield write.row(e.DossierOpened(1 + number % 2, ticket, day, kind), id)
    later(0.1)
    if dice.random() < 0.04:
        yield write.row(e.DossierRefused(e.RefusalReason.ALREADY_ENROLLED), id)
        yield from printed(e.Paper.REFUSAL)
        yield write.row(e.DossierClosed(dice.randrange(20, 60)), id)
        return
    outcome, source_ = e.RosterOutcome.UNCHANGED, e.IdentitySource.QR_SCANNER
    yield write.row(e.Identified(outcome, source_, digest(), digest()), id)
    yield write.row(e.DeviceTaken(e.Device.CAMERA), id)
    later(0.15)
    yield write.row(e.PortraitTaken(digest(), dice.randrange(70, 100), 4), id)
    yield write.row(e.DeviceReleased(e.Device.CAMERA), id)
    yield write.row(e.DeviceTaken(e.Device.FINGERPRINT), id)
    for position in e.Position:
        later(0.03)
        if dice.random() < 0.05:
            problem, quality = e.FingerProblem.LOW_QUALITY, dice.randrange(10, 40)
            yield write.row(e.FingerRejected(position, problem, quality, digest()), id)
            later(0.02)
        quality = dice.randrange(55, 99)
        yield write.row(e.FingerCaptured(position, quality, 1, digest()), id)
    yield write.row(e.DeviceReleased(e.Device.FINGERPRINT), id)
    later(0.1)
    yield write.row(e.Confirmed(e.ConfirmedBy.BUTTON, e.Delivery.IN_PERSON), id)
    yield write.row(e.Sealed(digest(), dice.randrange(480_000, 530_000), write.seq), id)
    for paper in (e.Paper.INTAKE_FORM, e.Paper.APPOINTMENT):
        yield from printed(paper)
    yield write.row(e.DossierClosed(dice.randrange(100, 300)), id)
