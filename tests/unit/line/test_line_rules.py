"""Who goes to which device, and when the next person is called: single decisions."""

from __future__ import annotations

import pytest

from controller.line import assign, estimates, should_call, work_ahead_s
from controller.policy import LinePolicy
from edge.journal import events as e
from tests.unit.station.hand_made import HandMade

CAMERA, FINGERPRINT, SCANNER = e.Device.CAMERA, e.Device.FINGERPRINT, e.Device.SCANNER
POLICY = LinePolicy(arrival_s=40, device_s=60, spare_s=30, camera_s=20, in_flight_max=4)
ALL = (CAMERA, FINGERPRINT, SCANNER)


@pytest.fixture
def booth() -> HandMade:
    return HandMade()


def identified(booth: HandMade, kind: e.TicketKind = e.TicketKind.WALK_IN) -> str:
    booth.clock.advance(1)
    new = booth.open(kind=kind)
    booth.identify(new, f"{len(booth.events):064x}")
    return new


def sent(booth: HandMade, *free: e.Device, aside: tuple[str, ...] = ()) -> dict[e.Device, str]:
    pairs = assign(booth.state, free, booth.clock.now_ms(), POLICY, aside)
    assert len({dossier for _, dossier in pairs}) == len(pairs)
    return dict(pairs)


def test_the_bottleneck_is_fed_first(booth: HandMade) -> None:
    first, second = identified(booth), identified(booth)
    assert sent(booth, *ALL) == {FINGERPRINT: first, CAMERA: second}


def test_whoever_is_not_identified_gets_the_scanner_and_nothing_else(booth: HandMade) -> None:
    new = booth.open()
    assert sent(booth, *ALL) == {SCANNER: new}


def test_priority_goes_first(booth: HandMade) -> None:
    identified(booth)
    old = identified(booth, e.TicketKind.PRIORITY)
    assert sent(booth, FINGERPRINT) == {FINGERPRINT: old}


def test_a_device_that_is_not_ready_gets_nobody(booth: HandMade) -> None:
    only = identified(booth)
    assert sent(booth, CAMERA) == {CAMERA: only}
    assert sent(booth) == {}


def test_who_stands_aside_or_holds_a_device_is_sent_nowhere(booth: HandMade) -> None:
    only = identified(booth)
    assert sent(booth, *ALL, aside=(only,)) == {}
    booth.record(e.DeviceTaken(CAMERA), dossier=only)
    assert sent(booth, FINGERPRINT) == {}


def held_for(booth: HandMade, seconds: float) -> tuple[str, str]:
    """Somebody at the scanner for so long, and the only one who comes next."""
    holder, follower = identified(booth), identified(booth)
    booth.record(e.DeviceTaken(FINGERPRINT), dossier=holder)
    booth.clock.advance(seconds)
    return holder, follower


@pytest.mark.parametrize(
    ("held_s", "goes"),
    [(0, True), (39, True), (40, False), (60, False), (80, False), (81, True), (600, True)],
)
def test_the_only_one_who_comes_next_is_spared_for_the_bottleneck(
    booth: HandMade, held_s: float, goes: bool
) -> None:
    """The one case in which a free camera waits: from 20 s before to 20 s after the estimate."""
    _, follower = held_for(booth, held_s)
    assert sent(booth, CAMERA) == ({CAMERA: follower} if goes else {})


def test_nobody_is_spared_when_somebody_else_could_come_next(booth: HandMade) -> None:
    _, follower = held_for(booth, 50)
    identified(booth)
    assert sent(booth, CAMERA) == {CAMERA: follower}


def test_nobody_is_spared_for_a_bottleneck_that_failed(booth: HandMade) -> None:
    holder, follower = held_for(booth, 50)
    booth.record(e.DeviceReleased(FINGERPRINT), dossier=holder)
    assert set(sent(booth, CAMERA).values()) <= {holder, follower}
    assert sent(booth, CAMERA)


def test_who_needs_only_the_camera_is_never_spared(booth: HandMade) -> None:
    _, follower = held_for(booth, 50)
    for position in booth.policy.finger_order:
        booth.record(e.FingerMissing(position, e.MissingReason.WORN), dossier=follower)
    assert sent(booth, CAMERA) == {CAMERA: follower}


def test_the_next_is_called_before_the_bottleneck_runs_dry(booth: HandMade) -> None:
    assert should_call(booth.state, 0, booth.clock.now_ms(), POLICY)
    holder = identified(booth)
    booth.record(e.DeviceTaken(FINGERPRINT), dossier=holder)
    assert work_ahead_s(booth.state, 0, booth.clock.now_ms(), POLICY) == 60
    assert should_call(booth.state, 0, booth.clock.now_ms(), POLICY)
    assert not should_call(booth.state, 1, booth.clock.now_ms(), POLICY)
    booth.clock.advance(50)
    assert should_call(booth.state, 1, booth.clock.now_ms(), POLICY)


def test_nobody_is_called_beyond_the_chairs_of_the_hall(booth: HandMade) -> None:
    for _ in range(4):
        done = identified(booth)
        booth.capture_all(done)
    assert work_ahead_s(booth.state, 0, booth.clock.now_ms(), POLICY) == 0
    assert not should_call(booth.state, 0, booth.clock.now_ms(), POLICY)


@pytest.mark.parametrize("set_by_s", [-7200, 7200])
def test_a_clock_that_is_set_does_not_stop_the_calling(booth: HandMade, set_by_s: float) -> None:
    held_for(booth, 0)
    booth.clock.step(set_by_s)
    ahead = work_ahead_s(booth.state, 0, booth.clock.now_ms(), POLICY)
    assert 60 <= ahead <= 120


def test_estimates_are_the_stations_own_once_it_has_three(booth: HandMade) -> None:
    for seconds in (30, 90, 50):
        assert estimates(booth.state, POLICY).bottleneck_s == 60
        new = identified(booth)
        booth.record(e.DeviceTaken(FINGERPRINT), dossier=new)
        booth.clock.advance(seconds)
        booth.record(e.DeviceReleased(FINGERPRINT), dossier=new)
    assert estimates(booth.state, POLICY).bottleneck_s == 50
