"""One fact for each dossier that ended, and what it says."""

from __future__ import annotations

import pytest

from controller.policy import LEGAL_FINGER_ORDER
from edge.journal import events as e
from edge.report.facts import DossierEnded
from edge.report.stages import MISSING_MARK, NOT_CAPTURED
from tests.unit.report.station_days import DIGEST, MORNING_MS, Booth, folded, rechained

RIGHT_INDEX = LEGAL_FINGER_ORDER[0]


def at_identified(booth: Booth) -> str:
    dossier = booth.open()
    booth.identify(dossier)
    return dossier


def only(booth: Booth) -> DossierEnded:
    (ended,) = booth.ended
    return ended


def test_a_dossier_without_a_hitch() -> None:
    booth = Booth()
    booth.ticket(1)
    booth.clock.advance(150)
    opened_at = booth.clock.now_ms()
    dossier = booth.whole_dossier(ticket=1)
    assert only(booth) == DossierEnded(
        dossier=dossier,
        outcome="sealed",
        reason=None,
        desk=1,
        ticket_kind=e.TicketKind.WALK_IN,
        opened_at=opened_at,
        waited_s=150,
        identify_s=20,
        portrait_s=15,
        fingers_s=40,
        review_s=30,
        papers_s=6,
        device_wait_s=15,
        total_s=126,
        software_ms=250,
        source=e.IdentitySource.QR_SCANNER,
        roster=e.RosterOutcome.UNCHANGED,
        contradictions=0,
        portrait_quality=85,
        portrait_takes=1,
        forced=None,
        fingers=(80,) * 10,
        finger_retries=0,
        corrections=0,
        delivery=e.Delivery.IN_PERSON,
        packet_kb=481,
        without_ticket=False,
    )


def test_nothing_is_told_before_the_dossier_is_closed() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    booth.seal(dossier)
    assert booth.ended == []
    booth.close(dossier)
    assert len(booth.ended) == 1


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        (e.DossierReferred(e.ReferralReason.BIRTH_DIFFERS), "referred", "birth_differs"),
        (e.DossierRefused(e.RefusalReason.UNDER_AGE), "refused", "under_age"),
        (e.DossierAbandoned(e.AbandonReason.ILL), "abandoned", "ill"),
    ],
)
def test_who_is_turned_away_or_leaves_is_told_once_with_the_reason_when_closed(
    body: e.AnyBody, outcome: str, reason: str
) -> None:
    booth = Booth()
    dossier = booth.open()
    booth.after(25, body, dossier=dossier)
    booth.clock.advance(8)
    booth.close(dossier)
    ended = only(booth)
    assert (ended.outcome, ended.reason) == (outcome, reason)
    assert (ended.identify_s, ended.papers_s, ended.total_s) == (25, 8, 33)
    untold = (ended.source, ended.roster, ended.delivery, ended.portrait_quality)
    assert untold == (None,) * 4
    assert ended.fingers == (109,) * 10
    assert ended.without_ticket


def test_time_at_a_device_is_summed_over_every_turn_there() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    for seconds in (10, 20):
        booth.take(e.Device.CAMERA, dossier)
        booth.clock.advance(seconds)
        booth.release(e.Device.CAMERA, dossier)
        booth.clock.advance(7)
    booth.take(e.Device.FINGERPRINT, dossier)
    booth.clock.advance(40)
    booth.record(e.DossierAbandoned(e.AbandonReason.LEFT), dossier=dossier)
    booth.close(dossier)
    ended = only(booth)
    assert (ended.portrait_s, ended.fingers_s, ended.device_wait_s) == (30, 40, 14)


def test_nobody_waits_for_a_device_once_everything_is_captured() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    booth.take(e.Device.CAMERA, dossier)
    booth.record(e.PortraitTaken(DIGEST, 85, 4), dossier=dossier)
    booth.release(e.Device.CAMERA, dossier)
    booth.clock.advance(9)
    for position in LEGAL_FINGER_ORDER:
        missing = e.FingerMissing(position, e.MissingReason.AMPUTATED)
        booth.record(missing, dossier=dossier)
    booth.clock.advance(100)
    booth.seal(dossier)
    booth.close(dossier)
    assert (only(booth).device_wait_s, only(booth).review_s) == (9, 100)


