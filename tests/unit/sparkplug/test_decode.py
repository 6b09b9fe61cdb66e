"""Captured messages as text: what a technician reads, and that nothing can break it."""

from __future__ import annotations

import gzip
from zoneinfo import ZoneInfo

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.decode import Listener, describe
from edge.journal.terms import Device, FaultCode
from edge.report.facts import (
    Acknowledged,
    ClockDated,
    DeviceChanged,
    Entry,
    Measured,
    Report,
)
from edge.report.orders import Command, Locate, Role, sign
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import Metric, Payload, encode
from tests.unit.sparkplug.booths import (
    FAULT,
    NOW,
    STATE,
    births,
    booth,
    every_message,
    session,
    topic,
)
from tests.unit.sparkplug.test_fuzz import PAYLOADS

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
SENT = "2025-11-24 23:00:00.000+07:00 (2025-11-24 16:00:00.000 UTC)"
pack = msgspec.msgpack.encode


def text_of(*metrics: Metric, of: str | None = topic("NDATA")) -> str:
    return describe(of, encode(Payload(metrics, NOW, 7)), zone=HANOI)


def test_a_birth_reads_as_it_is() -> None:
    node = booth()
    node.connecting(3, NOW)
    first, camera, *_ = births(node)
    lines = describe(first.topic, first.payload, zone=HANOI).splitlines()
    assert lines == [
        "spBv1.0/vn-38/NBIRTH/TH0001",
        "  birth of a station: TH0001 of vn-38",
        f"  {len(first.payload)} bytes, seq 0, sent {SENT}",
        "  bdSeq [1] = 3, int64",
        "  Node Control/Rebirth = false, boolean",
        "  Queue/Walk-in [2] = 4, int32",
        "  Host/Temperature [3] = 41.5 °C, float",
        "  Facts/Report [4] = null, bytes",
        "  Target/Per day [5] = 200, int32",
    ]
    text = describe(camera.topic, camera.payload, zone=HANOI)
    assert "birth of a device: TH0001 of vn-38, device camera" in text
    assert 'State [6] = "works", string' in text


def test_data_gets_its_names_from_whoever_knows_them() -> None:
    data = session().data(NOW, [Metric("Host/Temperature", -3.25)])
    assert "? [3] = -3.25" in describe(data.topic, data.payload)
    assert "Host/Temperature [3] = -3.25 °C, float" in describe(
        data.topic, data.payload, {3: "Host/Temperature"}
    )


def test_our_figures_have_types_even_without_a_birth() -> None:
    below = Metric(None, 0xFFFF_FFFF_FFFF_FF38, alias=9)
    payload = encode(Payload((below,), NOW, 1))
    assert "Clock/Offset [9] = -200 ms, int64" in describe(None, payload, {9: "Clock/Offset"})


def test_a_signed_value_with_its_type_stays_as_it_is() -> None:
    text = text_of(Metric("Clock/Offset", -200, DataType.INT64))
    assert text.endswith("Clock/Offset = -200 ms, int64")


def test_times_and_flags_of_a_metric_are_said() -> None:
    text = text_of(
        Metric("Queue/Oldest since", NOW - 60_000, DataType.DATETIME),
        Metric("Queue/Walk-in", 2, DataType.INT32, NOW - 1, is_historical=True),
        Metric("x", b"\1\2", DataType.BYTES, NOW, is_transient=True),
    )
    assert "Queue/Oldest since = 2025-11-24 22:59:00.000+07:00" in text
    assert "Queue/Walk-in = 2, int32, historical, of 2025-11-24 22:59:59.999+07:00" in text
    assert "x = 2 bytes 01 02, bytes, transient" in text


def test_a_report_is_opened() -> None:
    entries = (
        Entry(4, 9, NOW, 61_500, "0000beef", True, DeviceChanged(Device.CAMERA, FaultCode.HUNG)),
        Entry(10, 9, NOW, 61_500, "0000beef", False, Measured(285, 5010)),
        Entry(10, 12, NOW, 70_000, "0000beef", True, ClockDated("0000beef", NOW - 70_000)),
    )
    report = pack(Report("0123abcd", 41, entries))
    text = text_of(Metric("Facts/Report", report, DataType.BYTES, is_historical=True))
    assert f"Facts/Report = {len(report)} bytes, bytes, historical" in text
    lines = [line.strip() for line in text.splitlines()]
    assert "facts 41 to 43 of epoch 0123abcd" in lines
    assert f"41: DeviceChanged, rows 4-9, {SENT}, 61.5 s after boot 0000beef" in lines
    assert "device=camera fault=hung" in lines
    assert f"42: Measured, same row, {SENT}, 61.5 s after boot 0000beef, clock not trusted" in lines
    assert "temperature_dc=285 supply_mv=5010" in lines
    assert "43: ClockDated, rows 10-12" in text


def test_an_acknowledgement_is_opened() -> None:
    said = Metric("Facts/Acknowledged", pack(Acknowledged("0123abcd", 41, b"\xab" * 16)))
    text = text_of(said, of=topic("NCMD"))
    assert "command to a station: TH0001 of vn-38" in text
    assert f"the region has facts 1 to 41 of epoch 0123abcd, chain {'ab' * 16}" in text


def test_a_command_is_opened_and_its_signature_left_unjudged() -> None:
    order = Command("00000000000000aa", "TH0001", Role.OPERATOR, NOW, NOW + 1000, Locate(20))
    signed = sign(order, Ed25519PrivateKey.generate())
    text = text_of(Metric("Command/Signed", signed, DataType.BYTES), of=topic("NCMD"))
    assert "Locate seconds=20 for TH0001, by a person of role operator, id 00000000000000aa" in text
    assert f"given {SENT}, expires 2025-11-24 23:00:01.000+07:00" in text
    assert "the signature was not checked here" in text


