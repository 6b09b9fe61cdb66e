"""Live figures that the journal tells: what a booth looks like now. Names as in ``metrics``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from edge.journal.terms import Device, TicketKind
from edge.report.state import Now, State

Value: TypeAlias = bool | int | float | str | None

FAILED_DEVICES = "Station/Failed devices"
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
        "Properties/Version": booth.version,
        "Properties/Firmware": booth.firmware,
        "Station/Unlocked": booth.unlocked,
        "Station/Intake": booth.intake_open,
        "Station/Lid open": booth.lid_open,
        "Target/Per day": None if target is None else target.per_day,
        "Target/Opens": None if target is None else target.opens,
        "Target/Closes": None if target is None else target.closes,
        "Queue/Walk-in": waiting[TicketKind.WALK_IN],
        "Queue/Priority": waiting[TicketKind.PRIORITY],
        "Queue/Group": waiting[TicketKind.GROUP],
        "Queue/Oldest since": state.tickets.oldest_ms(state.clocks),
        "Line/Open dossiers": len(line.open),
        "Line/Pace": line.pace(now.moment, state.clocks),
        "Line/Idle while waiting": 0 if another_day else line.idle_ms // 1000,
        "Today/Sealed": sealed,
        "Today/Ended otherwise": ended - sealed,
        "Packets/Waiting": booth.packets,
    }


def of_devices(state: State, now: Now) -> dict[Device, dict[str, Value]]:
    """Every device, also one that never said anything: it works."""
    booth, another_day = state.booth, _another_day(state, now)
    found: dict[Device, dict[str, Value]] = {}
    for device in Device:
        fault = booth.failed.get(device)
        found[device] = {
            "State": "works" if fault is None else "failed",
            "Fault": "" if fault is None else fault.value,
            "Faults today": 0 if another_day else state.today.faults.get(device, 0),
        }
    climate = booth.climate
    found[Device.PERIPHERALS] |= {
        "Temperature": None if climate is None else climate.temperature_dc / 10,
        "Supply": None if climate is None else climate.supply_mv,
    }
    return found


def failed_devices(devices: Mapping[Device, Mapping[str, Value]]) -> str:
    """``FAILED_DEVICES`` from the figures of devices: "camera hung, printer paper_out"."""
    failed = (f"{device} {its['Fault']}" for device, its in devices.items() if its["Fault"])
    return ", ".join(failed)


def faults_of(text: str) -> dict[str, str]:
    """Device → fault code, of ``FAILED_DEVICES``. What does not look like one is left out."""
    found = (_FAILED.fullmatch(part) for part in text.split(", "))
    return {one[1]: one[2] for one in found if one is not None}


def _another_day(state: State, now: Now) -> bool:
    """Whether the open day is over, as far as anybody can tell."""
    wall_ms = state.clocks.wall_ms(now.moment)
    today = state.today
    return wall_ms is not None and today.day is not None and today.turned(wall_ms)