def test_a_portrait_taken_again_counts_as_taken_twice_and_the_last_one_stands() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    booth.record(
        e.PortraitTaken(DIGEST, 40, 4, e.ForcedReason.MEDICAL),
        e.PortraitReopened(),
        e.PortraitTaken(DIGEST, 90, 4),
        e.DossierAbandoned(e.AbandonReason.OPERATOR),
        dossier=dossier,
    )
    booth.close(dossier)
    ended = only(booth)
    assert (ended.portrait_quality, ended.portrait_takes, ended.forced) == (90, 2, None)


def test_a_forced_portrait_says_why() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    booth.record(e.PortraitTaken(DIGEST, 40, 4, e.ForcedReason.RELIGIOUS), dossier=dossier)
    booth.seal(dossier)
    booth.close(dossier)
    assert only(booth).forced is e.ForcedReason.RELIGIOUS


def test_a_portrait_that_was_dropped_and_not_taken_again_is_none() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    booth.record(
        e.PortraitTaken(DIGEST, 40, 4, e.ForcedReason.MEDICAL),
        e.PortraitReopened(),
        e.DossierAbandoned(e.AbandonReason.LEFT),
        dossier=dossier,
    )
    booth.close(dossier)
    assert (only(booth).portrait_quality, only(booth).forced) == (None, None)


def test_marks_of_the_fingers_stand_in_the_order_of_the_iso_codes() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    thumb, worn = e.Position.RIGHT_THUMB, e.MissingReason.WORN
    booth.record(
        e.FingerRejected(RIGHT_INDEX, e.FingerProblem.LOW_QUALITY, 20),
        e.FingerRejected(RIGHT_INDEX, e.FingerProblem.SAME_FINGER, 70, None, thumb),
        e.FingerCaptured(RIGHT_INDEX, 55, 2, DIGEST),
        e.FingerCaptured(thumb, 66, 1, DIGEST),
        e.FingerMissing(e.Position.LEFT_LITTLE, worn),
        e.FingerCaptured(e.Position.LEFT_RING, 77, 1, DIGEST),
        e.FingerReopened(e.Position.LEFT_RING),
        e.DossierAbandoned(e.AbandonReason.LEFT),
        dossier=dossier,
    )
    booth.close(dossier)
    assert only(booth).fingers == (66, 55, 109, 109, 109, 109, 109, 109, 109, 104)
    assert only(booth).finger_retries == 2


def test_contradictions_are_those_of_the_last_word_and_corrections_are_counted() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    both = (e.Contradiction.NAME_DIFFERS, e.Contradiction.SEX_DIFFERS)
    booth.record(
        e.IdentityCorrected(DIGEST, both),
        e.IdentityCorrected(DIGEST, both[:1]),
        e.DossierAbandoned(e.AbandonReason.LEFT),
        dossier=dossier,
    )
    booth.close(dossier)
    assert (only(booth).contradictions, only(booth).corrections) == (1, 2)


def test_a_review_that_is_undone_goes_on_after_the_new_capture() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    booth.record(e.PortraitTaken(DIGEST, 85, 4), dossier=dossier)
    confirmed = e.Confirmed(e.ConfirmedBy.SCREEN, e.Delivery.POST)
    booth.after(10, confirmed, dossier=dossier)
    booth.after(3, e.ConfirmationUndone(), e.PortraitReopened(), dossier=dossier)
    booth.after(20, e.PortraitTaken(DIGEST, 85, 4), dossier=dossier)
    booth.after(15, confirmed, e.Sealed(DIGEST, 1, 1), dossier=dossier)
    booth.close(dossier)
    ended = only(booth)
    assert (ended.review_s, ended.device_wait_s) == (25, 10 + 20 + 15)
    assert (ended.delivery, ended.packet_kb, ended.portrait_takes) == (e.Delivery.POST, 1, 2)


