"""What screens show: frozen snapshots, made by ``Station.view()`` and friends, served by the API.

Texts are message ids of the catalogs with parameters (``Message``): each screen translates.
``PersonView`` holds personal data: it goes to unlocked operators only, never to board or log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Message:
    """``text`` is a message id with ``{name}`` fields, ``params`` fills them."""

    text: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PersonView:
    number: str
    old_number: str
    name: str
    birth: str
    sex: str
    residence: str
    hamlet: str

    def __repr__(self) -> str:
        return "PersonView(…)"


@dataclass(frozen=True)
class FindingView:
    """What identification found and the operator has not accepted yet.

    verdict         "proceed", "refer" or "refuse"
    outcome         roster outcome when it proceeds, else the reason
    contradictions  shown before capture
    """

    verdict: str
    outcome: str
    message: Message
    contradictions: tuple[str, ...]
    person: PersonView
    on_roster: PersonView | None
    source: str


@dataclass(frozen=True)
class FingerView:
    """state: "open", "next", "captured", "missing"."""

    position: str
    state: str
    quality: int
    tries: int
    wrong: int
    """Presentations that were no try, such as another position's finger."""
    missing: str | None


@dataclass(frozen=True)
class PortraitView:
    quality: int
    forced: str | None


@dataclass(frozen=True)
class CheckView:
    name: str
    value: float
    low: float | None
    high: float | None
    passed: bool
    advice: str


@dataclass(frozen=True)
class CaptureView:
    """How far a dossier is with a stage that the booth takes. ``place``: its device.

    ``quality``: of what was taken, where the stage tells one number.
    """

    stage: str
    place: str
    done: bool
    quality: int | None = None


@dataclass(frozen=True)
class DossierView:
    """``place``: where the person is or is to go: "desk", "scanner", "waiting", "review", "papers",
    or the device of a stage, such as "camera" and "fingerprint". ``prompt``: what the
    operator says or does now."""

    id: str
    ticket: int | None
    kind: str
    desk: int
    stage: str
    outcome: str | None
    place: str
    waits_for: tuple[str, ...]
    aside: bool
    """Stepped aside: gets no device until ``StepBack``."""
    allowed: tuple[str, ...]
    prompt: Message
    person: PersonView | None
    finding: FindingView | None
    contradictions: tuple[str, ...]
    portrait: PortraitView | None
    checks: tuple[CheckView, ...]
    """Live portrait checks while at the camera."""
    fingers: tuple[FingerView, ...]
    next_position: str | None
    delivery: str | None
    papers_due: tuple[str, ...]
    day: int | None = None
    """Of the ticket: before today's where somebody waited over midnight."""
    nth: int | None = None
    """Of the ticket, see ``TicketView``."""
    captures: tuple[CaptureView, ...] = ()
    """The stages that the booth takes, in order."""


@dataclass(frozen=True)
class TicketView:
    day: int
    number: int
    kind: str
    state: str
    group: str | None
    desk: int | None
    waited_s: int
    printing: bool
    nth: int = 0
    """It is the station's n-th ticket ever; numbers start again every day."""


@dataclass(frozen=True)
class GroupView:
    """A scheduled school class or agency. ``people`` are expected, ``issued`` have a ticket."""

    id: str
    name: str
    day: int
    minute_of_day: int
    people: int
    issued: int


@dataclass(frozen=True)
class DeviceView:
    """health: "starting", "ready", "failed", "absent"."""

    device: str
    health: str
    fault: str | None
    advice: Message | None
    detail: str
    last_error: str
    held_by: str | None


@dataclass(frozen=True)
class JobView:
    job: int
    paper: str
    dossier: str | None
    ticket: int | None
    problem: Message | None


@dataclass(frozen=True)
class TargetView:
    """Dossiers a day and opening hours, as minutes of the local day."""

    per_day: int
    opens: int
    closes: int


@dataclass(frozen=True)
class CommandView:
    """A command of the region. ``outcome`` None: it has not been run yet."""

    id: str
    order: str
    day: int
    minute_of_day: int
    """When it was given, by the station's zone."""
    outcome: str | None


@dataclass(frozen=True)
class RegionView:
    """What the region has set, and its latest commands, latest first."""

    intake_open: bool = True
    """False: no new numbers; people who have one are served."""
    target: TargetView | None = None
    commands: tuple[CommandView, ...] = ()
    connected: bool | None = None
    """To the region's broker. None: nobody reports, or it is not known."""
    standing: tuple[Message, ...] = ()
    """How the booth stands with its region, and what to do."""


@dataclass(frozen=True)
class StationView:
    """Everything a desk shows. ``version`` grows with every change (long poll with ``since``)."""

    version: int
    station: str
    name: str
    now_ms: int
    day: int
    locked: bool
    operator: str | None
    call_now: bool
    """The line wants one more person called."""
    waiting: tuple[TicketView, ...]
    """In calling order."""
    called: tuple[TicketView, ...]
    printing: tuple[TicketView, ...]
    """Numbered, not yet issued."""
    no_shows: tuple[TicketView, ...]
    groups: tuple[GroupView, ...]
    """Scheduled for today or later, in order of their time."""
    open_desks: tuple[int, ...]
    dossiers: tuple[DossierView, ...]
    devices: tuple[DeviceView, ...]
    jobs: tuple[JobView, ...]
    roster_people: int
    outbox: int
    voice: bool
    notices: tuple[Message, ...]
    """Latest last: things the operator should know."""
    numbered: int = 0
    """Tickets that were ever numbered: the latest one's ``nth``."""
    region: RegionView = field(default_factory=RegionView)
    """Commands for signed-in operators only."""
    clock_trusted: bool = True
    """The wall clock was set; until then nothing that is done can be dated."""


@dataclass(frozen=True)
class BoardEntry:
    """place: "desk", "review", or the device of a stage; ``desk`` where it is a desk."""

    ticket: int
    kind: str
    place: str
    desk: int | None
    fresh: bool
    """Called within the last seconds: flashes."""
    day: int | None = None
    """The ticket's day when it is not today's."""


@dataclass(frozen=True)
class BoardView:
    """The public board: numbers and places only."""

    version: int
    station: str
    name: str
    now_ms: int
    entries: tuple[BoardEntry, ...]
    waiting: int
    next_numbers: tuple[int, ...]
    wait_s: int
    in_service: bool
    intake_open: bool = True
    hours: tuple[int, int] | None = None
    """(opens, closes), minutes of the local day."""


@dataclass(frozen=True)
class StageView:
    stage: str
    median_s: float
    count: int


@dataclass(frozen=True)
class ShiftView:
    """The day's figures. ``lost`` is 0 when the books balance.

    issued = served + no_shows + expired + waiting + called, and
    served + without_ticket = sealed + referred + refused + abandoned + open;
    each is counted by itself.
    """

    day: int
    issued: int
    waiting: int
    called: int
    no_shows: int
    served: int
    """Tickets whose person came: each has a dossier."""
    without_ticket: int
    """Dossiers of people the operator brought."""
    open: int
    sealed: int
    referred: int
    refused: int
    abandoned: int
    lost: int
    pace_s: float
    per_hour: tuple[tuple[int, int], ...]
    """(hour of day, dossiers closed)."""
    stages: tuple[StageView, ...]
    idle_s: tuple[tuple[str, float], ...]
    """Per device: seconds it stood free while people waited for it."""
    busy_s: tuple[tuple[str, float], ...]
    software_p95_ms: int
    forced: int
    missing_fingers: int
    expired: int = 0
    """Tickets whose person had not come by the end of the next day."""
    target: TargetView | None = None
    """What the region wants now; None on other days than today."""
