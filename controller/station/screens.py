"""Snapshots for the screens, made from the state. No personal data without a valid session."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from statistics import median, quantiles

from controller import views as v
from controller.advice import device_advice
from controller.devices.ports import Check, Health
from controller.dossier.rules import allowed, needs, papers_due
from controller.dossier.state import Dossier, Stage
from controller.identity.person import Person
from controller.identity.rules import Proceed, Refer, Refuse
from controller.queue import Ticket, estimate, pace_s
from controller.stages.fingers.stage import next_position
from controller.state import Ended, Job, books
from controller.station.access import Access
from controller.station.closing import Closing
from controller.station.core import Core
from controller.station.identification import SCAN_CARD
from controller.station.portraits import Portraits
from controller.station.printing import Printing
from controller.station.queueing import Queueing
from controller.station.record import Pending
from controller.station.region import Region
from controller.station.supervision import Devices, Supervision
from edge.journal import events as e
from ground.text import N_

FRESH_S = 20.0
"""How long a call flashes on the board."""
STAGES = ("identify", "portrait", "fingers", "review", "papers", "total")

WAITS = N_("The person waits for the next free place.")
ALL_TAKEN = N_("Everything is taken. Ask the person to the desk and show the data.")
NO_PRINTER = N_("This booth has no printer. Write the slip by hand, then choose “do not print”.")
UNPRINTABLE = N_("The data of this paper cannot be read. Write it by hand, then “do not print”.")
PAPERS = N_("The papers are being printed.")
FINDINGS = {
    "proceed": N_("Found. Read it to the person, then accept."),
    "refer": N_("The data must be corrected first: a slip says where to go and what to bring."),
    "refuse": N_("Enrolment is not possible. The slip says why. Date: {date}"),
}


class Screens:
    def __init__(
        self,
        core: Core,
        access: Access,
        queueing: Queueing,
        closing: Closing,
        devices: Devices,
        supervision: Supervision,
        portraits: Portraits | None,
        printing: Printing,
        region: Region,
    ) -> None:
        self._printing = printing
        self._region = region
        self._core = core
        self._access = access
        self._queueing = queueing
        self._closing = closing
        self._devices = devices
        self._supervision = supervision
        self._portraits = portraits
        self.voice = False
        self._closed: dict[int, list[Ended]] = {}
        """By local day of closing, of the first ``_filed`` in ``State.ended``."""
        self._filed = 0

    # ---- desk ----------------------------------------------------------------------------------

    def view(self, token: str | None) -> v.StationView:
        core = self._core
        open_to = self._access.valid(token)
        region = self._region.view()
        day, _ = core.today()
        return v.StationView(
            version=core.version,
            station=core.config.station.code,
            name=core.config.station.name,
            now_ms=core.clock.now_ms(),
            day=day,
            locked=core.keys is None,
            operator=self._access.operator if open_to else None,
            locked_out_s=self._access.locked_out_s(),
            call_now=self._queueing.call_now(),
            waiting=tuple(self._ticket(t) for t in self._queueing.in_order()),
            called=tuple(self._ticket(t) for t in self._queueing.called()),
            printing=tuple(self._ticket(t) for t in self._queueing.printing()),
            no_shows=tuple(self._ticket(t) for t in self._queueing.no_shows()),
            groups=self._groups(day),
            open_desks=tuple(sorted(self._queueing.open_desks)),
            dossiers=tuple(map(self._dossier, core.state.dossiers.values())) if open_to else (),
            devices=tuple(self._device(device, open_to) for device in e.Device),
            jobs=tuple(map(self._job, core.state.jobs.values())) if open_to else (),
            roster_people=len(core.roster) if core.roster is not None else 0,
            outbox=self._closing.outbox(),
            voice=self.voice,
            notices=tuple(core.notices) if open_to else (),
            numbered=len(core.state.queue.tickets),
            region=region if open_to else replace(region, commands=()),
            clock_trusted=self._supervision.clock_trusted,
        )

    def _groups(self, day: int) -> tuple[v.GroupView, ...]:
        queue = self._core.state.queue
        groups = [group for group in queue.groups.values() if group.day >= day]
        return tuple(
            v.GroupView(
                id=group.id,
                name=self._queueing.group_names.get(group.id, ""),
                day=group.day,
                minute_of_day=group.minute_of_day,
                people=group.people,
                issued=queue.group_issued[group.id],
            )
            for group in sorted(groups, key=lambda g: (g.day, g.minute_of_day, g.id))
        )

    def _ticket(self, ticket: Ticket) -> v.TicketView:
        return v.TicketView(
            day=ticket.day,
            number=ticket.number,
            kind=ticket.kind.value,
            state=ticket.state.value,
            group=ticket.group,
            desk=ticket.desk,
            waited_s=max(0, (self._core.clock.now_ms() - ticket.numbered_at) // 1000),
            printing=any(
                (job.day, job.ticket) == ticket.key for job in self._core.state.jobs.values()
            ),
            nth=ticket.nth,
        )

    def _dossier(self, dossier: Dossier) -> v.DossierView:
        core = self._core
        record = core.people.get(dossier.id)
        pending = core.pending.get(dossier.id)
        at_camera = e.Device.CAMERA in dossier.holding
        upcoming = next_position(dossier, core.policy.capture)
        with_form = core.policy.papers.intake_form
        ticket = core.state.queue.tickets.get((dossier.day or 0, dossier.ticket or 0))
        return v.DossierView(
            id=dossier.id,
            ticket=dossier.ticket,
            kind=dossier.ticket_kind.value,
            desk=dossier.desk,
            stage=dossier.stage.value,
            outcome=dossier.outcome.value if dossier.outcome else None,
            place=self._place(dossier),
            waits_for=tuple(sorted(d.value for d in needs(dossier, core.policy.capture))),
            aside=dossier.id in core.aside,
            allowed=tuple(
                sorted(
                    a.value for a in allowed(dossier, core.policy.capture, intake_form=with_form)
                )
            ),
            prompt=self._prompt(dossier),
            person=person_view(record.person) if record and record.person else None,
            finding=_finding(pending) if pending else None,
            contradictions=tuple(c.value for c in dossier.contradictions),
            portrait=v.PortraitView(
                dossier.portrait.quality,
                dossier.portrait.forced.value if dossier.portrait.forced else None,
            )
            if dossier.portrait
            else None,
            checks=tuple(map(_check, self._checks())) if at_camera else (),
            fingers=tuple(
                self._finger(dossier, p, upcoming) for p in core.policy.capture.finger_order
            ),
            next_position=upcoming.value if upcoming else None,
            delivery=record.delivery.value if record else None,
            papers_due=tuple(p.value for p in papers_due(dossier, intake_form=with_form)),
            day=ticket.day if ticket else None,
            nth=ticket.nth if ticket else None,
        )

    def _checks(self) -> tuple[Check, ...]:
        preview = self._portraits.preview if self._portraits else None
        return tuple(preview.assessment.checks) if preview else ()

    def _place(self, dossier: Dossier) -> str:
        if dossier.stage in (Stage.CONFIRMED, Stage.SEALED, Stage.TURNED_AWAY):
            return "papers"
        for device in dossier.holding:
            return "review" if device is e.Device.PERIPHERALS else device.value
        if dossier.stage is Stage.CHECKED_IN:
            return "desk"
        return "review" if self._closing.reviewable(dossier) else "waiting"

    def _prompt(self, dossier: Dossier) -> v.Message:
        if dossier.stage in (Stage.SEALED, Stage.TURNED_AWAY):
            return v.Message(PAPERS)
        place = self._place(dossier)
        if place == "waiting":
            return v.Message(WAITS)
        if place == "review" and not dossier.holding:
            return v.Message(ALL_TAKEN)
        # After a restart or an unlock nothing was prompted yet.
        usual = SCAN_CARD if dossier.stage is Stage.CHECKED_IN else WAITS
        return self._core.prompts.get(dossier.id, v.Message(usual))

    @staticmethod
    def _finger(
        dossier: Dossier, position: e.Position, upcoming: e.Position | None
    ) -> v.FingerView:
        finger = dossier.fingers.get(position)
        if finger is None:
            state = "next" if position is upcoming else "open"
            return v.FingerView(position.value, state, 0, 0, 0, None)
        state = "captured" if finger.captured else "next" if position is upcoming else "open"
        return v.FingerView(
            position=position.value,
            state="missing" if finger.missing else state,
            quality=max(finger.best_quality, 0),
            tries=finger.tries,
            wrong=finger.wrong,
            missing=finger.missing.value if finger.missing else None,
        )

    def _device(self, device: e.Device, open_to: bool = True) -> v.DeviceView:
        """``open_to``: a signed-in operator looks; strangers see states only."""
        status = self._devices.statuses().get(device)
        holder = self._core.state.holder(device)
        held_by = holder.id if holder and open_to else None
        if status is None:
            return v.DeviceView(device.value, "absent", None, None, "", "", held_by)
        failed = status.health is Health.FAILED and status.fault is not None
        return v.DeviceView(
            device=device.value,
            health=status.health.value,
            fault=status.fault.value if status.fault else None,
            advice=v.Message(device_advice(device, status.fault))
            if failed and status.fault
            else None,
            detail=status.detail if open_to else "",
            last_error=self._supervision.last_error.get(device, "") if open_to else "",
            held_by=held_by,
        )

    def _job(self, job: Job) -> v.JobView:
        return v.JobView(job.id, job.paper.value, job.dossier, job.ticket, self._trouble_of(job))

    def _trouble_of(self, job: Job) -> v.Message | None:
        """Why a paper does not come out, and what to do."""
        if job.id in self._printing.unprintable:
            return v.Message(UNPRINTABLE)
        printer = self._device(e.Device.PRINTER)
        if printer.health == "absent":
            return v.Message(NO_PRINTER)
        return printer.advice or self._device(e.Device.PERIPHERALS).advice

    # ---- board -----------------------------------------------------------------------------------

    def board(self) -> v.BoardView:
        core = self._core
        now, (today, _) = core.clock.now_ms(), core.today()
        entries = [
            v.BoardEntry(
                t.number,
                t.kind.value,
                "desk",
                t.desk,
                now - (t.called_at or 0) < FRESH_S * 1000,
                t.day if t.day != today else None,
            )
            for t in sorted(self._queueing.called(), key=lambda t: -(t.called_at or 0))
        ]
        for dossier in core.state.dossiers.values():
            place = self._place(dossier)
            if dossier.ticket is not None and place in ("camera", "fingerprint", "review"):
                since = max(dossier.holding.values(), default=0)
                entries.append(
                    v.BoardEntry(
                        dossier.ticket, dossier.ticket_kind.value, place,
                        dossier.desk if place == "review" else None, now - since < FRESH_S * 1000,
                        dossier.day if dossier.day != today else None,
                    )
                )  # fmt: skip
        order, target = self._queueing.in_order(), core.state.target
        return v.BoardView(
            version=core.version,
            station=core.config.station.code,
            name=core.config.station.name,
            now_ms=now,
            entries=tuple(entries),
            waiting=len(order),
            next_numbers=tuple(t.number for t in order[:5]),
            wait_s=estimate(core.state.queue, core.policy.queue)[1],
            in_service=core.keys is not None,
            intake_open=core.state.intake_open,
            hours=(target.opens, target.closes) if target else None,
        )

    # ---- shift -----------------------------------------------------------------------------------

    def shift(self, day: int | None = None) -> v.ShiftView:
        core, today = self._core, self._core.today()[0]
        day = today if day is None else day
        ended = self._closed_on(day)
        count = books(core.state, day)
        return v.ShiftView(
            day=day,
            issued=count.issued,
            waiting=count.waiting,
            called=count.called,
            no_shows=count.no_shows,
            served=count.served,
            without_ticket=count.without_ticket,
            open=count.open,
            sealed=count.sealed,
            referred=count.referred,
            refused=count.refused,
            abandoned=count.abandoned,
            lost=count.lost,
            pace_s=pace_s(core.state.queue, core.policy.queue),
            per_hour=tuple(sorted(Counter(self._hour(d.closed_at) for d in ended).items())),
            stages=tuple(_stage(name, ended) for name in STAGES),
            idle_s=tuple((d.value, ms / 1000) for d, ms in sorted(core.state.idle_ms.items())),
            busy_s=tuple((d.value, ms / 1000) for d, ms in sorted(core.state.busy_ms.items())),
            software_p95_ms=_p95([d.software_ms for d in ended]),
            forced=sum(d.forced for d in ended),
            missing_fingers=sum(d.missing_fingers for d in ended),
            expired=count.expired,
            target=self._region.view().target if day == today else None,
        )

    def _closed_on(self, day: int) -> list[Ended]:
        """Each dossier's local day is worked out once: a campaign has tens of thousands."""
        ended = self._core.state.ended
        for dossier in ended[self._filed :]:
            day, _ = self._core.local_day(dossier.closed_at)
            self._closed.setdefault(day, []).append(dossier)
        self._filed = len(ended)
        return self._closed.get(day, [])

    def _hour(self, at_ms: int) -> int:
        return datetime.fromtimestamp(at_ms / 1000, self._core.zone).hour