def test_a_ticket_that_came_late_still_tells_since_when_its_person_waited() -> None:
    booth = Booth()
    booth.ticket(1)
    booth.after(60, e.TicketCalled(1, 20251010, 1))
    booth.after(60, e.TicketNoShow(1, 20251010))
    booth.after(600, e.TicketRequeued(1, 20251010, e.TicketKind.WALK_IN))
    booth.clock.advance(30)
    booth.whole_dossier(ticket=1)
    assert only(booth).waited_s == 750


def test_within_a_boot_a_clock_that_is_set_changes_no_duration() -> None:
    booth = Booth(trusted=False, now_ms=0)
    booth.ticket(1, day=20000101)
    booth.clock.advance(100)
    dossier = booth.open(1, day=20000101)
    booth.after(20, e.DossierReferred(e.ReferralReason.DATA_DISPUTED), dossier=dossier)
    booth.clock.step(MORNING_MS / 1000)
    booth.clock.is_trusted = True
    booth.clock.advance(5)
    booth.close(dossier)
    ended = only(booth)
    assert (ended.waited_s, ended.identify_s, ended.papers_s, ended.total_s) == (100, 20, 5, 25)
    assert ended.opened_at == MORNING_MS + 100_000  # dated with what the clock said later


def test_across_a_power_cut_the_wall_clock_tells_and_a_turn_ends_with_the_last_row() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    booth.take(e.Device.FINGERPRINT, dossier)
    captured = e.FingerCaptured(RIGHT_INDEX, 80, 1, DIGEST)
    booth.after(12, captured, dossier=dossier)
    booth.clock.advance(2)
    booth.reboot(off_s=300)
    booth.clock.advance(60)
    booth.take(e.Device.FINGERPRINT, dossier)
    booth.clock.advance(40)
    booth.release(e.Device.FINGERPRINT, dossier)
    booth.record(e.DossierAbandoned(e.AbandonReason.LEFT), dossier=dossier)
    booth.close(dossier)
    ended = only(booth)
    assert ended.fingers_s == 12 + 40
    assert ended.device_wait_s == 60
    assert ended.total_s == 12 + 2 + 300 + 60 + 40


def test_across_boots_whose_clocks_were_wrong_a_span_is_dated_by_what_they_said_later() -> None:
    booth = Booth(trusted=False, now_ms=0)
    dossier = at_identified(booth)
    booth.clock.step(MORNING_MS / 1000)
    booth.clock.is_trusted = True
    booth.after(10, e.OperatorUnlocked("OP1"))
    booth.reboot(off_s=90)
    booth.record(e.DossierAbandoned(e.AbandonReason.LEFT), dossier=dossier)
    booth.close(dossier)
    assert only(booth).total_s == 100


def test_a_span_that_only_a_wrong_clock_can_tell_is_none() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    booth.reboot(off_s=-86_400 * 300, trusted=False)  # back at the card image's date
    booth.record(e.DossierAbandoned(e.AbandonReason.LEFT), dossier=dossier)
    booth.close(dossier)
    assert only(booth).total_s == 0


def test_what_ends_in_a_way_that_only_a_newer_station_knows_is_told_all_the_same() -> None:
    booth = Booth()
    dossier = at_identified(booth)
    rows = booth.rows
    booth.record(e.DossierAbandoned(e.AbandonReason.LEFT), dossier=dossier)
    booth.close(dossier)
    told = folded(rechained([*rows, *booth.rows[len(rows) + 1 :]]))
    (ended,) = [x.fact for _, x in told if isinstance(x.fact, DossierEnded)]
    assert (ended.outcome, ended.reason) == ("abandoned", None)


def test_rows_of_a_dossier_that_was_never_opened_tell_nothing() -> None:
    booth = Booth()
    booth.record(e.DeviceTaken(e.Device.CAMERA), e.DossierClosed(1), dossier="TH0417-000009-1")
    assert booth.ended == []


def test_every_reason_for_a_missing_finger_has_a_mark() -> None:
    assert set(MISSING_MARK) == set(e.MissingReason)
    assert set(MISSING_MARK.values()) <= set(range(101, NOT_CAPTURED))
