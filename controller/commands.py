"""Everything that can be asked of a station: one typed command each.

The console, the local HTTP API and through it the virtual clerk use these and nothing else. A
command is a frozen dataclass; ``Station.do(command, by)`` runs it and gives its result. A command
that makes no sense now raises ``NotAllowed`` (or ``InputError``) with advice, and changes nothing.

``PUBLIC`` commands need no unlocked operator; all others need a session from ``Unlock``.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.journal.events import (
    AbandonReason,
    ConfirmedBy,
    Delivery,
    Device,
    ForcedReason,
    IdentitySource,
    MissingReason,
    Paper,
    Position,
    ReferralReason,
    TicketKind,
)


@dataclass(frozen=True)
class Done:
    """The command was carried out; it has nothing more to say."""


# ---- operator --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unlock:
    """Open the vault with an operator's passphrase. Result: ``Session``."""

    operator: str
    passphrase: str

    def __repr__(self) -> str:
        return f"Unlock({self.operator})"


@dataclass(frozen=True)
class Session:
    """``token`` goes into the ``Authorization: Bearer`` header of every further call."""

    token: str
    operator: str


@dataclass(frozen=True)
class Lock:
    """Close the vault now. Open dossiers stay sealed on disk and go on after the next unlock."""


# ---- queue -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class IssueTicket:
    """Number and print a ticket. Result: ``TicketRef``. ``group`` only with kind GROUP."""

    kind: TicketKind = TicketKind.WALK_IN
    group: str | None = None


@dataclass(frozen=True)
class TicketRef:
    day: int
    ticket: int


@dataclass(frozen=True)
class HandOverTicket:
    """The printer is out of order: the operator told or wrote the number. It counts as issued."""

    day: int
    ticket: int


@dataclass(frozen=True)
class CancelTicket:
    """Give up a number that never printed."""

    day: int
    ticket: int


@dataclass(frozen=True)
class ReprintTicket:
    """The slip was lost or unreadable: same number again."""

    day: int
    ticket: int


@dataclass(frozen=True)
class SetDesk:
    """Open or close a desk. The station calls the next person to a free open desk by itself."""

    desk: int
    open: bool


@dataclass(frozen=True)
class CallNext:
    """Call the next ticket to ``desk`` now. Result: ``TicketRef``."""

    desk: int


@dataclass(frozen=True)
class CallTicket:
    """Call this ticket to ``desk``: again (recall), or out of turn."""

    day: int
    ticket: int
    desk: int


@dataclass(frozen=True)
class NoShow:
    day: int
    ticket: int


@dataclass(frozen=True)
class Requeue:
    """Transfer to ``kind``, or take a no-show back; waits in its number's place again."""

    day: int
    ticket: int
    kind: TicketKind


@dataclass(frozen=True)
class ImportGroups:
    """Schedule of groups as CSV text with header ``group,name,day,time,people``, or these in
    Vietnamese; comma, semicolon or tab between cells.

    ``group`` like G12, ``day`` like 2026-11-22 or 22/11/2026, ``time`` like 07:30. All bad rows are
    reported at once; nothing is half-imported. Result: ``GroupsImported``.
    """

    csv: str


@dataclass(frozen=True)
class GroupsImported:
    """``columns``: each column to what the file calls it; ``ignored``: what else it has."""

    groups: int
    people: int
    columns: dict[str, str]
    ignored: tuple[str, ...]


# ---- identification --------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenDossier:
    """The person of a called ticket is at the desk (no ticket: brought by the operator).

    Result: ``DossierRef``. The dossier takes the document scanner as soon as it is free; its next
    scan is this dossier's card.
    """

    desk: int
    day: int | None = None
    ticket: int | None = None


@dataclass(frozen=True)
class DossierRef:
    dossier: str


@dataclass(frozen=True)
class ReadCard:
    """Content of a CCCD's QR code, from a keyboard-wedge scanner or any other source."""

    dossier: str
    text: str
    source: IdentitySource = IdentitySource.QR_SCANNER

    def __repr__(self) -> str:
        return f"ReadCard({self.dossier})"


@dataclass(frozen=True)
class ReadCardByCamera:
    """Second path: the QR held before the camera. The camera must not be held by another."""

    dossier: str


@dataclass(frozen=True)
class EnterPerson:
    """Typed data: a CMND or CCCD number alone, or all that the papers say for somebody absent.

    ``birth`` as 31/12/1990, 1990 or 12/1990. Empty fields say nothing.
    """

    dossier: str
    number: str = ""
    name: str = ""
    birth: str = ""
    sex: str = ""
    residence: str = ""
    hamlet: str = ""
    source: IdentitySource = IdentitySource.TYPED

    def __repr__(self) -> str:
        return f"EnterPerson({self.dossier})"


