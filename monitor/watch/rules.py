"""What is wrong, from which value on, and for how long before somebody is told.

Each rule has two thresholds (raise, clear) and two durations, as alarm systems are made to be
liveable with (ANSI/ISA-18.2, EEMUA 191: dead band and on/off delay against chattering). Limits are
data: a region may replace any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """What an alarm is about; ``alarm.kind`` in the store."""

    OUTAGE = "outage"
    """Most booths of a branch fell silent together, or nobody is heard at all."""
    OFFLINE = "offline"
    STANDS_STILL = "stands_still"
    DEVICE = "device_failed"
    QUARREL = "journal_quarrel"
    LID = "lid_open"
    LOCKED_OUT = "locked_out"
    QUEUE = "queue_long"
    WAIT = "wait_long"
    IDLE = "machine_idle"
    BEHIND = "behind_target"
    MISSING = "facts_missing"
    CLOCK_UNTRUSTED = "clock_untrusted"
    CLOCK_OFFSET = "clock_offset"
    DISK = "disk_full"
    HOST_HOT = "host_hot"
    BOOTH_HOT = "booth_hot"
    SUPPLY = "supply_low"
    PACKETS = "packets_waiting"


Severity = Literal[1, 2, 3]
"""1 act now, 2 act today, 3 know."""


@dataclass(frozen=True)
class Rule:
    """Raised when the value has been ``raise_at`` or worse for ``for_s`` seconds; cleared when it
    has been ``clear_at`` or better for ``clear_s``. In between nothing changes.

    ``falling``: small values are the bad ones. ``clear_at`` is on the good side of ``raise_at``.
    """

    severity: Severity
    raise_at: float = 1
    clear_at: float = 0
    for_s: float = 60
    clear_s: float = 60
    falling: bool = False

    def __post_init__(self) -> None:
        better = self.clear_at > self.raise_at if self.falling else self.clear_at < self.raise_at
        if not better:
            raise ValueError("clear_at must lie on the good side of raise_at")

    def bad(self, value: float) -> bool:
        return value <= self.raise_at if self.falling else value >= self.raise_at

    def good(self, value: float) -> bool:
        return value >= self.clear_at if self.falling else value <= self.clear_at


RULES: dict[Kind, Rule] = {
    Kind.OFFLINE: Rule(1, for_s=180, clear_s=30),
    # Minutes without any progress while people wait; a dossier takes 3 to 5 (Sông Lô).
    Kind.STANDS_STILL: Rule(1, raise_at=15, clear_at=1, for_s=0, clear_s=0),
    Kind.DEVICE: Rule(1, for_s=90, clear_s=60),
    Kind.QUARREL: Rule(1, for_s=0, clear_s=0),
    Kind.LID: Rule(1, for_s=30, clear_s=60),
    Kind.LOCKED_OUT: Rule(2, for_s=0, clear_s=900),
    Kind.QUEUE: Rule(2, raise_at=60, clear_at=45, for_s=600, clear_s=300),  # people
    Kind.WAIT: Rule(2, raise_at=120, clear_at=90, for_s=300, clear_s=300),  # minutes
    # Seconds of the last half hour in which the bottleneck stood free while people waited.
    Kind.IDLE: Rule(2, raise_at=600, clear_at=300, for_s=0, clear_s=300),
    # Share of what should be done by now that is not.
    Kind.BEHIND: Rule(3, raise_at=0.3, clear_at=0.15, for_s=900, clear_s=900),
    Kind.MISSING: Rule(2, raise_at=1, clear_at=0, for_s=900, clear_s=0),  # facts
    Kind.CLOCK_UNTRUSTED: Rule(3, for_s=1800, clear_s=0),
    Kind.CLOCK_OFFSET: Rule(2, raise_at=5000, clear_at=2000, for_s=300, clear_s=60),  # ms
    Kind.DISK: Rule(2, raise_at=1024, clear_at=1536, for_s=300, clear_s=300, falling=True),  # MB
    Kind.HOST_HOT: Rule(2, raise_at=80, clear_at=75, for_s=300, clear_s=300),  # °C; a Pi throttles
    # Just inside what makes the booth itself call a fault (50 °C, 10.8 V of 12).
    Kind.BOOTH_HOT: Rule(2, raise_at=48, clear_at=45, for_s=300, clear_s=300),  # °C
    Kind.SUPPLY: Rule(1, raise_at=11_000, clear_at=11_400, for_s=60, clear_s=120, falling=True),
    Kind.PACKETS: Rule(3, raise_at=2000, clear_at=1500, for_s=3600, clear_s=600),
    # Share of a branch's booths that are silent.
    Kind.OUTAGE: Rule(1, raise_at=0.6, clear_at=0.3, for_s=180, clear_s=60),
}


@dataclass(frozen=True)
class Patience:
    """What the judge waits for besides the rules. Seconds.

    ``settle_s``: after the region's own start or downtime nobody is called silent before the fleet
    had this long to be back. ``gap_s``: no judging for longer than this is such a downtime.
    ``late_s``: a booth may open this much late and shut down this much early. ``deaf_s``: nobody
    heard for this long, though ``deaf_booths`` or more have people in their line: it is us.
    ``together``: fewer silent booths than this are never an outage. ``flaps`` raises within
    ``flap_s`` make one held alarm, which ends after ``calm_s`` without trouble.
    """

    settle_s: float = 120
    gap_s: float = 60
    late_s: float = 900
    deaf_s: float = 300
    deaf_booths: int = 5
    together: int = 3
    flaps: int = 4
    flap_s: float = 3600
    calm_s: float = 1800


PATIENCE = Patience()
