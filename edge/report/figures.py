"""Live figures that the journal tells: what a booth looks like now. Names as in ``metrics``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from edge.journal.terms import Device, TicketKind, devices
from edge.report import metrics, stages
from edge.report.state import Now, State

Value: TypeAlias = bool | int | float | str | None

_FAILED = re.compile(r"([a-z_]{1,16}) ([a-z_]{1,32})")


def of_node(state: State, now: Now) -> dict[str, Value]:
    """``Line/Idle while waiting`` and the sums of the day end with the newest row: a station that
    is switched off neither works nor idles. They are 0 as soon as ``now`` is of another day."""
    booth, today, line = state.booth, state.today, state.line
    target, waiting = booth.target, state.tickets.waiting()
    another_day = _another_day(state, now)
    sealed = 0 if another_day else today.outcomes.get("sealed", 0)
    ended = 0 if another_day else sum(today.outcomes.values())
    return {
        metrics.PROPERTY_VERSION: booth.version,
        metrics.PROPERTY_FIRMWARE: booth.firmware,
        metrics.STATION_UNLOCKED: booth.unlocked,
        metrics.STATION_INTAKE: booth.intake_open,
        metrics.STATION_LID_OPEN: booth.lid_open,
        metrics.TARGET_PER_DAY: None if target is None else target.per_day,
        metrics.TARGET_OPENS: None if target is None else target.opens,
        metrics.TARGET_CLOSES: None if target is None else target.closes,
        metrics.QUEUE_WALK_IN: waiting[TicketKind.WALK_IN],
        metrics.QUEUE_PRIORITY: waiting[TicketKind.PRIORITY],
        metrics.QUEUE_GROUP: waiting[TicketKind.GROUP],
        metrics.QUEUE_OLDEST_SINCE: state.tickets.oldest_ms(state.clocks),
        metrics.LINE_OPEN_DOSSIERS: len(line.open),
        metrics.LINE_PACE: line.pace(now.moment, state.clocks),
        metrics.LINE_IDLE_WHILE_WAITING: 0 if another_day else line.idle_ms // 1000,
        metrics.TODAY_SEALED: sealed,
        metrics.TODAY_ENDED_OTHERWISE: ended - sealed,
        metrics.PACKETS_WAITING: booth.packets,
        **{
            told.figure: 0 if another_day else today.stages.get(told.device, 0)
            for told in stages.further()
            if told.figure
        },
    }


def of_devices(state: State, now: Now) -> dict[Device, dict[str, Value]]:
    """Every device, also one that never said anything: it works."""
    booth, another_day = state.booth, _another_day(state, now)
    found: dict[Device, dict[str, Value]] = {}
    for device in devices():
        fault = booth.failed.get(device)
        found[device] = {
            metrics.DEVICE_STATE: "works" if fault is None else "failed",
            metrics.DEVICE_FAULT: "" if fault is None else fault.value,
            metrics.DEVICE_FAULTS_TODAY: 0 if another_day else state.today.faults.get(device, 0),
        }
    climate = booth.climate
    found[Device.PERIPHERALS] |= {
        metrics.BOOTH_TEMPERATURE: None if climate is None else climate.temperature_dc / 10,
        metrics.BOOTH_SUPPLY: None if climate is None else climate.supply_mv,
    }
    return found


def failed_devices(devices: Mapping[Device, Mapping[str, Value]]) -> str:
    """``STATION_FAILED_DEVICES`` from the figures of devices: "camera hung, printer paper_out"."""
    faults = {device: its[metrics.DEVICE_FAULT] for device, its in devices.items()}
    failed = (f"{device} {fault}" for device, fault in faults.items() if fault)
    return ", ".join(failed)


def faults_of(text: str) -> dict[str, str]:
    """Device → fault code, of such a text. What does not look like one is left out."""
    found = (_FAILED.fullmatch(part) for part in text.split(", "))
    return {one[1]: one[2] for one in found if one is not None}


def _another_day(state: State, now: Now) -> bool:
    """Whether the open day is over, as far as anybody can tell."""
    wall_ms = state.clocks.wall_ms(now.moment)
    today = state.today
    return wall_ms is not None and today.day is not None and today.turned(wall_ms)
