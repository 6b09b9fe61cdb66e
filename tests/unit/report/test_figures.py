"""Live figures: what a booth looks like now, told by its journal alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.journal import events as e
from edge.journal.terms import Device
from edge.report.figures import Value, failed_devices, faults_of
from edge.report.fold import Fold, Now
from edge.report.metrics import DEVICE, EXTRA, of_node
from edge.report.tickets import NO_SHOWS_KEPT
from tests.unit.report.station_days import DAY, MORNING_MS, STATION, ZONE, Booth, folded, rechained

WALK_IN, PRIORITY, GROUP = e.TicketKind


def fold_of(booth: Booth) -> Fold:
    fold = Fold(STATION, ZONE)
    folded(booth.rows, fold)
    return fold


def now(booth: Booth) -> Now:
    clock = booth.clock
    return Now(clock.now_ms(), clock.mono_ms(), clock.boot)


def figures(booth: Booth) -> dict[str, Value]:
    return fold_of(booth).figures(now(booth))


def devices(booth: Booth) -> dict[Device, dict[str, Value]]:
    return fold_of(booth).device_figures(now(booth))


def test_their_names_are_those_on_the_wire() -> None:
    booth = Booth()
    assert set(figures(booth)) <= {figure.name for figure in of_node()}
    found = devices(booth)
    assert set(found) == set(Device)
    for device, values in found.items():
        table = DEVICE + EXTRA.get(device, ())
        assert list(values) == [figure.name for figure in table]


def test_who_waits_is_counted_by_kind_from_the_issue_to_the_call() -> None:
    booth = Booth()
    for number, kind in enumerate((WALK_IN, WALK_IN, WALK_IN, PRIORITY, GROUP), start=1):
        booth.ticket(number, kind)
        booth.clock.advance(10)
    booth.record(e.TicketNumbered(6, DAY, WALK_IN, e.TicketSource.BUTTON, 0, 0))
    booth.record(e.TicketCalled(1, DAY, 1), e.TicketRequeued(2, DAY, PRIORITY))
    found = figures(booth)
    assert (found["Queue/Walk-in"], found["Queue/Priority"], found["Queue/Group"]) == (1, 2, 1)
    assert found["Queue/Oldest since"] == MORNING_MS + 10_000


def test_a_ticket_issued_twice_does_not_come_back_into_the_queue() -> None:
    booth = Booth()
    booth.ticket(1)
    booth.record(e.TicketCalled(1, DAY, 1), e.TicketIssued(1, DAY, e.IssuedHow.HANDED))
    assert figures(booth)["Queue/Walk-in"] == 0


def test_no_shows_may_come_back_and_are_not_kept_for_ever() -> None:
    booth, sizes = Booth(), []
    for number in range(1, 4 * NO_SHOWS_KEPT):
        booth.ticket(number)
        booth.record(e.TicketCalled(number, DAY, 1), e.TicketNoShow(number, DAY))
        if number % NO_SHOWS_KEPT == 0:
            sizes.append(len(fold_of(booth).snapshot()))
    assert sizes[-1] - sizes[0] < 100
    late = 4 * NO_SHOWS_KEPT - 5
    booth.record(e.TicketRequeued(late, DAY, WALK_IN), e.TicketRequeued(1, DAY, PRIORITY))
    found = figures(booth)
    assert (found["Queue/Walk-in"], found["Queue/Priority"]) == (1, 1)


def test_nobody_waits_nobody_waits_longest() -> None:
    booth = Booth()
    booth.ticket(1)
    booth.whole_dossier(ticket=1)
    assert figures(booth)["Queue/Oldest since"] is None


def test_since_when_the_oldest_waits_is_right_though_the_clock_was_wrong() -> None:
    booth = Booth(trusted=False, now_ms=0)
    booth.ticket(1, day=20000101)
    booth.after(60, e.RosterLoaded(1))
    assert figures(booth)["Queue/Oldest since"] is None
    booth.clock.step(MORNING_MS / 1000)
    booth.clock.is_trusted = True
    booth.record(e.RosterLoaded(1))
    assert figures(booth)["Queue/Oldest since"] == MORNING_MS


def test_pace_is_sealed_dossiers_an_hour_over_the_last_hour() -> None:
    booth = Booth()
    for _ in range(40):  # one in 180 s
        booth.whole_dossier()
        booth.clock.advance(54)
    assert figures(booth)["Line/Pace"] == 20
    booth.clock.advance(1800)
    assert figures(booth)["Line/Pace"] == 10
    booth.clock.advance(1800)
    assert figures(booth)["Line/Pace"] == 0


def test_pace_of_the_first_minutes_is_not_that_of_an_hour_nor_that_of_a_single_dossier() -> None:
    booth = Booth()
    booth.whole_dossier()
    assert figures(booth)["Line/Pace"] == 2
    while booth.clock.now_ms() < MORNING_MS + 2_400_000:  # 40 minutes
        booth.clock.advance(54)
        booth.whole_dossier()
    assert figures(booth)["Line/Pace"] == 20


def test_pace_begins_anew_after_an_hour_of_nobody() -> None:
    booth = Booth()
    booth.whole_dossier()
    booth.clock.advance(4 * 3600)
    for _ in range(10):
        booth.whole_dossier()
        booth.clock.advance(54)
    assert figures(booth)["Line/Pace"] == 20


def test_pace_outlives_a_power_cut_and_a_clock_that_is_wrong_after_it() -> None:
    booth = Booth()
    for _ in range(10):
        booth.whole_dossier()
        booth.clock.advance(54)
    booth.reboot(off_s=60)
    assert figures(booth)["Line/Pace"] == 19
    booth.reboot(off_s=-MORNING_MS / 1000, trusted=False)
    assert figures(booth)["Line/Pace"] == 0  # nobody can tell how long ago that was


def test_a_machine_is_idle_while_it_is_free_and_somebody_waits_for_it() -> None:
    booth = Booth()
    first, second = booth.open(), booth.open()
    booth.clock.advance(100)  # nobody is identified yet
    booth.identify(first)
    booth.clock.advance(10)  # both machines are free
    booth.take(Device.CAMERA, first)
    booth.clock.advance(50)  # nobody waits
    booth.identify(second)
    booth.clock.advance(7)  # the fingerprint scanner is free
    booth.take(Device.FINGERPRINT, second)
    booth.clock.advance(50)
    booth.record(e.RosterLoaded(1))
    assert figures(booth)["Line/Idle while waiting"] == 27


def test_a_booth_that_is_off_is_not_idle() -> None:
    booth = Booth()
    dossier = booth.open()
    booth.identify(dossier)
    booth.reboot(off_s=3000)
    booth.after(100, e.StationStarted("0.1.0"))
    assert figures(booth)["Line/Idle while waiting"] == 0


def test_no_machine_idles_for_who_left_while_the_packet_was_being_sealed() -> None:
    booth = Booth()
    dossier = booth.open()
    booth.identify(dossier)
    booth.record(e.Confirmed(e.ConfirmedBy.SCREEN, e.Delivery.POST), dossier=dossier)
    booth.record(
        e.DossierAbandoned(e.AbandonReason.LEFT),
        e.ConfirmationUndone(),  # a capture could not be read
        e.PortraitReopened(),
        dossier=dossier,
    )
    booth.after(60, e.RosterLoaded(1))
    assert figures(booth)["Line/Idle while waiting"] == 0


def test_no_machine_idles_for_who_is_gone_by_whatever_way() -> None:
    booth = Booth()
    dossier = booth.open()
    booth.identify(dossier)
    waited = len(booth.events)
    booth.record(e.DossierAbandoned(e.AbandonReason.LEFT), dossier=dossier)
    booth.close(dossier)
    booth.after(60, e.RosterLoaded(1))
    fold = Fold(STATION, ZONE)  # a way of a newer station: its row is not known here
    folded(rechained([*booth.rows[:waited], *booth.rows[waited + 1 :]]), fold)
    assert fold.figures(now(booth))["Line/Idle while waiting"] == 0


def test_idle_time_of_yesterday_does_not_count_today() -> None:
    booth = Booth()
    booth.identify(booth.open())
    booth.after(100, e.RosterLoaded(1))
    booth.after(86_400, e.RosterLoaded(1))
    booth.after(10, e.RosterLoaded(1))
    assert figures(booth)["Line/Idle while waiting"] == 20


def test_sums_of_the_day_begin_anew_at_midnight_though_nothing_is_written() -> None:
    booth = Booth()
    booth.record(e.DeviceFailed(Device.CAMERA, e.FaultCode.HUNG))
    dossier = booth.open()
    booth.identify(dossier)
    booth.whole_dossier()
    booth.record(e.DossierReferred(e.ReferralReason.DATA_DISPUTED), dossier=dossier)
    booth.close(dossier)
    names = ("Today/Sealed", "Today/Ended otherwise", "Line/Idle while waiting")
    fold = fold_of(booth)
    found = fold.figures(now(booth))
    assert tuple(found[name] for name in names[:2]) == (1, 1)
    assert found[names[2]]
    assert fold.device_figures(now(booth))[Device.CAMERA]["Faults today"] == 1
    booth.clock.advance(17 * 3600)
    found = fold.figures(now(booth))
    assert tuple(found[name] for name in names) == (0, 0, 0)
    assert fold.device_figures(now(booth))[Device.CAMERA]["Faults today"] == 0


def test_a_machine_that_just_started_in_1970_still_shows_the_days_sums() -> None:
    booth = Booth()
    booth.whole_dossier()
    fold = fold_of(booth)
    assert fold.figures(Now(5_000, 5_000, "0badcafe"))["Today/Sealed"] == 1


def test_packets_wait_until_the_region_has_receipted_them() -> None:
    booth = Booth()
    booth.record(e.PacketReceipted("b" * 64))  # of a journal before this one
    for _ in range(3):
        booth.whole_dossier()
    booth.record(e.PacketReceipted("a" * 64))
    assert figures(booth)["Packets/Waiting"] == 2


def test_who_unlocked_is_there_until_the_lock_or_a_restart() -> None:
    booth = Booth()
    seen = []
    for body in (
        e.StationStarted("0.1.0"),
        e.OperatorUnlocked("OP1"),
        e.OperatorLocked(e.LockReason.MANUAL),
        e.OperatorUnlocked("OP1"),
        e.StationStarted("0.1.1"),
    ):
        booth.record(body)
        seen.append(figures(booth)["Station/Unlocked"])
    assert seen == [False, True, False, True, False]
    assert figures(booth)["Properties/Version"] == "0.1.1"


def test_lid_intake_target_and_firmware_are_as_last_said() -> None:
    booth = Booth()
    unsaid = figures(booth)
    assert (unsaid["Station/Lid open"], unsaid["Station/Intake"]) == (False, True)
    assert unsaid["Target/Per day"] is unsaid["Properties/Firmware"] is None
    booth.record(
        e.LidChanged(True, "0badcafe", 1),
        e.IntakeChanged(False),
        e.TargetSet(450, 390, 1440),
        e.FirmwareSeen("9f86d081"),
    )
    found = figures(booth)
    assert (found["Station/Lid open"], found["Station/Intake"]) == (True, False)
    target = [found[f"Target/{name}"] for name in ("Per day", "Opens", "Closes")]
    assert target == [450, 390, 1440]
    assert found["Properties/Firmware"] == "9f86d081"


def test_a_device_is_failed_until_it_recovers_or_the_station_looks_anew() -> None:
    booth = Booth()
    assert devices(booth)[Device.PRINTER] == {"State": "works", "Fault": "", "Faults today": 0}
    booth.record(
        e.DeviceFailed(Device.PRINTER, e.FaultCode.PAPER_OUT),
        e.DeviceFailed(Device.PRINTER, e.FaultCode.COVER_OPEN),
    )
    failed = {"State": "failed", "Fault": "cover_open", "Faults today": 2}
    assert devices(booth)[Device.PRINTER] == failed
    booth.record(e.DeviceRecovered(Device.PRINTER))
    assert devices(booth)[Device.PRINTER]["State"] == "works"
    booth.record(e.DeviceFailed(Device.CAMERA, e.FaultCode.HUNG), e.StationStarted("0.1.0"))
    assert devices(booth)[Device.CAMERA] == {"State": "works", "Fault": "", "Faults today": 1}


def test_the_climate_is_as_last_measured() -> None:
    booth = Booth()
    assert devices(booth)[Device.PERIPHERALS]["Temperature"] is None
    booth.record(e.Measured(314, 11_950))
    found = devices(booth)[Device.PERIPHERALS]
    assert (found["Temperature"], found["Supply"]) == (31.4, 11_950)


def test_failed_devices_are_named_in_a_line_that_reads_back() -> None:
    booth = Booth()
    assert failed_devices(fold_of(booth).device_figures(now(booth))) == ""
    booth.record(
        e.DeviceFailed(e.Device.PRINTER, e.FaultCode.PAPER_OUT),
        e.DeviceFailed(e.Device.CAMERA, e.FaultCode.HUNG),
    )
    told = failed_devices(fold_of(booth).device_figures(now(booth)))
    assert told == "camera hung, printer paper_out"
    assert faults_of(told) == {"camera": "hung", "printer": "paper_out"}


@given(st.dictionaries(st.sampled_from(e.Device), st.sampled_from(e.FaultCode)))
def test_any_failed_devices_fit_the_regions_bound_and_read_back(
    faults: dict[e.Device, e.FaultCode],
) -> None:
    told = failed_devices({device: {"Fault": fault.value} for device, fault in faults.items()})
    assert len(told) <= 255
    assert faults_of(told) == {d.value: fault.value for d, fault in faults.items()}


@given(st.text())
def test_whatever_a_node_says_of_its_devices_is_read_without_harm(text: str) -> None:
    assert all(len(device) <= 16 for device in faults_of(text))
