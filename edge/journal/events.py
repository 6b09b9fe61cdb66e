"""The closed vocabulary of the journal: everything that can happen at a station.

Bodies hold ids, enums, small integers and digests only. That is enforced, not hoped for:

* strings must be one of the patterned types below, none of which a name or an address fits;
* integers are bounded to seven digits, so that no identity number (9 or 12 digits) fits;
* digests are of *sealed* files or keyed, so that nobody can guess their way back to a person.

``msgspec`` checks patterns and bounds when decoding; the journal decodes what it is about to
write (see ``store.py``), so a body that breaks the rules never reaches the disk.

How the vocabulary may grow, so that every row ever written still decodes: a new kind of event, a
new member of an enumeration, a new field *with a default*, a wider bound. Never: a field or kind
renamed, removed or given another meaning, a bound or pattern narrowed. A kind that is no longer
written stays, so that its rows can be read. ``tests/unit/journal/rows.jsonl`` keeps a row of every
kind as it was first written, and a test reads them all.
"""

from __future__ import annotations

from typing import Annotated, Union

import msgspec
from msgspec import Meta

# Names handed on, in one block.
# isort: off
from edge.journal.terms import (
    FGP as FGP,
    AbandonReason as AbandonReason,
    BootId as BootId,
    CommandId as CommandId,
    CommandOutcome as CommandOutcome,
    ConfirmedBy as ConfirmedBy,
    Contradiction as Contradiction,
    Count as Count,
    Day as Day,
    Delivery as Delivery,
    Device as Device,
    bring_device as bring_device,
    devices as devices,
    Digest as Digest,
    DossierId as DossierId,
    FaultCode as FaultCode,
    FingerProblem as FingerProblem,
    FirmwareDigest as FirmwareDigest,
    ForcedReason as ForcedReason,
    GroupId as GroupId,
    IdentitySource as IdentitySource,
    IssuedHow as IssuedHow,
    LockReason as LockReason,
    MinuteOfDay as MinuteOfDay,
    MissingReason as MissingReason,
    OperatorId as OperatorId,
    Paper as Paper,
    Percent as Percent,
    Position as Position,
    ReferralReason as ReferralReason,
    RefusalReason as RefusalReason,
    RosterOutcome as RosterOutcome,
    Seq as Seq,
    Signed as Signed,
    Source as Source,
    Tenths as Tenths,
    TicketKind as TicketKind,
    TicketSource as TicketSource,
    Version as Version,
)

# isort: on

# ---- events --------------------------------------------------------------------------------


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Base of all event bodies. The tag (``kind``) is also the journal's ``kind`` column."""


# the station


class StationStarted(Body, frozen=True, tag="station_started"):
    version: Version


class ClockChanged(Body, frozen=True, tag="clock_changed"):
    """The wall clock was set, or nobody vouches for it any more: the row's ``trusted`` says which.

    Written at once, so that the newest row always tells, and what this boot did before is dated.
    """


class OperatorUnlocked(Body, frozen=True, tag="operator_unlocked"):
    operator: OperatorId
    source: Source | None = None


class OperatorLocked(Body, frozen=True, tag="operator_locked"):
    reason: LockReason


class UnlockFailed(Body, frozen=True, tag="unlock_failed"):
    """``operator``: as whom it was tried, None when that is no operator's number (earlier rows do
    not tell). ``tries``: of them from that source, in a row."""

    tries: Count
    locked_out_s: Count
    operator: OperatorId | None = None
    source: Source | None = None


class DeviceFailed(Body, frozen=True, tag="device_failed"):
    device: Device
    fault: FaultCode


class DeviceRecovered(Body, frozen=True, tag="device_recovered"):
    device: Device


class LidChanged(Body, frozen=True, tag="lid_changed"):
    """The booth's lid was opened or closed (tamper). ``(boot, no)`` identifies the Pico's event."""

    opened: bool
    boot: BootId
    no: Count


class FirmwareSeen(Body, frozen=True, tag="firmware_seen"):
    """The Pico runs another firmware than the last one said."""

    digest: FirmwareDigest


class Measured(Body, frozen=True, tag="measured"):
    """What the Pico measures, when it has moved out of its dead band."""

    temperature_dc: Tenths
    supply_mv: Count


class RosterLoaded(Body, frozen=True, tag="roster_loaded"):
    people: Count


# the region's commands


class CommandRun(Body, frozen=True, tag="command_run"):
    """A command of the region was answered. Its effect stands before it."""

    command: CommandId
    outcome: CommandOutcome


class IntakeChanged(Body, frozen=True, tag="intake_changed"):
    """Whether new tickets are given. People who have one are served in any case."""

    open: bool


class TargetSet(Body, frozen=True, tag="target_set"):
    """What the region wants of this place: dossiers a day, and its opening hours."""

    per_day: Count
    opens: MinuteOfDay
    closes: MinuteOfDay


# the queue


class TicketNumbered(Body, frozen=True, tag="ticket_numbered"):
    """A number was taken. It counts as issued only after ``TicketIssued``."""

    ticket: Count
    day: Day
    ticket_kind: TicketKind
    source: TicketSource
    ahead: Count
    wait_s: Count
    group: GroupId | None = None
    boot: BootId | None = None
    no: Count | None = None
    age_ms: Count = 0
    """How long before this event the button was pressed: the link may have been down."""


class TicketIssued(Body, frozen=True, tag="ticket_issued"):
    ticket: Count
    day: Day
    how: IssuedHow


class TicketCancelled(Body, frozen=True, tag="ticket_cancelled"):
    """A numbered ticket that never printed and was given up. Never counted."""

    ticket: Count
    day: Day


