"""Print jobs, one at a time: requested in the journal → rendered → printed → journaled so."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

from controller import commands as c
from controller import stages
from controller.devices.ports import Peripherals
from controller.fault import DeviceFault
from controller.identity.person import Person
from controller.identity.rules import REFERRALS
from controller.papers.appointment import appointment
from controller.papers.bitmap import Bitmap
from controller.papers.correction import correction, refusal
from controller.papers.facts import (
    AppointmentFacts,
    CorrectionFacts,
    IntakeFacts,
    RefusalFacts,
    TicketFacts,
)
from controller.papers.intake_form import intake_form
from controller.papers.ticket import ticket
from controller.papers.trial import trial_page
from controller.rules import papers_due
from controller.state import Job
from controller.station.core import Core, log
from controller.traces import trace
from edge.journal import events as e
from edge.journal.error import JournalError
from ground.error import Locked, NotAllowed, TramError
from ground.text import N_

RETRY_S = 0.5


class Printing:
    def __init__(self, core: Core, printer: Peripherals | None) -> None:
        """``printer`` None: the booth has none; jobs wait until they are handed over or dropped."""
        self._core = core
        self._stages = stages.named(core.policy.capture.stages)
        self._printer = printer
        self._ticket_last = False
        self.unprintable: set[int] = set()
        """Jobs whose paper could not be made from what is stored: the operator drops them."""

    async def run(self) -> None:
        """For ever: the next job that can be rendered. Tickets and papers take turns: people who
        stand for a ticket must not wait for papers, nor people with papers due for a crowd. A paper
        that the station before this one left half-way goes first: another would tear it.
        """
        core = self._core
        while True:
            version = core.version
            try:
                job = next(iter(self._printable(await self._half_printed())), None)
            except DeviceFault:
                await core.changed(core.version, RETRY_S)
                continue
            if job is None:
                await core.changed(version, 60.0)
                continue
            self._ticket_last = job.paper is e.Paper.TICKET
            try:
                await self._print(job)
            except (DeviceFault, JournalError) as error:
                # Printed but not recorded: the Pico knows, and answers at once the next time.
                log.warning("job %d: %s", job.id, error)
                await core.changed(core.version, RETRY_S)
            except Locked:
                await core.changed(core.version, RETRY_S)
            except (TramError, ValueError, KeyError, AssertionError) as error:
                log.error("job %d cannot be made: %s", job.id, trace(error))
                self.unprintable.add(job.id)
                core.notice(
                    N_("A paper of dossier {dossier} cannot be printed: its data cannot be read."),
                    dossier=job.dossier or "",
                )

    async def _half_printed(self) -> int:
        """The job that the Pico is in the middle of, 0 for none. Not asked while nothing is due."""
        if self._printer is None or not self._printable():
            return 0
        return await self._printer.half_printed()

    def _printable(self, first: int = 0) -> list[Job]:
        """In their turns, but the job ``first`` before all others."""
        core = self._core
        jobs = [
            job
            for job in core.state.jobs.values()
            if job.id not in self.unprintable
            and (job.dossier is None or (core.keys is not None and job.dossier in core.people))
        ]
        return sorted(
            jobs,
            key=lambda job: (
                job.id != first,
                (job.paper is e.Paper.TICKET) is self._ticket_last,
                job.id,
            ),
        )

    async def _print(self, job: Job) -> None:
        """Returns when the paper came out, or the job was dropped."""
        core, key = self._core, self._key(job)
        assert self._printer is not None
        if job.dossier is not None:
            with core.software(job.dossier):
                paper = await asyncio.to_thread(self.render, job)
        else:
            paper = await asyncio.to_thread(self.render, job)
        printing = asyncio.create_task(self._printer.print(job.id, paper, key))
        try:
            while not printing.done() and job.id in core.state.jobs:
                change = asyncio.create_task(core.changed(core.version, 60.0))
                await asyncio.wait({printing, change}, return_when=asyncio.FIRST_COMPLETED)
                change.cancel()
            if printing.done():
                printing.result()
                if job.id in core.state.jobs:
                    self._printed(job)
        finally:
            printing.cancel()

    def _key(self, job: Job) -> bytes:
        """What is on a person's paper cannot be guessed from what the Pico remembers of it."""
        if job.dossier is None:
            return b""
        return self._core.open_keys().person_digest(f"paper {job.id}").encode()

    def _printed(self, job: Job) -> None:
        core = self._core
        bodies: list[e.AnyBody] = [e.Printed(job.id, job.paper)]
        number = core.state.queue.tickets.get((job.day or 0, job.ticket or 0))
        if number is not None and not number.issued:
            bodies.append(e.TicketIssued(number.number, number.day, e.IssuedHow.PRINTED))
        core.record(*bodies, dossier=job.dossier)

    # ---- commands ----------------------------------------------------------------------------

    async def drop(self, command: c.DropPrint) -> c.Done:
        job = self._core.state.jobs.get(command.job)
        if job is None:
            raise NotAllowed("no such print job", N_("This paper has been printed already."))
        number = self._core.state.queue.tickets.get((job.day or 0, job.ticket or 0))
        if job.paper is e.Paper.TICKET and number is not None and not number.issued:
            raise NotAllowed(
                "ticket not issued yet",
                N_("Tell the person the number and choose “handed over”, or cancel the ticket."),
            )
        self._core.record(e.PrintDropped(job.id, job.paper), dossier=job.dossier)
        return c.Done()

    async def reprint(self, command: c.ReprintPaper) -> c.Done:
        core = self._core
        core.open_keys()
        dossier = core.dossier(command.dossier)
        paper = command.paper
        if paper not in dossier.printed | set(papers_due(dossier, intake_form=True)):
            raise NotAllowed("paper not due", N_("This paper does not belong to this dossier now."))
        core.record(e.PrintRequested(paper, again=True), dossier=dossier.id)
        return c.Done()

    async def print_test_page(self, _command: c.TestPrint) -> c.Done:
        self._core.record(e.PrintRequested(e.Paper.TEST))
        return c.Done()

    # ---- rendering: same job, same bytes, so that a half-printed one can go on ------------------

    def render(self, job: Job) -> Bitmap:
        """Runs in a thread."""
        language, width = self._core.config.station.language, self._core.config.printer.width_px
        at = self._local(job.at)
        match job.paper:
            case e.Paper.TICKET:
                return ticket(self._ticket_facts(job), language, width)
            case e.Paper.TEST:
                return trial_page(at, self._core.config.station.name, language, width)
            case e.Paper.INTAKE_FORM:
                return intake_form(self._intake_facts(job, at), language, width)
            case e.Paper.APPOINTMENT:
                return appointment(self._appointment_facts(job, at), language, width)
            case e.Paper.CORRECTION:
                return correction(self._correction_facts(job, at), language, width)
            case e.Paper.REFUSAL:
                return refusal(self._refusal_facts(job, at), language, width)

    def _ticket_facts(self, job: Job) -> TicketFacts:
        assert job.day is not None
        assert job.ticket is not None
        issued = self._core.state.queue.tickets[job.day, job.ticket]
        return TicketFacts(
            number=issued.number,
            kind=issued.kind,
            ahead=issued.ahead,
            wait_min=round(issued.wait_s / 60),
            at=self._local(issued.numbered_at),
            station=self._core.config.station.name,
            code=f"{self._core.config.station.code}/{issued.day}/{issued.number}",
        )

    def _intake_facts(self, job: Job, at: datetime) -> IntakeFacts:
        dossier = self._core.state.dossiers[job.dossier or ""]
        person = self._person(job)
        assert dossier.roster_outcome is not None
        return IntakeFacts(
            dossier=dossier.id,
            at=at,
            station=self._core.config.station.name,
            name=person.name,
            number=person.number,
            old_number=person.old_number,
            birth=person.birth.text(),
            sex=person.sex.value if person.sex else "",
            residence=person.residence,
            outcome=dossier.roster_outcome,
            contradictions=dossier.contradictions,
            captures=stages.printed(dossier, self._stages),
        )

    def _appointment_facts(self, job: Job, at: datetime) -> AppointmentFacts:
        record = self._core.people[job.dossier or ""]
        person = self._person(job)
        station = self._core.config.station
        by_post = record.delivery is e.Delivery.POST
        return AppointmentFacts(
            dossier=job.dossier or "",
            at=at,
            station=station.name,
            name=person.name,
            come_on=at.date() + timedelta(days=self._core.policy.papers.appointment_days),
            delivery=record.delivery,
            address=(record.address or person.residence) if by_post else station.address,
        )

    def _correction_facts(self, job: Job, at: datetime) -> CorrectionFacts:
        reason = e.ReferralReason(self._core.state.dossiers[job.dossier or ""].reason)
        person = self._person(job)
        where, bring = REFERRALS[reason]
        return CorrectionFacts(
            dossier=job.dossier or "",
            at=at,
            station=self._core.config.station.name,
            name=person.name,
            birth=person.birth.text(),
            reason=reason,
            where=where,
            bring=bring,
        )

    def _refusal_facts(self, job: Job, at: datetime) -> RefusalFacts:
        record = self._core.people[job.dossier or ""]
        return RefusalFacts(
            dossier=job.dossier or "",
            at=at,
            station=self._core.config.station.name,
            name=self._person(job).name,
            reason=e.RefusalReason(self._core.state.dossiers[job.dossier or ""].reason),
            day=date.fromisoformat(record.turned_until),
        )

    def _person(self, job: Job) -> Person:
        return self._core.people[job.dossier or ""].person or Person()

    def _local(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1000, self._core.zone)
