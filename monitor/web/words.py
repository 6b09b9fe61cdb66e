"""Message ids for the region's enumerations: states, alarms, devices, faults, command outcomes."""

from __future__ import annotations

from ground.text import N_
from ground.text.words import DEVICES, FAULTS, within
from monitor.store.reading import Alarm
from monitor.watch.rules import Kind
from monitor.web.measures import measure
from monitor.web.picture import Picture, State
from monitor.web.reader import Reader

STATES: dict[State, str] = {
    State.ALARM: N_("Alarm"),
    State.OFFLINE: N_("Offline"),
    State.IDLE: N_("People wait"),
    State.BEHIND: N_("Behind target"),
    State.FINE: N_("Fine"),
    State.CLOSED: N_("Closed"),
}
SIGNS: dict[State, str] = {
    State.ALARM: "!",
    State.OFFLINE: "✕",
    State.IDLE: "‖",
    State.BEHIND: "▼",
    State.FINE: "✓",
    State.CLOSED: "–",
}
"""Beside the colour: whoever cannot tell colours apart reads the sign."""

KINDS: dict[str, str] = {
    Kind.OUTAGE: N_("No contact with any booth of this branch"),
    Kind.OFFLINE: N_("No contact with the booth"),
    Kind.STANDS_STILL: N_("No progress while people wait"),
    Kind.DEVICE: N_("A device has failed"),
    Kind.QUARREL: N_("Journal and region disagree"),
    Kind.LID: N_("The lid is open"),
    Kind.LOCKED_OUT: N_("Too many wrong passphrases"),
    Kind.QUEUE: N_("The queue is long"),
    Kind.WAIT: N_("People wait too long"),
    Kind.IDLE: N_("Machines idle while people wait"),
    Kind.BEHIND: N_("Behind the day's target"),
    Kind.MISSING: N_("Facts are missing"),
    Kind.CLOCK_UNTRUSTED: N_("The clock is not set"),
    Kind.CLOCK_OFFSET: N_("The clock is off"),
    Kind.DISK: N_("The disk is nearly full"),
    Kind.HOST_HOT: N_("The computer is too hot"),
    Kind.BOOTH_HOT: N_("The booth is too hot"),
    Kind.SUPPLY: N_("The supply voltage is low"),
    Kind.PACKETS: N_("Packets wait to be fetched"),
}
SEVERITIES = {1: N_("act now"), 2: N_("act today"), 3: N_("know")}
SEVERITY_SIGNS = {1: "!", 2: "▲", 3: "i"}


def device(reader: Reader, name: str) -> str:
    return within(reader.say(DEVICES[name])) if name in DEVICES else name


def fault(reader: Reader, code: str) -> str:
    return reader.say(FAULTS[code]) if code in FAULTS else code


def trouble(reader: Reader, kind: str, name: str, code: str) -> str:
    """What is wrong: "printer: out of paper", "the booth is not heard"."""
    if kind == Kind.DEVICE and name:
        failed = device(reader, name)
        return f"{failed}: {fault(reader, code)}" if code else failed
    return reader.say(KINDS[kind]) if kind in KINDS else kind


def of_alarm(reader: Reader, alarm: Alarm) -> str:
    return trouble(reader, alarm.kind, alarm.device, str(alarm.detail.get("fault", "")))


def measured(reader: Reader, alarm: Alarm) -> str:
    """The same with its numbers: "The queue is long: 74 people wait"."""
    what, counted = of_alarm(reader, alarm), measure(reader, alarm.kind, alarm.detail)
    return f"{what}: {counted}" if counted else what


def taken(reader: Reader, alarm: Alarm, now: int) -> str:
    """Who has it, with the note; "" while nobody has."""
    if alarm.acknowledged_at is None:
        return ""
    when = reader.moment(alarm.acknowledged_at, now)
    said = reader.say("{who} has it since {when}", who=alarm.acknowledged_by or "", when=when)
    return f"{said}: {alarm.note}" if alarm.note else said


def of_picture(reader: Reader, shown: Picture, now: int) -> str:
    """Why a booth is in its state, with since when: one line."""
    if shown.state is State.BEHIND and shown.share is not None:
        return reader.say("{part} of what is due by now", part=reader.percent(shown.share))
    if not shown.why:
        return reader.say("intake is paused") if shown.paused else ""
    what = trouble(reader, shown.why, shown.device, shown.fault)
    if counted := measure(reader, shown.why, shown.detail):
        what = f"{what}: {counted}"
    if shown.since is None:
        return what
    return reader.say("{what}, since {when}", what=what, when=reader.moment(shown.since, now))
