"""The whole line through the station's commands: one citizen after the other, and every ending."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from controller import commands as c
from controller.dossier.state import Outcome
from edge.journal import events as e
from ground.error import NotAllowed
from tests.hil.premises import HANH, TOAN, TWO_FINGERS, Premises

pytestmark = [
    pytest.mark.needs("pico", "fingerprint", "scanner", "camera", "printer", "buttons", "hands"),
]

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "data-1.json"


def bodies(floor_events: list[e.Event], kind: type[e.Body]) -> list[e.Body]:
    return [event.body for event in floor_events if isinstance(event.body, kind)]


def opened_packet(premises: Premises, dossier: str, folder: Path) -> zipfile.ZipFile:
    """The packet, opened with the real ``age`` program and the region's key."""
    packet = premises.data / "outbox" / f"{dossier}.tram"
    plain = folder / "packet.zip"
    key = premises.data / "region.key"
    subprocess.run(["age", "-d", "-i", str(key), "-o", str(plain), str(packet)], check=True)
    return zipfile.ZipFile(plain)


def verified_packet(premises: Premises, dossier: str) -> subprocess.CompletedProcess[str]:
    packet, key = premises.data / "outbox" / f"{dossier}.tram", premises.data / "region.key"
    return subprocess.run(
        [sys.executable, "-m", "tram", "verify", str(packet), "--identity", str(key)],
        capture_output=True,
        text=True,
        check=False,
    )


async def test_a_citizen_walks_in_and_leaves_with_a_slip(
    premises: Premises, tmp_path: Path
) -> None:
    async with premises.opened(policy="") as floor:
        await floor.hand("pico", "press", button="ticket")
        await floor.until(lambda: floor.view.waiting, "the printed ticket")
        called = await floor.do(c.CallNext(desk=1))
        opened = await floor.do(c.OpenDossier(1, called.day, called.ticket))
        person = floor.person(opened.dossier, HANH)
        await person.captured()
        await person.press()
        ended = await person.gone()

        assert ended.outcome is Outcome.SEALED
        assert ended.missing_fingers == 0
        taken = [b.position for b in bodies(floor.events(), e.FingerCaptured)]  # type: ignore[attr-defined]
        assert taken == list(floor.station.core.policy.capture.finger_order), "the legal order"
        day = called.day
        assert floor.station.shift(day).sealed == 1
        assert floor.station.shift(day).lost == 0
    assert premises.slips() == [f"{premises.code}/{day}/1", "", person.id]

    with opened_packet(premises, person.id, tmp_path) as packet:
        names = set(packet.namelist())
        assert len([name for name in names if name.startswith("fingers/")]) == 10
        data = json.loads(packet.read("data.json"))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(data)
    assert data["person"]["name"] == HANH["name"]
    assert data["person"]["number"] == HANH["number"]
    verified = verified_packet(premises, person.id)
    assert verified.returncode == 0, verified.stdout
    assert "OK" in verified.stdout
    assert "WRONG" not in verified.stdout
    assert not (premises.data / "vault" / person.id).exists(), "no capture outlives its dossier"


