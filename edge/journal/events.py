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

from enum import StrEnum
from typing import Annotated, Union

import msgspec
from msgspec import Meta

# ---- what a field may be -------------------------------------------------------------------

Count = Annotated[int, Meta(ge=0, le=9_999_999)]
"""A number of things, milliseconds of a duration, a seq-like small number. Seven digits."""
Signed = Annotated[int, Meta(ge=-9_999_999, le=9_999_999)]
Seq = Annotated[int, Meta(ge=1, le=99_999_999)]
"""A journal seq (also the id of a print job). Eight digits: one short of an old CMND number."""
Day = Annotated[int, Meta(ge=2000_01_01, le=2099_12_31)]
"""A station-local calendar day as yyyymmdd. Only ever the day of a queue, never a birth date."""
Percent = Annotated[int, Meta(ge=0, le=100)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""SHA-256 of a sealed file, or a keyed digest (HMAC-SHA-256) of an identity."""
DossierId = Annotated[str, Meta(pattern=r"^[A-Z]{2}[0-9]{4}-[0-9]{6}-[0-9]\Z")]
"""Station code, running number, check digit: ``TH0417-000123-6``."""
OperatorId = Annotated[str, Meta(pattern=r"^OP[0-9]{1,4}\Z")]
GroupId = Annotated[str, Meta(pattern=r"^G[0-9]{1,4}\Z")]
BootId = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}\Z")]
Version = Annotated[str, Meta(pattern=r"^[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,3}\Z")]


# ---- enumerations --------------------------------------------------------------------------


class Device(StrEnum):
    CAMERA = "camera"
    FINGERPRINT = "fingerprint"
    SCANNER = "scanner"
    PERIPHERALS = "peripherals"
    PRINTER = "printer"


class FaultCode(StrEnum):
    """Why a device cannot do its job. Each has an instruction for the operator in the catalogs."""

    NOT_FOUND = "not_found"
    DISCONNECTED = "disconnected"
    NO_ANSWER = "no_answer"
    HUNG = "hung"
    BAD_DATA = "bad_data"
    REFUSED = "refused"
    RESTARTED = "restarted"
    WRONG_FIRMWARE = "wrong_firmware"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    SLOW = "slow"
    OVERHEATED = "overheated"
    LOW_VOLTAGE = "low_voltage"


class TicketKind(StrEnum):
    WALK_IN = "walk_in"
    PRIORITY = "priority"
    GROUP = "group"


class TicketSource(StrEnum):
    BUTTON = "button"
    CONSOLE = "console"


class IssuedHow(StrEnum):
    PRINTED = "printed"
    HANDED = "handed"
    """The printer was out of order and the operator wrote or told the number."""


class Paper(StrEnum):
    TICKET = "ticket"
    INTAKE_FORM = "intake_form"
    APPOINTMENT = "appointment"
    CORRECTION = "correction"
    REFUSAL = "refusal"
    TEST = "test"


class RosterOutcome(StrEnum):
    """Circular 60/2021 Art. 5: data are unchanged, changed or absent in the population database."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    ABSENT = "absent"


class IdentitySource(StrEnum):
    QR_SCANNER = "qr_scanner"
    QR_CAMERA = "qr_camera"
    TYPED = "typed"
    SEARCH = "search"


class Contradiction(StrEnum):
    """Something to be shown to the operator before capture; they decide."""

    NAME_DIFFERS = "name_differs"
    BIRTH_DIFFERS = "birth_differs"
    SEX_DIFFERS = "sex_differs"
    RESIDENCE_DIFFERS = "residence_differs"
    OLD_NUMBER_DIFFERS = "old_number_differs"
    NUMBER_SEX = "number_sex"
    NUMBER_YEAR = "number_year"
    NUMBER_PROVINCE = "number_province"


class ReferralReason(StrEnum):
    BIRTH_INCOMPLETE = "birth_incomplete"
    BIRTH_IMPOSSIBLE = "birth_impossible"
    BIRTH_DIFFERS = "birth_differs"
    DATA_DISPUTED = "data_disputed"
    NOT_ON_ROSTER = "not_on_roster"


class RefusalReason(StrEnum):
    UNDER_AGE = "under_age"
    ALREADY_ENROLLED = "already_enrolled"


class AbandonReason(StrEnum):
    LEFT = "left"
    ILL = "ill"
    OPERATOR = "operator"


class ForcedReason(StrEnum):
    """Why a portrait that fails a check was taken all the same."""

    MEDICAL = "medical"
    DISABILITY = "disability"
    RELIGIOUS = "religious"
    EQUIPMENT = "equipment"


class Position(StrEnum):
    """Finger positions. Codes of ISO/IEC 19794-2 Table 6 in ``FGP`` (1 = right thumb … 10)."""

    RIGHT_THUMB = "right_thumb"
    RIGHT_INDEX = "right_index"
    RIGHT_MIDDLE = "right_middle"
    RIGHT_RING = "right_ring"
    RIGHT_LITTLE = "right_little"
    LEFT_THUMB = "left_thumb"
    LEFT_INDEX = "left_index"
    LEFT_MIDDLE = "left_middle"
    LEFT_RING = "left_ring"
    LEFT_LITTLE = "left_little"


FGP: dict[Position, int] = {position: code for code, position in enumerate(Position, start=1)}


class MissingReason(StrEnum):
    AMPUTATED = "amputated"
    BANDAGED = "bandaged"
    DEFORMED = "deformed"
    WORN = "worn"
    """Ridges worn off by work or age: tried, nothing readable."""


class FingerProblem(StrEnum):
    LOW_QUALITY = "low_quality"
    SAME_FINGER = "same_finger"
    """The sensor matched it to another position of the same dossier."""
    NO_IMAGE = "no_image"


class ConfirmedBy(StrEnum):
    BUTTON = "button"
    SCREEN = "screen"


class LockReason(StrEnum):
    MANUAL = "manual"
    IDLE = "idle"


class Delivery(StrEnum):
    IN_PERSON = "in_person"
    POST = "post"


# ---- events --------------------------------------------------------------------------------


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Base of all event bodies. The tag (``kind``) is also the journal's ``kind`` column."""


# the station


class StationStarted(Body, frozen=True, tag="station_started"):
    version: Version


class OperatorUnlocked(Body, frozen=True, tag="operator_unlocked"):
    operator: OperatorId


class OperatorLocked(Body, frozen=True, tag="operator_locked"):
    reason: LockReason


class UnlockFailed(Body, frozen=True, tag="unlock_failed"):
    tries: Count
    locked_out_s: Count


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


class RosterLoaded(Body, frozen=True, tag="roster_loaded"):
    people: Count


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
    StationStarted, OperatorUnlocked, OperatorLocked, UnlockFailed, DeviceFailed,
    DeviceRecovered, LidChanged, RosterLoaded, TicketNumbered, TicketIssued, TicketCancelled,
    TicketCalled, TicketNoShow, TicketExpired, TicketRequeued, GroupScheduled, PrintRequested,
    Printed,
    PrintDropped, DossierOpened, Identified, IdentityCorrected, DeviceTaken, DeviceReleased,
    PortraitTaken, PortraitReopened, FingerRejected, FingerCaptured, FingerMissing,
    FingerReopened, Confirmed, ConfirmationUndone,
    Sealed, DossierReferred, DossierRefused, DossierAbandoned, DossierClosed, PacketReceipted,
]  # fmt: skip


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
    body: AnyBody