class TicketCalled(Body, frozen=True, tag="ticket_called"):
    ticket: Count
    day: Day
    desk: Count
    again: bool = False


class TicketNoShow(Body, frozen=True, tag="ticket_no_show"):
    ticket: Count
    day: Day


class TicketExpired(Body, frozen=True, tag="ticket_expired"):
    """An issued ticket whose person had not come by the end of the next day."""

    ticket: Count
    day: Day


class TicketRequeued(Body, frozen=True, tag="ticket_requeued"):
    """Transfer: to another kind, or a late no-show taken back."""

    ticket: Count
    day: Day
    ticket_kind: TicketKind


class GroupScheduled(Body, frozen=True, tag="group_scheduled"):
    group: GroupId
    day: Day
    minute_of_day: Annotated[int, Meta(ge=0, le=1439)]
    people: Count


# printing


class PrintRequested(Body, frozen=True, tag="print_requested"):
    """Its own seq is the job's number on the link to the printer."""

    paper: Paper
    ticket: Count | None = None
    day: Day | None = None
    again: bool = False


class Printed(Body, frozen=True, tag="printed"):
    job: Seq
    paper: Paper


class PrintDropped(Body, frozen=True, tag="print_dropped"):
    """Given up by the operator (printer out of order for good, or handed over otherwise)."""

    job: Seq
    paper: Paper


# the dossier


class DossierOpened(Body, frozen=True, tag="dossier_opened"):
    desk: Count
    ticket: Count | None = None
    day: Day | None = None
    ticket_kind: TicketKind = TicketKind.WALK_IN


class Identified(Body, frozen=True, tag="identified"):
    outcome: RosterOutcome
    source: IdentitySource
    person: Digest
    """HMAC-SHA-256 of the identity number under the station's person key."""
    sealed: Digest
    contradictions: tuple[Contradiction, ...] = ()


class IdentityCorrected(Body, frozen=True, tag="identity_corrected"):
    """The citizen asked for a correction at the review; captures are kept."""

    sealed: Digest
    contradictions: tuple[Contradiction, ...] = ()


class DeviceTaken(Body, frozen=True, tag="device_taken"):
    device: Device


class DeviceReleased(Body, frozen=True, tag="device_released"):
    device: Device


class PortraitTaken(Body, frozen=True, tag="portrait_taken"):
    sealed: Digest
    quality: Percent
    frames: Count
    forced: ForcedReason | None = None


class PortraitReopened(Body, frozen=True, tag="portrait_reopened"):
    """The operator wants another portrait; the one so far is dropped."""


class FingerRejected(Body, frozen=True, tag="finger_rejected"):
    position: Position
    problem: FingerProblem
    quality: Percent
    sealed: Digest | None = None
    """The sealed image, kept in case it stays the best of the tries."""
    same_as: Position | None = None


class FingerCaptured(Body, frozen=True, tag="finger_captured"):
    position: Position
    quality: Percent
    tries: Count
    sealed: Digest


class FingerMissing(Body, frozen=True, tag="finger_missing"):
    position: Position
    reason: MissingReason


class FingerReopened(Body, frozen=True, tag="finger_reopened"):
    """The operator takes a finger again (wrong finger, or missing entered by mistake)."""

    position: Position


class Confirmed(Body, frozen=True, tag="confirmed"):
    by: ConfirmedBy
    delivery: Delivery


class ConfirmationUndone(Body, frozen=True, tag="confirmation_undone"):
    """A capture could not be read when the packet was to be sealed: back to capturing it."""


class Sealed(Body, frozen=True, tag="sealed"):
    packet: Digest
    size: Count
    linked_seq: Seq
    """The journal row named in the packet's manifest."""


class DossierReferred(Body, frozen=True, tag="referred"):
    reason: ReferralReason


class DossierRefused(Body, frozen=True, tag="refused"):
    reason: RefusalReason


class DossierAbandoned(Body, frozen=True, tag="abandoned"):
    reason: AbandonReason


class DossierClosed(Body, frozen=True, tag="closed"):
    software_ms: Count
    """How long a person or a device waited on our software in this dossier."""


class PacketReceipted(Body, frozen=True, tag="packet_receipted"):
    packet: Digest


AnyBody = Union[  # noqa: UP007  (msgspec reads the members)
    StationStarted,
    OperatorUnlocked,
    OperatorLocked,
    UnlockFailed,
    DeviceFailed,
    DeviceRecovered,
    LidChanged,
    RosterLoaded,
    TicketNumbered,
    TicketIssued,
    TicketCancelled,
    TicketCalled,
    TicketNoShow,
    TicketExpired,
    TicketRequeued,
    GroupScheduled,
    PrintRequested,
    Printed,
    PrintDropped,
    DossierOpened,
    Identified,
    IdentityCorrected,
    DeviceTaken,
    DeviceReleased,
    PortraitTaken,
    PortraitReopened,
    FingerRejected,
    FingerCaptured,
    FingerMissing,
    FingerReopened,
    Confirmed,
    ConfirmationUndone,
    Sealed,
    DossierReferred,
    DossierRefused,
    DossierAbandoned,
    DossierClosed,
    PacketReceipted,
    FirmwareSeen,
    Measured,
    CommandRun,
    IntakeChanged,
    TargetSet,
    ClockChanged,
]


class Event(msgspec.Struct, frozen=True):
    """One row of the journal.

    seq      contiguous from 1
    at       wall time, ms UTC
    mono     ms since this boot of the machine
    boot     the machine's boot id, first 8 hex digits
    trusted  whether the clock was synchronised when ``at`` was read (a Pi has no RTC)
    dossier  the dossier it belongs to, if any
    """

    seq: int
    at: int
    mono: int
    boot: BootId
    trusted: bool
    dossier: DossierId | None
    body: Body