async def test_data_as_in_the_roster_need_no_click(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        assert person.view.stage == "identified"
        assert person.state.roster_outcome is e.RosterOutcome.UNCHANGED


async def test_changed_data_are_shown_before_capture_and_accepted(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card(residence="Thôn Thượng, Tân Lập, Sông Lô, Vĩnh Phúc")
        finding = person.view.finding
        assert finding
        assert (finding.verdict, finding.outcome) == ("proceed", "changed")
        assert "residence_differs" in finding.contradictions
        assert person.view.place == "scanner", "nobody is captured before the operator has read it"
        await floor.do(c.AcceptIdentity(person.id))
        assert person.state.roster_outcome is e.RosterOutcome.CHANGED
        assert "residence_differs" in person.view.contradictions


async def test_who_is_absent_from_the_roster_is_taken_from_their_card(premises: Premises) -> None:
    premises.people = [TOAN]
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        assert person.view.finding
        assert person.view.finding.outcome == "absent"
        await floor.do(c.AcceptIdentity(person.id))
        assert person.state.roster_outcome is e.RosterOutcome.ABSENT


async def test_an_incomplete_birth_date_is_referred_with_a_correction_slip(
    premises: Premises,
) -> None:
    premises.people = [{**HANH, "birth": "1990"}]
    async with premises.opened() as floor:
        person = await floor.check_in(premises.people[0])
        await person.show_card()
        assert person.view.finding
        assert person.view.finding.verdict == "refer"
        await floor.do(c.AcceptIdentity(person.id))
        ended = await person.gone()
        assert ended.outcome is Outcome.REFERRED
        (referred,) = bodies(floor.events(), e.DossierReferred)
        assert referred == e.DossierReferred(e.ReferralReason.BIRTH_INCOMPLETE)
    assert premises.slips() == [person.id]
    assert not list((premises.data / "outbox").glob("*")), "nothing was sealed"


async def test_who_is_under_age_is_refused_and_told_from_when_on(premises: Premises) -> None:
    born = datetime.now(UTC) - timedelta(days=10 * 365)
    child = {
        **TOAN,
        "number": f"0262{born:%y}000303",
        "old_number": "",
        "birth": f"{born:%d/%m/%Y}",
    }
    premises.people = [child]
    async with premises.opened() as floor:
        person = await floor.check_in(child)
        await person.show_card()
        finding = person.view.finding
        assert finding
        assert finding.verdict == "refuse"
        assert finding.message.params["date"] == f"{born:%d/%m}/{born.year + 14}"
        await floor.do(c.AcceptIdentity(person.id))
        assert (await person.gone()).outcome is Outcome.REFUSED
        (refused,) = bodies(floor.events(), e.DossierRefused)
        assert refused == e.DossierRefused(e.RefusalReason.UNDER_AGE)


async def test_who_is_enrolled_by_the_roster_is_told_the_date(premises: Premises) -> None:
    premises.people = [{**HANH, "enrolled_on": "2021-05-20"}]
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        finding = person.view.finding
        assert finding
        assert finding.outcome == "already_enrolled"
        assert finding.message.params["date"] == "20/05/2021"
        await floor.do(c.AcceptIdentity(person.id))
        assert (await person.gone()).outcome is Outcome.REFUSED


async def test_whom_this_station_sealed_is_not_enrolled_a_second_time(premises: Premises) -> None:
    """Its own journal knows, after a restart too, and by the old number too."""
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.captured()
        await floor.do(c.Confirm(person.id))
        await person.gone()
        today = floor.station.core.local_time()
    async with premises.opened() as floor:
        again = await floor.check_in(HANH)
        await floor.do(c.EnterPerson(again.id, number=HANH["old_number"]))
        finding = again.view.finding
        assert finding
        assert finding.outcome == "already_enrolled"
        assert finding.message.params["date"] == f"{today:%d/%m/%Y}"


async def test_who_leaves_is_abandoned_and_frees_the_device(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        await floor.until(lambda: person.view.place in ("camera", "fingerprint"), "a device")
        await floor.do(c.Abandon(person.id, e.AbandonReason.LEFT))
        assert (await person.gone()).outcome is Outcome.ABANDONED
        assert all(device.held_by is None for device in floor.view.devices)
        other = await floor.check_in(TOAN)
        await other.captured()


async def test_the_same_person_cannot_have_two_open_dossiers(premises: Premises) -> None:
    async with premises.opened() as floor:
        first, second = await floor.check_in(HANH), await floor.check_in(HANH, desk=2)
        await first.show_card()
        with pytest.raises(NotAllowed):
            await floor.do(c.EnterPerson(second.id, number=HANH["number"]))
        assert second.view.stage == "checked_in"


# ---- fingers -------------------------------------------------------------------------------------


async def test_a_missing_finger_is_recorded_with_its_reason_and_skipped(
    premises: Premises, tmp_path: Path
) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        await floor.until(lambda: person.view.place == "fingerprint", "the glass")
        reason = e.MissingReason.AMPUTATED
        await floor.do(c.MarkFingerMissing(person.id, e.Position.RIGHT_INDEX, reason))
        await person.put()
        await person.sit()
        await floor.do(c.Confirm(person.id))
        assert (await person.gone()).missing_fingers == 1
    with opened_packet(premises, person.id, tmp_path) as packet:
        assert [n for n in packet.namelist() if "fingers/" in n] == ["fingers/left_index.png"]
        data = json.loads(packet.read("data.json"))
    assert data["fingers"]["right_index"]["missing"] == "amputated"


async def test_the_same_finger_twice_is_noticed_and_asked_again(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        await person.put("right_index")
        await person.put("right_index")
        (rejected,) = bodies(floor.events(), e.FingerRejected)
        assert isinstance(rejected, e.FingerRejected)
        assert rejected.problem is e.FingerProblem.SAME_FINGER
        assert rejected.same_as is e.Position.RIGHT_INDEX
        assert person.view.next_position == "left_index"
        await person.put("left_index")
        assert person.view.next_position is None


async def test_the_best_of_three_bad_tries_is_kept(premises: Premises, tmp_path: Path) -> None:
    strict = TWO_FINGERS + "finger_quality_min = 100\n"
    async with premises.opened(strict) as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        for quality in (0.3, 1.0, 0.3):
            await person.put(quality=quality)
        tried = [b.quality for b in bodies(floor.events(), e.FingerRejected)]  # type: ignore[attr-defined]
        (captured,) = bodies(floor.events(), e.FingerCaptured)
        assert isinstance(captured, e.FingerCaptured)
        assert captured.tries == 3
        assert len(tried) == 2
        assert captured.quality == max(tried), "the second try was the best"
        assert person.state.fingers[e.Position.RIGHT_INDEX].best_try == 2
        for _ in range(3):
            await person.put()
        await person.sit()
        await floor.do(c.Confirm(person.id))
        assert (await person.gone()).outcome is Outcome.SEALED


async def test_a_finger_can_be_taken_again_at_the_review(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.captured()
        await floor.do(c.RetakeFinger(person.id, e.Position.LEFT_INDEX))
        await person.put("left_index")
        await person.at("review")
        assert person.state.portrait, "the rest stays"
        await floor.do(c.Confirm(person.id))
        assert (await person.gone()).outcome is Outcome.SEALED


async def test_no_template_is_left_in_the_sensor(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.captured()
        state = await floor.hand("fingerprint", "state")
        assert state["templates"], "a finger taken again is compared with them"
        await floor.do(c.Confirm(person.id))
        await person.gone()
        await floor.sensor(lambda state: state["templates"] == [], "the sensor is wiped")


# ---- portrait ------------------------------------------------------------------------------------


async def test_a_forced_portrait_needs_a_reason_and_is_flagged(
    premises: Premises, tmp_path: Path
) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        await person.give_fingers()
        await person.at("camera")
        await floor.hand("camera", "sit", person=3, eyes="closed")
        taken = await floor.do(c.TakePortrait(person.id))
        assert not taken.taken
        assert taken.advice
        taken = await floor.do(c.TakePortrait(person.id, e.ForcedReason.MEDICAL))
        assert taken.taken
        assert person.view.portrait
        assert person.view.portrait.forced == "medical"
        await floor.do(c.Confirm(person.id))
        assert (await person.gone()).forced
    with opened_packet(premises, person.id, tmp_path) as packet:
        data = json.loads(packet.read("data.json"))
    assert data["portrait"]["forced"] == "medical"


# ---- review and papers ---------------------------------------------------------------------------


async def test_a_correction_at_the_review_keeps_the_captures(
    premises: Premises, tmp_path: Path
) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.captured()
        before = (person.state.portrait, dict(person.state.fingers))
        await floor.do(c.CorrectIdentity(person.id, name="nguyễn thị hồng hạnh anh"))
        assert (person.state.portrait, person.state.fingers) == before
        assert person.view.place == "review"
        await person.press()
        await person.gone()
    with opened_packet(premises, person.id, tmp_path) as packet:
        data = json.loads(packet.read("data.json"))
    assert re.fullmatch("nguyễn thị hồng hạnh anh", data["person"]["name"], re.IGNORECASE)


async def test_delivery_by_post_goes_to_the_address_given(
    premises: Premises, tmp_path: Path
) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.captured()
        where = "12 Lê Lợi, Tam Sơn"
        await floor.do(c.SetDelivery(person.id, e.Delivery.POST, where))
        await person.press()
        await person.gone()
        (confirmed,) = bodies(floor.events(), e.Confirmed)
        assert confirmed == e.Confirmed(e.ConfirmedBy.BUTTON, e.Delivery.POST)
    with opened_packet(premises, person.id, tmp_path) as packet:
        data = json.loads(packet.read("data.json"))
    assert data["delivery"] == {"how": "post", "address": where}


@pytest.mark.needs("faults")
async def test_the_green_button_confirms_only_whose_review_is_shown(premises: Premises) -> None:
    """A second press of the person before comes too soon for the next and does nothing.

    Both are heard of at once, so that no busy machine stands between them.
    """
    async with premises.opened() as floor:
        first, second = await floor.check_in(HANH), await floor.check_in(TOAN, desk=2)
        for person in (first, second):
            await person.captured()
        await first.reads()
        await floor.hand("pico", "fault", kind="silence")
        await floor.hand("pico", "press", button="confirm", ms=120)
        await floor.hand("pico", "press", button="confirm", ms=30)
        await floor.hand("pico", "heal")
        await first.gone()
        assert second.view.stage == "identified", "the late press was the other person's"
        await second.reads()
        shown_ms = floor.station.core.clock.now_ms() - second.state.holding[e.Device.PERIPHERALS]
        assert not floor.station.closing.green_button(age_ms=shown_ms), "as the review appeared"
        await second.press()
        assert (await second.gone()).outcome is Outcome.SEALED
        assert floor.count(e.Confirmed) == 2


async def test_a_press_when_nobody_is_at_the_review_does_nothing(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await floor.hand("pico", "press", button="confirm")
        await person.captured()
        assert floor.count(e.Confirmed) == 0
