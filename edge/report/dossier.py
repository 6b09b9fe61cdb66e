"""An open dossier on its way to a ``DossierEnded``: how long each step takes, how well it goes.

The station writes ``closed`` once for every dossier, whatever its outcome: that row ends it.
``CHECKED_IN → IDENTIFIED → (portrait ∥ fingers) → CONFIRMED → SEALED`` as in the architecture.
"""

from __future__ import annotations

import msgspec

from edge.journal import events as e
from edge.journal.terms import FGP, Count, Device, DossierId, MissingReason, TicketKind
from edge.report.facts import DossierEnded, EndReason, FingerMark
from edge.report.moments import Clocks, Moment, seconds

NOT_CAPTURED = 109
MISSING_MARK = {
    MissingReason.AMPUTATED: 101,
    MissingReason.BANDAGED: 102,
    MissingReason.DEFORMED: 103,
    MissingReason.WORN: 104,
}

_BIT = {device: 1 << place for place, device in enumerate(Device)}
"""Sets of devices are small integers."""
CAMERA, FINGERPRINT = _BIT[Device.CAMERA], _BIT[Device.FINGERPRINT]
"""People walk to these: their idle time is the line's loss."""
ALL = sum(_BIT.values())


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
    held: int = 0
    camera_since: Moment | None = None
    fingerprint_since: Moment | None = None
    portrait: int = 0
    fingerprints: int = 0
    review: int = 0
    device_wait: int = 0
    outcome: str | None = None
    reason: EndReason | None = None
    source: e.IdentitySource | None = None
    roster: e.RosterOutcome | None = None
    contradictions: int = 0
    portrait_quality: int | None = None
    portrait_takes: int = 0
    forced: e.ForcedReason | None = None
    fingers: list[FingerMark] = msgspec.field(default_factory=lambda: [NOT_CAPTURED] * 10)
    finger_retries: int = 0
    corrections: int = 0
    delivery: e.Delivery | None = None
    packet_size: int = 0

    @property
    def needs(self) -> int:
        """Devices for which the person waits: none while at one."""
        if not self.capturing or self.held:
            return 0
        camera = CAMERA if self.portrait_quality is None else 0
        return camera | (FINGERPRINT if NOT_CAPTURED in self.fingers else 0)

    def apply(self, body: e.AnyBody, now: Moment, clocks: Clocks) -> None:
        match body:
            case e.FingerCaptured():
                self.fingers[FGP[body.position] - 1] = body.quality
                self.captured = now
            case e.FingerRejected():
                self.finger_retries += 1
            case e.DeviceTaken():
                self._take(body.device, now)
            case e.DeviceReleased():
                self._release(_BIT[body.device], now, clocks)
            case e.PortraitTaken():
                self.portrait_quality, self.forced = body.quality, body.forced
                self.portrait_takes += 1
                self.captured = now
            case e.Identified():
                self.capturing, self.identified = True, now
                self.source, self.roster = body.source, body.outcome
                self.contradictions = len(body.contradictions)
            case e.IdentityCorrected():
                self.contradictions = len(body.contradictions)
                self.corrections += 1
            case e.PortraitReopened():
                self.portrait_quality = self.forced = None
            case e.FingerMissing():
                self.fingers[FGP[body.position] - 1] = MISSING_MARK[body.reason]
                self.captured = now
            case e.FingerReopened():
                self.fingers[FGP[body.position] - 1] = NOT_CAPTURED
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
        if self.needs:
            self.waiting = self.waiting or now
        elif self.waiting is not None:
            self.device_wait += clocks.span_ms(self.waiting, now)
            self.waiting = None

    def stopped(self, last: Moment, now: Moment, clocks: Clocks) -> None:
        """The station starts at ``now``: whoever was at a device was there until ``last``, the
        row before, and waits again."""
        self._release(ALL, last, clocks)
        if self.needs:
            self.waiting = self.waiting or now

    def ended(self, id: DossierId, software_ms: int, now: Moment, clocks: Clocks) -> DossierEnded:
        """The fact, at the row that closes the dossier."""
        self._release(ALL, now, clocks)
        finished = self.finished or now
        return DossierEnded(
            dossier=id,
            outcome=self.outcome or "abandoned",  # by a way that a newer station may know
            reason=self.reason,
            desk=self.desk,
            ticket_kind=self.ticket_kind,
            opened_at=clocks.wall_ms(self.opened) or 0,
            waited_s=seconds(self.waited),
            identify_s=seconds(clocks.span_ms(self.opened, self.identified or finished)),
            portrait_s=seconds(self.portrait),
            fingers_s=seconds(self.fingerprints),
            review_s=seconds(self.review),
            papers_s=seconds(clocks.span_ms(finished, now)),
            device_wait_s=seconds(self.device_wait),
            total_s=seconds(clocks.span_ms(self.opened, now)),
            software_ms=software_ms,
            source=self.source,
            roster=self.roster,
            contradictions=self.contradictions,
            portrait_quality=self.portrait_quality,
            portrait_takes=self.portrait_takes,
            forced=self.forced,
            fingers=tuple(self.fingers),
            finger_retries=self.finger_retries,
            corrections=self.corrections,
            delivery=self.delivery,
            packet_kb=-(-self.packet_size // 1000),
            without_ticket=self.without_ticket,
        )

    def _take(self, device: Device, now: Moment) -> None:
        self.held |= _BIT[device]
        if device is Device.CAMERA:
            self.camera_since = now
        elif device is Device.FINGERPRINT:
            self.fingerprint_since = now

    def _release(self, devices: int, now: Moment, clocks: Clocks) -> None:
        self.held &= ~devices
        if devices & CAMERA and self.camera_since is not None:
            self.portrait += clocks.span_ms(self.camera_since, now)
            self.camera_since = None
        if devices & FINGERPRINT and self.fingerprint_since is not None:
            self.fingerprints += clocks.span_ms(self.fingerprint_since, now)
            self.fingerprint_since = None

    def _finish(self, outcome: str, reason: EndReason | None, now: Moment) -> None:
        self.capturing, self.finished = False, now
        self.outcome, self.reason = outcome, reason
