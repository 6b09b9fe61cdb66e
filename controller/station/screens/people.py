"""The dossiers in the line: who, where, how far, and what to say now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller import stages
from controller import views as v
from controller.dossier.state import Dossier, Stage
from controller.identity.person import Person
from controller.identity.rules import Proceed, Refer, Refuse
from controller.rules import allowed, needs, papers_due
from controller.station.closing import Closing
from controller.station.core import Core
from controller.station.identification import SCAN_CARD
from controller.station.record import Pending
from controller.station.serving import Serving
from edge.journal import events as e
from ground.text import N_

WAITS = N_("The person waits for the next free place.")
ALL_TAKEN = N_("Everything is taken. Ask the person to the desk and show the data.")
PAPERS = N_("The papers are being printed.")
FINDINGS = {
    "proceed": N_("Found. Read it to the person, then accept."),
    "refer": N_("The data must be corrected first: a slip says where to go and what to bring."),
    "refuse": N_("Enrolment is not possible. The slip says why. Date: {date}"),
}


class People:
    def __init__(self, core: Core, closing: Closing, serving: Mapping[e.Device, Serving]) -> None:
        self._core = core
        self._closing = closing
        self._serving = serving
        self._stages = stages.named(core.policy.capture.stages)

    def views(self) -> tuple[v.DossierView, ...]:
        return tuple(map(self._dossier, self._core.state.dossiers.values()))

    def outbox(self) -> int:
        """Packets waiting for their receipt."""
        return self._closing.outbox()

    def _dossier(self, dossier: Dossier) -> v.DossierView:
        core = self._core
        record = core.people.get(dossier.id)
        pending = core.pending.get(dossier.id)
        with_form = core.policy.papers.intake_form
        ticket = core.state.queue.tickets.get((dossier.day or 0, dossier.ticket or 0))
        view = v.DossierView(
            id=dossier.id,
            ticket=dossier.ticket,
            kind=dossier.ticket_kind.value,
            desk=dossier.desk,
            stage=dossier.stage.value,
            outcome=dossier.outcome.value if dossier.outcome else None,
            place=self.place(dossier),
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
            portrait=None,
            checks=(),
            fingers=(),
            next_position=None,
            delivery=record.delivery.value if record else None,
            papers_due=tuple(p.value for p in papers_due(dossier, intake_form=with_form)),
            day=ticket.day if ticket else None,
            nth=ticket.nth if ticket else None,
            captures=tuple(self._capture(dossier, stage) for stage in self._stages),
        )
        for stage in self._stages:
            serving = self._serving.get(stage.device) if stage.device in dossier.holding else None
            seen = serving.preview if serving else None
            view = replace(view, **stage.shows(dossier, core.policy.capture, seen))
        return view

    def _capture(self, dossier: Dossier, stage: stages.Stage) -> v.CaptureView:
        done = stage.done(dossier, self._core.policy.capture)
        return v.CaptureView(stage.name, stage.device.value, done, stage.quality(dossier))

    def place(self, dossier: Dossier) -> str:
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
        place = self.place(dossier)
        if place == "waiting":
            return v.Message(WAITS)
        if place == "review" and not dossier.holding:
            return v.Message(ALL_TAKEN)
        # After a restart or an unlock nothing was prompted yet.
        usual = SCAN_CARD if dossier.stage is Stage.CHECKED_IN else WAITS
        return self._core.prompts.get(dossier.id, v.Message(usual))


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