@dataclass(frozen=True)
class AcceptIdentity:
    """The operator has read the finding and its contradictions: proceed, refer or refuse as found.

    A clean finding (unchanged, no contradiction) is accepted by the station itself.
    """

    dossier: str


@dataclass(frozen=True)
class ForgetIdentity:
    """Wrong card or wrong person picked: drop the finding and wait for the next scan."""

    dossier: str


@dataclass(frozen=True)
class Refer:
    """The operator refers the person; the correction slip is printed."""

    dossier: str
    reason: ReferralReason


@dataclass(frozen=True)
class Abandon:
    dossier: str
    reason: AbandonReason


# ---- capture ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class TakePortrait:
    """Take the portrait now. With ``forced`` it is kept even when checks fail, and flagged.

    Result: ``PortraitResult``.
    """

    dossier: str
    forced: ForcedReason | None = None


@dataclass(frozen=True)
class PortraitResult:
    """``advice``: message ids of what to mend, when not taken."""

    taken: bool
    quality: int
    advice: tuple[str, ...]


@dataclass(frozen=True)
class RetakePortrait:
    """The person goes to the camera again; the portrait so far is dropped."""

    dossier: str


@dataclass(frozen=True)
class MarkFingerMissing:
    dossier: str
    position: Position
    reason: MissingReason


@dataclass(frozen=True)
class RetakeFinger:
    dossier: str
    position: Position


@dataclass(frozen=True)
class StepAside:
    """Release the camera or fingerprint scanner this dossier holds, until ``StepBack``."""

    dossier: str


@dataclass(frozen=True)
class StepBack:
    """The person is ready again and waits for the next free device."""

    dossier: str


# ---- review and end --------------------------------------------------------------------------


@dataclass(frozen=True)
class StartReview:
    """Show the review to the citizen; takes the green button when it is free."""

    dossier: str


@dataclass(frozen=True)
class CorrectIdentity:
    """What the citizen corrected at the review. Captures and empty fields stay as they are."""

    dossier: str
    name: str = ""
    birth: str = ""
    sex: str = ""
    residence: str = ""

    def __repr__(self) -> str:
        return f"CorrectIdentity({self.dossier})"


@dataclass(frozen=True)
class SetDelivery:
    """How the card is to be collected. ``address`` only by post; the residence when empty."""

    dossier: str
    delivery: Delivery
    address: str = ""

    def __repr__(self) -> str:
        return f"SetDelivery({self.dossier})"


@dataclass(frozen=True)
class Confirm:
    """The citizen confirmed what the review shows; sealing and printing follow by themselves."""

    dossier: str
    by: ConfirmedBy = ConfirmedBy.SCREEN


# ---- devices ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class DropPrint:
    """Give up a print job: the paper was handed over otherwise, or is not wanted."""

    job: int


@dataclass(frozen=True)
class ReprintPaper:
    """Print a paper of an open dossier again."""

    dossier: str
    paper: Paper


@dataclass(frozen=True)
class TestDevice:
    """Live test of a device for the technician page. Result: ``TestResult``."""

    device: Device


@dataclass(frozen=True)
class TestResult:
    passed: bool
    detail: str


@dataclass(frozen=True)
class TestPrint:
    """Print a test page."""


@dataclass(frozen=True)
class SetVoice:
    """Switch the spoken call on or off."""

    enabled: bool


Command = (
    Unlock
    | Lock
    | IssueTicket
    | HandOverTicket
    | CancelTicket
    | ReprintTicket
    | SetDesk
    | CallNext
    | CallTicket
    | NoShow
    | Requeue
    | ImportGroups
    | OpenDossier
    | ReadCard
    | ReadCardByCamera
    | EnterPerson
    | AcceptIdentity
    | ForgetIdentity
    | Refer
    | Abandon
    | TakePortrait
    | RetakePortrait
    | MarkFingerMissing
    | RetakeFinger
    | StepAside
    | StepBack
    | StartReview
    | CorrectIdentity
    | SetDelivery
    | Confirm
    | DropPrint
    | ReprintPaper
    | TestDevice
    | TestPrint
    | SetVoice
)
Result = Done | Session | TicketRef | GroupsImported | DossierRef | PortraitResult | TestResult

RESULTS: dict[type[Command], type[Result]] = {
    Unlock: Session,
    IssueTicket: TicketRef,
    CallNext: TicketRef,
    ImportGroups: GroupsImported,
    OpenDossier: DossierRef,
    TakePortrait: PortraitResult,
    TestDevice: TestResult,
}
"""What a command answers with; ``Done`` where it is not listed."""

PUBLIC: frozenset[type[Command]] = frozenset({Unlock})