def test_a_log_is_unpacked_and_cannot_flood() -> None:
    log = gzip.compress("một\nhai\n".encode())
    lines = text_of(Metric("Logs/Text", log, DataType.BYTES)).splitlines()
    assert [line.strip() for line in lines[-2:]] == ["một", "hai"]
    flood = gzip.compress(b"\n" + b"x" * 50_000_000)
    text = text_of(Metric("Logs/Text", flood, DataType.BYTES))
    assert len(text) < 1_100_000
    assert "cut" in text


def test_a_host_s_state_is_read() -> None:
    of = "spBv1.0/STATE/region-38"
    said = b'{"online": false, "timestamp": 1764000000000}'
    assert describe(of, said, zone=HANOI).splitlines()[1] == f"  host region-38 is offline, {SENT}"
    assert "cannot be read" in describe(of, b"ONLINE")
    assert "cannot be read" in describe(of, b'{"online": 1, "timestamp": 2}')
    assert "no calendar" in describe(of, b'{"online": true, "timestamp": 9007199254740993}')


@pytest.mark.parametrize(
    "name", ["Facts/Report", "Facts/Acknowledged", "Command/Signed", "Logs/Text"]
)
@pytest.mark.parametrize(
    "data", [b"", b"\xff\xff", pack([1, 2]), b"\x94\xa801234567\x01\x90" + b"\x91" * 100_000]
)
def test_a_metric_of_ours_that_is_damaged_is_shown_as_bytes(name: str, data: bytes) -> None:
    text = text_of(Metric(name, data, DataType.BYTES))
    assert "cannot be read" in text or "cut" in text


def test_what_is_wrong_is_said() -> None:
    assert "not a Sparkplug topic" in describe("office/printer", b"")
    text = describe(topic("NDATA"), b"hello \x1b[2J")
    assert "10 bytes that cannot be read: not a Sparkplug payload" in text
    assert "68 65 6c 6c 6f" in text
    named = encode(Payload((Metric(None, "x", alias=1),), NOW))
    assert '"x", int32, wrong: a value that is no INT32' in describe(
        None, named, {1: "Queue/Walk-in"}
    )


def test_nothing_foreign_steers_the_terminal() -> None:
    text = text_of(Metric("\x1b[2Ja", "b\x07\n\u202e", DataType.STRING), of="spBv1.0/g\x1b/NDATA/n")
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert r"\x1b[2Ja" in text


def test_a_listener_remembers_births() -> None:
    listener = Listener(HANOI)
    node = booth()
    node.connecting(0, NOW)
    data = None
    for message in births(node):
        assert "!" not in listener.told(message.topic, message.payload)
    data = node.device_data(NOW, "camera", [STATE, FAULT])
    text = listener.told(data.topic, data.payload)
    assert 'State [6] = "works", string' in text
    assert "!" not in text


def test_a_listener_that_came_late_says_so() -> None:
    data = session().data(NOW, [Metric("Queue/Walk-in", 5)])
    text = Listener().told(data.topic, data.payload)
    assert "? [2] = 5" in text
    assert "! its birth was not heard" in text


def test_a_listener_forgets_what_a_later_birth_does_not_say() -> None:
    listener = Listener()
    before = session()
    for message in births(before):
        listener.told(message.topic, message.payload)
    after = booth()
    after.connecting(1, NOW)
    for message in after.born(NOW, [], {}):
        listener.told(message.topic, message.payload)
    late = before.data(NOW, [Metric("Queue/Walk-in", 5)])
    text = listener.told(late.topic, late.payload)
    assert "? [2] = 5" in text
    assert "! its birth was not heard" in text


def test_a_listener_counts_seq_through_rebirths_and_deaths() -> None:
    listener = Listener()
    node = booth()
    node.connecting(0, NOW)
    for message in [*births(node), node.data(NOW, []), *births(node), node.died(NOW)]:
        assert "!" not in listener.told(message.topic, message.payload)
    node.connecting(1, NOW)
    for message in births(node):
        listener.told(message.topic, message.payload)
    node.data(NOW, [])
    late = node.data(NOW, [])
    assert "! seq 5 after 3: messages are missing" in listener.told(late.topic, late.payload)


def test_every_message_of_a_booth_can_be_read() -> None:
    listener = Listener(HANOI)
    for kind, message in every_message(booth()).items():
        if kind != "Will":
            text = listener.told(message.topic, message.payload)
            assert "cannot" not in text
            assert "?" not in text


@given(
    st.none() | st.text(max_size=20) | st.sampled_from([topic("NDATA"), "spBv1.0/STATE/h"]),
    st.binary(max_size=80) | PAYLOADS.map(encode),
    st.dictionaries(st.integers(), st.sampled_from(["Facts/Report", "State", "Clock/Offset"])),
)
def test_anything_becomes_lines_of_text(
    of: str | None, payload: bytes, names: dict[int, str]
) -> None:
    listener = Listener(HANOI)
    for text in (describe(of, payload, names), listener.told(of or "", payload)):
        assert text
        assert all(line.isprintable() for line in text.split("\n"))


@given(
    st.sampled_from(["Facts/Report", "Facts/Acknowledged", "Command/Signed", "Logs/Text"]),
    st.binary(max_size=60),
)
def test_any_bytes_in_our_metrics_become_text(name: str, data: bytes) -> None:
    assert name in text_of(Metric(name, data, DataType.BYTES))
