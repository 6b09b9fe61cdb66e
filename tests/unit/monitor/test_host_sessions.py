"""What messages of a booth come to: order, deaths, rebirths, garbage, other people's messages."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import Message
from edge.sparkplug.payload import Metric, Payload, decode, encode
from monitor.host.application import (
    DEVICES_GRACE_MS,
    PAYLOAD_LIMIT,
    QUIET_MS,
    REORDER_TIMEOUT_MS,
    SILENT_ASKS,
    Host,
    Known,
)
from monitor.host.outcomes import (
    AskRebirth,
    Born,
    DeviceBorn,
    DeviceDied,
    Died,
    Figures,
    Now,
    Outcome,
    Reported,
    Told,
)
from monitor.host.pace import JITTER_MS
from tests.unit.monitor.host_booth import EPOCH_1, GROUP, START, STATION, Booth

PACE = ("", "Line/Pace")


class Region:
    """A host, its clocks, and all outcomes so far."""

    def __init__(self, rebirths_per_s: float = 50.0) -> None:
        self.host = Host((GROUP,), rebirths_per_s=rebirths_per_s, random=Random(1))
        self.now = Now(START, 1_000)
        self.all: list[Outcome] = []

    def takes(self, *messages: Message) -> list[Outcome]:
        out: list[Outcome] = []
        for message in messages:
            out += self.host.receive(message.topic, message.payload, self.now)
        self.all += out
        return out

    def waits(self, ms: int, step: int = 100) -> list[Outcome]:
        out: list[Outcome] = []
        for _ in range(0, ms, step):
            self.now = Now(self.now.wall + step, self.now.mono + step)
            out += self.host.tick(self.now)
        self.all += out
        return out


@pytest.fixture
def region() -> Region:
    return Region()


def paces(outcomes: list[Outcome]) -> list[float | None]:
    return [
        one.figures[PACE][0]
        for one in outcomes
        if isinstance(one, Figures | Born) and PACE in one.figures
    ]


def pace(booth: Booth, value: int) -> Message:
    return booth.figure("Line/Pace", value)


def test_births_tell_what_there_is(region: Region) -> None:
    booth = Booth()
    booth.dossiers(2)
    born, *devices = region.takes(*booth.begin())
    assert isinstance(born, Born)
    assert (born.station, born.group, born.at) == (STATION, GROUP, START)
    assert (born.bd_seq, born.epoch, born.total) == (1, EPOCH_1, 2)
    assert [one.device for one in devices if isinstance(one, DeviceBorn)] == list(booth.devices)


def test_data_are_read_by_what_the_birth_said(region: Region) -> None:
    booth = Booth()
    booth.dossiers(1)
    region.takes(*booth.begin())
    (figures,) = region.takes(booth.figure("Host/Temperature", 61.5))
    assert isinstance(figures, Figures)
    assert figures.figures == {("", "Host/Temperature"): (61.5, None, START)}
    (of_device,) = region.takes(booth.device_figure("printer", "Fault", "paper_out"))
    assert isinstance(of_device, Figures)
    assert of_device.figures == {("printer", "Fault"): (None, "paper_out", START)}
    report, told = region.takes(booth.tell(1, 1))
    assert report == Reported(STATION, START, booth.report(1, 1))
    assert told == Told(STATION, START, EPOCH_1, 1)


def test_what_came_early_waits_for_what_is_missing(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    messages = [pace(booth, value) for value in range(5)]
    assert region.takes(*messages[1:]) == []
    assert paces(region.takes(messages[0])) == [0, 1, 2, 3, 4]
    assert region.waits(5 * REORDER_TIMEOUT_MS) == []


def test_what_comes_twice_counts_once(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    messages = [pace(booth, value) for value in range(3)]
    doubled = [messages[0], messages[0], messages[2], messages[2], messages[1], messages[0]]
    assert paces(region.takes(*doubled)) == [0, 1, 2]
    assert region.waits(5 * REORDER_TIMEOUT_MS) == []


def test_what_stays_missing_costs_a_rebirth_and_nothing_else(region: Region) -> None:
    booth = Booth()
    booth.dossiers(1)
    region.takes(*booth.begin())
    pace(booth, 1)
    region.takes(pace(booth, 2), booth.tell(1, 1))
    out = region.waits(REORDER_TIMEOUT_MS + JITTER_MS + 100)
    assert paces(out) == [2]
    assert any(isinstance(one, Reported) for one in out)
    assert out[-1] == AskRebirth(STATION, GROUP)
    region.takes(*booth.births())
    assert paces(region.takes(pace(booth, 3))) == [3]


def test_a_second_gap_has_a_timer_of_its_own(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    messages = [pace(booth, value) for value in range(4)]
    region.takes(messages[1], messages[3])
    region.waits(REORDER_TIMEOUT_MS - 500)
    region.takes(messages[0])
    assert region.waits(REORDER_TIMEOUT_MS - 500) == []
    assert paces(region.takes(messages[2])) == [2, 3]
    assert region.waits(5 * REORDER_TIMEOUT_MS) == []


@given(st.permutations(range(12)), st.integers(0, 255))
def test_any_order_within_the_timer_comes_out_in_order(order: list[int], before: int) -> None:
    region, booth = Region(), Booth()
    region.takes(*booth.begin())
    for value in range(before):
        region.takes(pace(booth, value))
    messages = [pace(booth, value) for value in range(12)]
    assert paces(region.takes(*(messages[number] for number in order))) == list(range(12))
    assert region.waits(2 * REORDER_TIMEOUT_MS) == []


def test_seq_goes_round_many_times(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    out = region.takes(*(pace(booth, value) for value in range(1_000)))
    assert paces(out) == list(range(1_000))


def test_a_death_of_an_earlier_session_is_ignored(region: Region) -> None:
    booth = Booth()
    old_will = booth.connect()
    region.takes(*booth.births())
    will = booth.connect()
    region.takes(*booth.births())
    assert region.takes(old_will) == []
    assert region.takes(will) == [Died(STATION, START)]
    assert region.takes(will) == []


def test_a_booth_that_was_never_born_cannot_die(region: Region) -> None:
    assert region.takes(Booth().connect()) == []


def test_data_before_a_birth_ask_for_one(region: Region) -> None:
    booth = Booth()
    booth.begin()
    assert region.takes(pace(booth, 1)) == []
    assert region.waits(JITTER_MS + 100) == [AskRebirth(STATION, GROUP)]


def test_data_after_a_death_ask_for_a_birth(region: Region) -> None:
    booth = Booth()
    will = booth.connect()
    region.takes(*booth.births(), will)
    assert region.takes(pace(booth, 1)) == []
    assert region.waits(JITTER_MS + 100) == [AskRebirth(STATION, GROUP)]


def test_data_of_a_device_that_was_not_born_ask_for_a_birth(region: Region) -> None:
    booth = Booth()
    births = booth.begin()
    region.takes(*births[:-1])
    late = booth.device_figure(list(booth.devices)[-1], "State", "works")
    region.takes(Message(late.topic, _with_seq(late, len(births) - 1), 0, False))
    assert AskRebirth(STATION, GROUP) in region.waits(REORDER_TIMEOUT_MS + JITTER_MS + 100)


def _with_seq(message: Message, seq: int) -> bytes:
    payload = decode(message.payload)
    return encode(Payload(payload.metrics, payload.timestamp, seq))


def test_a_value_that_its_birth_does_not_allow_asks_for_a_birth(region: Region) -> None:
    booth = Booth()
    births = booth.begin()
    region.takes(*births)
    alias = next(m.alias for m in decode(births[0].payload).metrics if m.name == "Line/Pace")
    wrong = encode(Payload((Metric(None, "many", None, START, alias),), START, len(births)))
    assert region.takes(Message(f"spBv1.0/{GROUP}/NDATA/{STATION}", wrong, 0, False)) == []
    assert region.waits(JITTER_MS + 100) == [AskRebirth(STATION, GROUP)]


def test_a_historical_value_is_not_the_newest(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    old = Metric("Line/Pace", 99, DataType.INT32, START - 9_000, is_historical=True)
    assert region.takes(booth.node.data(START, [old])) == []


def test_messages_of_other_groups_and_other_things_are_nobody_s(region: Region) -> None:
    stranger = Booth(group="vn-quang-tri")
    topics = (
        "",
        "spBv1.0/x",
        f"spBv1.0/STATE/{STATION}",
        f"spBv1.0/{GROUP}/NCMD/{STATION}",
        f"spBv1.0/{GROUP}/NDATA/someone",
        f"spBv1.0/{GROUP}/DDATA/{STATION}/Robert'); DROP TABLE fact",
    )
    odd = [Message(topic, b"\x00", 0, False) for topic in topics]
    assert region.takes(*stranger.begin(), pace(stranger, 1), *odd) == []
    assert region.waits(10_000) == []


def test_a_group_cannot_speak_for_a_booth_of_another(region: Region) -> None:
    region.host = Host((GROUP, "vn-quang-tri"), random=Random(1))
    booth, thief = Booth(), Booth(group="vn-quang-tri")
    region.takes(*booth.begin())
    will = thief.connect()
    thief.births()
    assert region.takes(pace(thief, 1), will) == []
    assert paces(region.takes(pace(booth, 2))) == [2]


def test_a_device_that_is_not_born_again_is_gone_after_a_while(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    booth.devices["scanner"] = False
    region.takes(*booth.begin())
    out = region.waits(DEVICES_GRACE_MS + 100)
    assert [(one.device, type(one)) for one in out if isinstance(one, DeviceDied)] == [
        ("scanner", DeviceDied)
    ]


def test_a_device_s_death_lies_within_its_life(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    region.now = Now(START + 60_000, 60_000)
    camera = region.takes(booth.node.device_died(START + 20_000, "camera"))
    printer = region.takes(booth.node.device_died(START - 20_000, "printer"))
    scanner = region.takes(booth.node.device_died(START + 90_000, "scanner"))
    assert camera == [DeviceDied(STATION, "camera", START + 20_000)]
    assert printer == [DeviceDied(STATION, "printer", START)]
    assert scanner == [DeviceDied(STATION, "scanner", START + 60_000)]


# ---- the host starts anew, or its connection does ----------------------------------------------


def test_who_is_silent_after_a_restart_is_asked_and_at_last_dead(region: Region) -> None:
    region.host.resume([Known(STATION, GROUP, 7, {"camera": START})], region.now)
    assert region.waits(QUIET_MS - 100) == []
    out = region.waits(300_000)
    assert out[:-1] == [AskRebirth(STATION, GROUP)] * SILENT_ASKS
    assert isinstance(out[-1], Died)
    assert region.waits(3_600_000, 10_000) == []


def test_who_answers_after_a_restart_is_asked_once(region: Region) -> None:
    booth = Booth()
    booth.begin()
    region.host.resume([Known(STATION, GROUP, booth.bd_seq, {})], region.now)
    asked = region.waits(QUIET_MS + JITTER_MS + 200)
    assert asked == [AskRebirth(STATION, GROUP)]
    region.takes(*booth.births())
    assert region.waits(1_000_000, 10_000) == []


def test_who_talks_after_a_restart_is_asked_at_once(region: Region) -> None:
    booth = Booth()
    booth.begin()
    region.host.resume([Known(STATION, GROUP, booth.bd_seq, {})], region.now)
    region.takes(pace(booth, 1))
    assert region.waits(JITTER_MS + 100) == [AskRebirth(STATION, GROUP)]


def test_a_death_right_after_a_restart_is_believed(region: Region) -> None:
    booth = Booth()
    will = booth.connect()
    region.host.resume([Known(STATION, GROUP, booth.bd_seq, {})], region.now)
    assert region.takes(will) == [Died(STATION, START)]


def test_who_goes_on_talking_after_a_reconnection_is_not_asked(region: Region) -> None:
    booth, silent = Booth(), Booth("TH0418")
    region.takes(*booth.begin(), *silent.begin())
    region.host.resume([], region.now)
    region.takes(pace(booth, 3))
    asked = {one for one in region.waits(QUIET_MS + 2_000) if isinstance(one, AskRebirth)}
    assert asked == {AskRebirth("TH0418", GROUP)}


def test_a_restart_over_a_fleet_asks_at_its_rate() -> None:
    region = Region(rebirths_per_s=20)
    fleet = [Known(f"TH{number:04d}", GROUP, 0, {}) for number in range(400)]
    region.host.resume(fleet, region.now)
    region.waits(QUIET_MS)
    asked = [len(region.waits(1_000)) for _ in range(10)]
    assert max(asked) <= 40  # the bucket's second and the one that goes by
    assert sum(asked[1:]) >= 9 * 15


def test_a_booth_that_never_answers_is_asked_ever_more_rarely(region: Region) -> None:
    booth = Booth()
    booth.begin()
    asked = 0
    for value in range(3_600):
        region.takes(pace(booth, value))
        asked += len(region.waits(1_000, 500))
    assert 5 <= asked <= 15


def test_a_booth_that_answers_and_babbles_on_is_asked_ever_more_rarely(region: Region) -> None:
    booth = Booth()
    garbage = Message(f"spBv1.0/{GROUP}/NDATA/{STATION}", b"\xff" * 9, 0, False)
    region.takes(*booth.begin())
    asked = 0
    for _ in range(3_600):
        region.takes(garbage)
        for _outcome in region.waits(1_000, 500):
            asked += 1
            region.takes(*booth.births())
    assert 5 <= asked <= 15


# ---- no payload stops it -----------------------------------------------------------------------

_KINDS = st.sampled_from(["NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA"])


def _topic(kind: str) -> str:
    return f"spBv1.0/{GROUP}/{kind}/{STATION}" + ("/camera" if kind[0] == "D" else "")


@given(st.lists(st.tuples(_KINDS, st.binary(max_size=200)), max_size=30))
def test_noise_never_raises(noise: list[tuple[str, bytes]]) -> None:
    region, booth = Region(), Booth()
    region.takes(*booth.begin())
    region.takes(*(Message(_topic(kind), data, 0, False) for kind, data in noise))
    region.waits(20_000, 1_000)
    region.takes(*booth.begin())
    assert paces(region.takes(pace(booth, 8))) == [8]


@given(st.data())
def test_a_message_that_was_tampered_with_never_raises(data: st.DataObject) -> None:
    region, booth = Region(), Booth()
    booth.dossiers(2)
    messages = [
        *booth.begin(),
        pace(booth, 3),
        booth.tell(1, 2),
        booth.device_figure("camera", "State", "failed"),
        booth.node.device_died(START, "camera"),
        booth.node.died(START),
    ]
    for message in messages:
        wire = bytearray(message.payload)
        for _ in range(data.draw(st.integers(0, 4))):
            wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(wire)))
        region.takes(Message(message.topic, bytes(wire[:cut] if cut % 3 == 0 else wire), 0, False))
    region.waits(20_000, 1_000)
    region.takes(*booth.begin())
    assert paces(region.takes(pace(booth, 8))) == [8]


def test_an_endless_payload_is_not_read(region: Region) -> None:
    huge = Message(_topic("NBIRTH"), b"\x12" * (PAYLOAD_LIMIT + 1), 0, False)
    assert region.takes(huge) == []
    assert region.waits(JITTER_MS + 100) == [AskRebirth(STATION, GROUP)]
