"""Facts as sentences: one line each, for the booth's page and its table."""

from __future__ import annotations

from edge.report.facts import (
    AnyFact,
    ClockDated,
    CommandAnswered,
    DayClosed,
    DeviceChanged,
    DossierEnded,
    LidChanged,
    Measured,
    OperatorChanged,
    StageEnded,
    StationStarted,
    UnlockFailed,
)
from ground.day import short
from ground.text import P_
from ground.text.words import COMMAND_OUTCOMES, OUTCOMES, REASONS, within
from monitor.web import words
from monitor.web.reader import Reader


def clock(seconds: float) -> str:
    """``209`` → ``3:29``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def told(reader: Reader, fact: AnyFact | None) -> str:
    """What a fact says; None: this version cannot read it."""
    if fact is None:
        return reader.say("something that this version cannot read: update the region's program")
    if isinstance(fact, DossierEnded):
        return _dossier(reader, fact)
    if isinstance(fact, DeviceChanged):
        name = words.device(reader, fact.device)
        if fact.fault is None:
            return reader.say("{device}: works again", device=name)
        return f"{name}: {words.fault(reader, fact.fault)}"
    if isinstance(fact, StationStarted):
        return reader.say("the station started, version {version}", version=fact.version)
    if isinstance(fact, OperatorChanged):
        if fact.operator is None:
            return reader.say("locked")
        return reader.say("unlocked by {operator}", operator=fact.operator)
    if isinstance(fact, UnlockFailed):
        return reader.say(P_("{n} wrong passphrase", "{n} wrong passphrases"), n=fact.tries)
    if isinstance(fact, LidChanged):
        return reader.say("the lid was opened") if fact.opened else reader.say("the lid was closed")
    if isinstance(fact, StageEnded):
        name = words.device(reader, fact.device)
        return reader.say(
            "dossier {dossier}: {device}, {time}",
            dossier=fact.dossier,
            device=name,
            time=clock(fact.seconds),
        )
    return _rare(reader, fact)


def _rare(reader: Reader, fact: CommandAnswered | ClockDated | DayClosed | Measured) -> str:
    if isinstance(fact, CommandAnswered):
        outcome = reader.say(COMMAND_OUTCOMES[fact.outcome])
        return reader.say("command {id}: {outcome}", id=fact.command, outcome=outcome)
    if isinstance(fact, ClockDated):
        return reader.say("the clock is set")
    if isinstance(fact, DayClosed):
        return reader.say(
            "day {day} closed: {sealed} sealed, {tickets}",
            day=short(fact.day),
            sealed=fact.sealed,
            tickets=reader.say(P_("{n} ticket", "{n} tickets"), n=fact.tickets),
        )
    degrees, volts = fact.temperature_dc / 10, fact.supply_mv / 1000
    return f"{reader.count(degrees, 1)} °C · {reader.count(volts, 1)} V"


def _dossier(reader: Reader, fact: DossierEnded) -> str:
    end = within(reader.say(OUTCOMES[fact.outcome]))
    if fact.reason is not None:
        end = f"{end} ({within(reader.say(REASONS[fact.reason]))})"
    return reader.say(
        "dossier {dossier} {end} in {time}", dossier=fact.dossier, end=end, time=clock(fact.total_s)
    )
