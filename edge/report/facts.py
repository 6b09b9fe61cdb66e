"""The closed vocabulary of what a station tells the region: facts.

A fact is folded from journal rows and never stored twice: the journal is the spool. Facts are
numbered from 1 without gaps per epoch, each names the journal rows it covers, and the ranges tile
the journal, so a missing row shows. Like the journal's own bodies, fields hold ids, enumerations,
bounded integers and digests only: no name, number or image fits.

On the wire: msgpack, structs as arrays (the position is the field's name), tags as small integers.
The vocabulary grows like the journal's (``edge/journal/events.py``): new facts, new fields at the
end *with a default*, never a change of meaning.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Union

import msgspec
from msgspec import Meta

from edge.journal.terms import (
    AbandonReason,
    BootId,
    CommandOutcome,
    Count,
    Day,
    Delivery,
    Device,
    DossierId,
    FaultCode,
    ForcedReason,
    IdentitySource,
    OperatorId,
    Percent,
    ReferralReason,
    RefusalReason,
    RosterOutcome,
    Seq,
    Tenths,
    TicketKind,
    Version,
)
from edge.journal.terms import (
    CommandId as CommandId,
)

Epoch = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}\Z")]
"""First 8 hex digits of the hash of the journal's row 1: another journal, another epoch."""
Chain = Annotated[bytes, Meta(min_length=16, max_length=16)]
"""First 16 bytes of a SHA-256."""
Millis = Annotated[int, Meta(ge=0, le=9_999_999_999_999)]
"""Ms since 1970 UTC, or since boot."""
Seconds = Count
FingerMark = Annotated[int, Meta(ge=0, le=109)]
"""0–100: quality of the captured print; 101–104: missing (amputated, bandaged, deformed, worn);
109: not captured."""


def _one_of(*kinds: type[StrEnum]) -> Meta:
    """A value of one of ``kinds``: msgspec takes no union of two enumerations."""
    return Meta(pattern=rf"^({'|'.join(member for kind in kinds for member in kind)})\Z")


EndReason = Annotated[str, _one_of(ReferralReason, RefusalReason, AbandonReason)]


class Fact(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=False):
    """Base of all facts."""


class DossierEnded(Fact, frozen=True, tag=1):
    """One person's dossier, whole: how long each step took and how well it went.

    ``outcome``: "sealed", "referred", "refused", "abandoned". ``reason`` belongs to the last three.
    Durations in seconds, by the monotonic clock within a boot, by the wall clock across boots:
    ``waited_s`` from the issue of the ticket to the desk; ``identify_s`` from the desk until the
    person was identified (or turned away); ``portrait_s`` and ``fingers_s`` at the device, from
    taken to released; ``review_s`` from the last capture to the confirmation; ``papers_s`` from
    the outcome to the end; ``device_wait_s`` between identification and the last capture, at no
    device; ``total_s`` from the desk to the end. ``opened_at`` is wall time in ms UTC, 0 where the
    clock was wrong and the station cannot tell by how much. ``software_ms`` is the part in which
    somebody waited for the station's software.

    ``fingers``: ten marks in order of ISO codes 1–10. ``finger_retries``: presentations that had
    to be repeated. ``corrections``: changes of data or delivery after identification.
    """

    dossier: DossierId
    outcome: Annotated[str, Meta(pattern=r"^(sealed|referred|refused|abandoned)\Z")]
    reason: EndReason | None
    desk: Count
    ticket_kind: TicketKind
    opened_at: Millis
    waited_s: Seconds
    identify_s: Seconds
    portrait_s: Seconds
    fingers_s: Seconds
    review_s: Seconds
    papers_s: Seconds
    device_wait_s: Seconds
    total_s: Seconds
    software_ms: Count
    source: IdentitySource | None
    roster: RosterOutcome | None
    contradictions: Count
    portrait_quality: Percent | None
    portrait_takes: Count
    forced: ForcedReason | None
    fingers: tuple[FingerMark, ...]
    finger_retries: Count
    corrections: Count
    delivery: Delivery | None
    packet_kb: Count
    without_ticket: bool


class DeviceChanged(Fact, frozen=True, tag=2):
    """``fault`` None: works again."""

    device: Device
    fault: FaultCode | None


class StationStarted(Fact, frozen=True, tag=3):
    version: Version


class OperatorChanged(Fact, frozen=True, tag=4):
    """Who unlocked the station; None: it was locked."""

    operator: OperatorId | None


