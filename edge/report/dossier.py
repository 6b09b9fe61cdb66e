"""An open dossier on its way to a ``DossierEnded``: how long each step takes, and its quality.

The station writes ``closed`` once for every dossier, whatever its outcome: that row ends it.
``CHECKED_IN → IDENTIFIED → the stages → CONFIRMED → SEALED → CLOSED``: docs/architecture.md.
"""

from __future__ import annotations

import msgspec

from edge.journal import events as e
from edge.journal.terms import Count, Device, DossierId, TicketKind
from edge.report.facts import DossierEnded, EndReason, StageEnded
from edge.report.moments import Clocks, Moment, seconds
from edge.report.stages import BY_DEVICE, IN_DOSSIER_ENDED, OF_STAGES, Tally, Told


class OpenDossier(msgspec.Struct, array_like=True):
    """``apply`` takes its rows in order, then ``ended`` makes the fact. Spans are in ms."""

    desk: Count
    ticket_kind: TicketKind
    without_ticket: bool
    opened: Moment
    waited: int
    capturing: bool = False
    """Identified, and neither confirmed nor at its end."""
    identified: Moment | None = None
    captured: Moment | None = None
    """The last capture."""
    finished: Moment | None = None
    """Sealed, referred, refused or abandoned."""
    waiting: Moment | None = None
    """Since when the person is at no device and needs one."""
    held: dict[Device, Moment] = msgspec.field(default_factory=dict)
    """Devices that the person is at, since when."""
    tallies: dict[Device, Tally] = msgspec.field(
        default_factory=lambda: {t.device: t.tally() for t in IN_DOSSIER_ENDED}
    )
    """Of each stage, by its device."""
    review: int = 0
    device_wait: int = 0
    outcome: str | None = None
    reason: EndReason | None = None
    source: e.IdentitySource | None = None
    roster: e.RosterOutcome | None = None
    contradictions: int = 0
    corrections: int = 0
    delivery: e.Delivery | None = None
    packet_size: int = 0

    @property
    def needs(self) -> set[Device]:
        """Devices for which the person waits: none while at one."""
        if not self.capturing or self.held:
            return set()
        return {device for device, tally in self.tallies.items() if not tally.done}

    def apply(self, body: e.Body, now: Moment, clocks: Clocks) -> None:
        told = OF_STAGES.get(type(body))
        if told is not None:
            if told.rows[type(body)](self._tally(told), body):
                self.captured = now
        else:
            self._apply(body, now, clocks)
        if self.needs:
            self.waiting = self.waiting or now
        elif self.waiting is not None:
            self.device_wait += clocks.span_ms(self.waiting, now)
            self.waiting = None

    def _apply(self, body: e.Body, now: Moment, clocks: Clocks) -> None:
        match body:
            case e.DeviceTaken():
                self.held[body.device] = now
                if (told := BY_DEVICE.get(body.device)) is not None:
                    self._tally(told)
            case e.DeviceReleased():
                self._release([body.device], now, clocks)
            case e.Identified():
                self.capturing, self.identified = True, now
                self.source, self.roster = body.source, body.outcome
                self.contradictions = len(body.contradictions)
            case e.IdentityCorrected():
                self.contradictions = len(body.contradictions)
                self.corrections += 1
            case e.Confirmed():
                self.capturing, self.delivery = False, body.delivery
                if self.captured is not None:
                    self.review += clocks.span_ms(self.captured, now)
            case e.ConfirmationUndone():
                self.capturing, self.delivery = self.outcome is None, None
            case e.Sealed():
                self.packet_size = body.size
                self._finish("sealed", None, now)
            case e.DossierReferred():
                self._finish("referred", body.reason, now)
            case e.DossierRefused():
                self._finish("refused", body.reason, now)
            case e.DossierAbandoned():
                self._finish("abandoned", body.reason, now)
            case _:
                pass

    def stopped(self, last: Moment, now: Moment, clocks: Clocks) -> None:
        """The station starts at ``now``: whoever was at a device was there until ``last``, the
        row before, and waits again."""
        self._release(list(self.held), last, clocks)
        if self.needs:
            self.waiting = self.waiting or now

    def ended(self, id: DossierId, software_ms: int, now: Moment, clocks: Clocks) -> DossierEnded:
        """The fact, at the row that closes the dossier."""
        self._release(list(self.held), now, clocks)
        finished = self.finished or now
        portrait, fingers = (self.tallies[told.device] for told in IN_DOSSIER_ENDED)
        return DossierEnded(
            dossier=id,
            outcome=self.outcome or "abandoned",  # by a way that a newer station may know
            reason=self.reason,
            desk=self.desk,
            ticket_kind=self.ticket_kind,
            opened_at=clocks.wall_ms(self.opened) or 0,
            waited_s=seconds(self.waited),
            identify_s=seconds(clocks.span_ms(self.opened, self.identified or finished)),
            portrait_s=seconds(portrait.held),
            fingers_s=seconds(fingers.held),
            review_s=seconds(self.review),
            papers_s=seconds(clocks.span_ms(finished, now)),
            device_wait_s=seconds(self.device_wait),
            total_s=seconds(clocks.span_ms(self.opened, now)),
            software_ms=software_ms,
            source=self.source,
            roster=self.roster,
            contradictions=self.contradictions,
            portrait_quality=portrait.marks[0] if portrait.done else None,
            portrait_takes=portrait.takes,
            forced=portrait.forced,
            fingers=tuple(fingers.marks),
            finger_retries=fingers.retries,
            corrections=self.corrections,
            delivery=self.delivery,
            packet_kb=-(-self.packet_size // 1000),
            without_ticket=self.without_ticket,
        )

    def stages_ended(self, id: DossierId) -> list[StageEnded]:
        """Facts of the stages that ``DossierEnded`` has no fields for. After ``ended``."""
        known = {told.device for told in IN_DOSSIER_ENDED}
        return [
            StageEnded(
                dossier=id,
                device=device,
                seconds=seconds(tally.held),
                takes=tally.takes,
                retries=tally.retries,
                marks=tuple(tally.marks),
                forced=tally.forced,
            )
            for device, tally in self.tallies.items()
            if device not in known
        ]

    def _tally(self, told: Told) -> Tally:
        tally = self.tallies.get(told.device)
        if tally is None:
            tally = self.tallies[told.device] = told.tally()
        return tally

    def _release(self, devices: list[Device], now: Moment, clocks: Clocks) -> None:
        for device in devices:
            since = self.held.pop(device, None)
            if since is not None and (tally := self.tallies.get(device)) is not None:
                tally.held += clocks.span_ms(since, now)

    def _finish(self, outcome: str, reason: EndReason | None, now: Moment) -> None:
        self.capturing, self.finished = False, now
        self.outcome, self.reason = outcome, reason
