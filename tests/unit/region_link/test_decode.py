"""Whatever bytes come, a decoder gives what it is for or says ``Malformed``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edge import decode
from edge.report import orders, state
from edge.report.facts import REPORT, Acknowledged, AnyFact, Report
from edge.sparkplug import payload
from edge.sparkplug import sparkplug_b_pb2 as wire
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import Metric
from ground.decode import Malformed, from_json, from_msgpack, from_protobuf
from monitor.host import state as host_state
from monitor.store import history
from monitor.store.database import open_store
from monitor.store.entries import read_entry, read_fact, read_report
from monitor.store.fleet import booths
from monitor.store.reconciling import _outcome
from tests.system.monitor.store_region import Region
from tests.unit.monitor.host_booth import BOOT, EPOCH_1, START, Booth, ended

NOT_UTF_8 = (
    b"\x93\xa9\0\0\0\0\0\0\0\0\x80",  # an acknowledgement that ended an uplink
    b"\x93\xa8\xff\xff\xff\xff\xff\xff\xff\xff\x01\x90",  # a report that ended a worker
)
ENDLESS = b"\x91" * 100_000
ENDLESS_JSON = b"[" * 100_000
KEY = Ed25519PrivateKey.generate()


def signed(body: bytes) -> bytes:
    return msgspec.msgpack.encode([body, KEY.sign(body)])


def snapshot(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:16] + body


DECODERS: dict[str, tuple[Callable[[bytes], Any], tuple[type[Exception], ...]]] = {
    "acknowledgement": (from_msgpack(Acknowledged), (Malformed,)),
    "report": (from_msgpack(Report), (Malformed,)),
    "region's report": (read_report, (Malformed,)),
    "region's entry": (lambda data: read_entry(data, 1), (Malformed,)),
    "stored fact": (read_fact, ()),
    "stored outcome": (_outcome, ()),
    "any fact": (from_msgpack(AnyFact), (Malformed,)),
    "json": (from_json(object), (Malformed,)),
    "protobuf": (from_protobuf(wire.Payload), (Malformed,)),
    "payload": (payload.decode, (payload.BadPayload,)),
    "command": (lambda d: orders.verify(d, "TH0417", KEY.public_key()), (orders.BadCommand,)),
    "signed command": (
        lambda d: orders.verify(signed(d), "TH0417", KEY.public_key()),
        (orders.BadCommand,),
    ),
    "snapshot": (lambda data: state.load(snapshot(data), "TH0417"), (state.BadSnapshot,)),
    "host's state": (host_state.says_offline, ()),
    "captured payload": (lambda data: decode.describe("spBv1.0/g/NDATA/TH0417", data), ()),
    "captured state": (lambda data: decode.describe("spBv1.0/STATE/tram", data), ()),
}


@pytest.mark.parametrize("name", DECODERS)
@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=120))
@example(data=NOT_UTF_8[0])
@example(data=NOT_UTF_8[1])
@example(data=ENDLESS)
@example(data=ENDLESS_JSON)
@example(data=b'{"online": true, "\xff": 1}')
@example(data=b"\xdd\xff\xff\xff\xff")
def test_a_decoder_raises_its_own_error_and_no_other(name: str, data: bytes) -> None:
    decoded, expected = DECODERS[name]
    with suppress(*expected):
        decoded(data)


@pytest.mark.parametrize("bad", [*NOT_UTF_8, ENDLESS])
def test_the_error_tells_the_kind_and_no_value(bad: bytes) -> None:
    with pytest.raises(Malformed) as raised:
        from_msgpack(Report)(bad)
    assert str(raised.value).startswith("not a Report (")
    assert len(str(raised.value)) < 60


@pytest.fixture
def region(tmp_path: Path) -> Region:
    return Region(open_store(f"sqlite:///{tmp_path / 'region.db'}"))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_report_with_any_byte_changed_stops_neither_store_nor_pages_nor_watch(
    region: Region, data: st.DataObject
) -> None:
    """One booth's damaged facts; the other one's are stored in the same transaction."""
    epoch = f"{data.draw(st.integers(0, 2**32 - 1)):08x}"
    good, bad = Booth("TH0418", epoch=epoch), Booth(epoch=epoch)
    good.dossiers(1)
    bad.dossiers(3)
    report = bytearray(bad.report(1, 3))
    for _ in range(data.draw(st.integers(1, 3))):
        report[data.draw(st.integers(0, len(report) - 1))] = data.draw(st.integers(0, 255))
    births = *good.begin(), *bad.begin()
    damaged = bad.node.data(START, [Metric(REPORT, bytes(report), DataType.BYTES)])
    done = region.takes(*births, good.tell(1, 1), damaged)
    assert done.refused == []
    assert ("TH0418", good.proof(1)) in [(code, one.chain) for code, one in done.acknowledgements]
    with region.engine.connect() as connection:
        history.facts(connection, "TH0417")
        history.dossiers(connection, "", since=0)
        booths(connection, START)


def test_a_fact_whose_shape_only_a_newer_booth_knows_stops_neither_pages_nor_watch(
    region: Region,
) -> None:
    booth = Booth()
    for kind in (1, 5, 99):
        entry = [len(booth.entries) * 4 + 1, len(booth.entries) * 4 + 4, START, 60_000, BOOT, True]
        booth.entries.append(msgspec.msgpack.encode([*entry, [kind, {"new": "shape"}]]))
    region.takes(*booth.begin(), booth.tell(1, 3))
    with region.engine.connect() as connection:
        held = history.facts(connection, booth.station)
        assert [(one.epoch, one.fact) for one in held] == [(EPOCH_1, None)] * 3
        assert history.dossiers(connection, "", since=0) == []
        assert set(booths(connection, START + 1000)) == {booth.station}


def test_what_msgspec_can_read_is_read() -> None:
    booth = Booth()
    booth.dossiers(1)
    assert read_fact(booth.entries[0]) == ended(1)
    assert not host_state.says_offline(b'{"online": true, "timestamp": 1}')