class UnlockFailed(Fact, frozen=True, tag=5):
    tries: Count
    locked_out_s: Count


class LidChanged(Fact, frozen=True, tag=6):
    opened: bool


class CommandAnswered(Fact, frozen=True, tag=7):
    """A command of the region was run once, or was not, and why."""

    command: CommandId
    outcome: CommandOutcome


class ClockDated(Fact, frozen=True, tag=8):
    """This boot's clock is trusted and says: wall time = ``mono`` + ``offset_ms``.

    Told once in every boot in which the clock became trusted, and again when the trusted clock was
    stepped by more than a second. Facts of the same boot that are marked untrusted are dated with
    it (an earlier one of the boot with the first, a later one with the newest before it); their
    own time is kept too. A clock may become untrusted again: the kernel gives up on one that was
    not corrected for some nine hours.
    """

    boot: BootId
    offset_ms: Millis


class DayClosed(Fact, frozen=True, tag=9):
    """The first row of another local day was written: what the day came to.

    ``facts`` is how many facts lie between this one and the ``DayClosed`` before (or the epoch's
    start), and the other counts are over exactly those, so the region can check them. A day whose
    trusted clock was set forth and back is closed in several parts. ``no_shows`` were called and
    did not come that day, nor later on the same day. ``rows`` is the seq of the day's last row and
    ``journal`` the start of its hash: the region can tell a journal that was cut or written anew.
    """

    day: Day
    facts: Count
    sealed: Count
    referred: Count
    refused: Count
    abandoned: Count
    tickets: Count
    no_shows: Count
    rows: Seq
    journal: Chain


class Measured(Fact, frozen=True, tag=10):
    """What the Pico measures, journaled with a dead band."""

    temperature_dc: Tenths
    supply_mv: Count


class StageEnded(Fact, frozen=True, tag=11):
    """What a dossier that has ended came to at ``device``, the device of a stage that
    ``DossierEnded`` has no fields for; told with it, in the same row.

    ``seconds``: at the device. ``takes``: captures, those that were taken again counted;
    ``retries``: those that were not good enough. ``marks``: of each place, as in ``fingers``.
    """

    dossier: DossierId
    device: Device
    seconds: Seconds
    takes: Count
    retries: Count
    marks: tuple[FingerMark, ...]
    forced: ForcedReason | None


AnyFact = Union[  # noqa: UP007  (msgspec reads the members)
    DossierEnded,
    DeviceChanged,
    StationStarted,
    OperatorChanged,
    UnlockFailed,
    LidChanged,
    CommandAnswered,
    ClockDated,
    DayClosed,
    Measured,
    StageEnded,
]


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A fact with its place: the journal rows ``first``…``last`` and the clocks of row ``last``.

    ``first`` is one more than the ``last`` of the entry before. Row ``last`` completed the fact.
    When it completes several facts, the first of them covers the rows and the others none: their
    ``first`` is ``last`` + 1.

    ``at`` is wall time in ms UTC as the clock said, ``mono`` ms since the boot ``boot``;
    ``trusted`` whether the clock was synchronised.
    """

    first: Seq
    last: Seq
    at: Millis
    mono: Millis
    boot: BootId
    trusted: bool
    fact: AnyFact


class Report(msgspec.Struct, frozen=True, array_like=True):
    """Consecutive entries, the first one being fact number ``number`` of ``epoch``."""

    epoch: Epoch
    number: Seq
    entries: tuple[Entry, ...]


class Acknowledged(msgspec.Struct, frozen=True, array_like=True):
    """The region has committed facts 1…``through`` of ``epoch``, and ``chain`` proves it.

    ``through`` 0: it has none of this epoch.
    """

    epoch: Epoch
    through: Annotated[int, Meta(ge=0, le=99_999_999)]
    chain: Chain


REPORT = "Facts/Report"
"""Name of the node metric (Bytes) that carries a ``Report``."""
EPOCH = "Facts/Epoch"
"""Node metric (String), in the birth: the epoch of the journal."""
TOTAL = "Facts/Total"
"""Node metric (Int64): number of the newest fact, so that the region knows what it lacks."""
ACKNOWLEDGED = "Facts/Acknowledged"
"""Node command metric (Bytes) that carries an ``Acknowledged``."""
COMMAND = "Command/Signed"
"""Node command metric (Bytes) that carries a signed command (``edge/report/orders.py``)."""
LOGS = "Logs/Text"
"""Node metric (Bytes), null in births: gzip of UTF-8 text, the answer to ``SendLogs``."""