def _stage(name: str, ended: list[Ended]) -> v.StageView:
    spans = [d.durations_s[name] for d in ended if name in d.durations_s]
    return v.StageView(name, round(median(spans), 1) if spans else 0.0, len(spans))


def _p95(values: list[int]) -> int:
    if len(values) < 2:
        return max(values, default=0)
    return round(quantiles(values, n=20, method="inclusive")[-1])


def _check(check: Check) -> v.CheckView:
    return v.CheckView(
        check.name, round(check.value, 2), check.low, check.high, check.passed, check.advice
    )


def person_view(person: Person) -> v.PersonView:
    return v.PersonView(
        number=person.number,
        old_number=person.old_number,
        name=person.name,
        birth=person.birth.text(),
        sex=person.sex.value if person.sex else "",
        residence=person.residence,
        hamlet=person.hamlet,
    )


def _finding(pending: Pending) -> v.FindingView:
    finding = pending.finding
    params: dict[str, str] = {}
    match finding:
        case Proceed(outcome=outcome):
            verdict, what = "proceed", outcome.value
        case Refer(reason=referral):
            verdict, what = "refer", referral.value
        case Refuse(reason=refusal, date=day):
            verdict, what, params = "refuse", refusal.value, {"date": f"{day:%d/%m/%Y}"}
    contradictions = () if isinstance(finding, Refuse) else finding.contradictions
    row = pending.record.on_roster
    return v.FindingView(
        verdict=verdict,
        outcome=what,
        message=v.Message(FINDINGS[verdict], params),
        contradictions=tuple(c.value for c in contradictions),
        person=person_view(finding.person),
        on_roster=person_view(row) if row else None,
        source=pending.record.source.value,
    )
