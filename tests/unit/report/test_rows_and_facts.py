"""Facts tile the journal; a missing, changed or foreign row stops the fold and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.journal import events as e
from edge.journal.store import Row
from edge.report import chain
from edge.report import facts as f
from edge.report.fold import OF_BOOTH, OF_DOSSIER, OF_TICKETS, ChainBroken, Fold, JournalGap, Now
from edge.report.stages import OF_STAGES
from tests.unit.report.station_days import (
    MORNING_MS,
    STATION,
    ZONE,
    Booth,
    Diced,
    facts_of,
    folded,
    rechained,
)

NOW = Now(MORNING_MS, 1_000, "00000001")
_wire = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(f.Entry).decode


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 400))
def test_facts_are_numbered_and_their_rows_tile_the_journal(seed: int, steps: int) -> None:
    rows = Diced(seed).run(steps).rows
    fold, covered, number = Fold(STATION, ZONE), 0, 0
    proof = chain.start(STATION, rows[0][8].hex()[:8])
    for row in rows:
        for told, entry in fold.apply(row):
            number += 1
            assert told == number
            assert entry.first == covered + 1
            assert entry.last == row[0]
            covered = entry.last
            assert _read(_wire(entry)) == entry  # the region can read it: every bound holds
            proof = chain.link(proof, entry)
    assert (fold.seq, fold.number, fold.chain) == (len(rows), number, proof)
    assert fold.epoch == rows[0][8].hex()[:8]
    assert fold.row_hash == rows[-1][8]


def test_when_a_row_completes_several_facts_the_first_covers_the_rows_and_the_others_none() -> None:
    booth = Booth(trusted=False)
    booth.record(e.RosterLoaded(100), e.RosterLoaded(100))
    booth.clock.is_trusted = True
    booth.record(e.OperatorUnlocked("OP1"), e.RosterLoaded(100))
    booth.reboot(off_s=86_400)
    told = [(x.first, x.last, type(x.fact).__name__) for _, x in folded(booth.rows)]
    assert told == [
        (1, 3, "ClockDated"),
        (4, 3, "OperatorChanged"),
        (4, 5, "ClockDated"),
        (6, 5, "DayClosed"),
        (6, 5, "StationStarted"),
    ]


def test_rows_behind_the_newest_fact_are_covered_by_the_next_one() -> None:
    booth = Booth()
    booth.record(e.StationStarted("0.1.0"), e.RosterLoaded(1), e.RosterLoaded(2))
    fold = Fold(STATION, ZONE)
    told = folded(booth.rows, fold)
    assert told[-1][1].last == 1
    assert fold.seq == 3
    booth.record(e.LidChanged(True, "0badcafe", 1))
    ((_, entry),) = fold.apply(booth.rows[3])
    assert (entry.first, entry.last) == (2, 4)


@pytest.mark.parametrize("missing", [0, 1, 5])
def test_a_missing_row_is_a_gap(missing: int) -> None:
    rows = Diced(1).run(50).rows
    fold = Fold(STATION, ZONE)
    folded(rows[:missing], fold)
    before = fold.snapshot()
    for wrong in (rows[missing + 1], *rows[:missing][-1:]):
        with pytest.raises(JournalGap):
            fold.apply(wrong)
    assert fold.snapshot() == before


@pytest.mark.parametrize("column", range(1, 9))
def test_a_row_that_was_changed_does_not_follow_and_changes_nothing(column: int) -> None:
    rows = Diced(2).run(50).rows
    fold = Fold(STATION, ZONE)
    folded(rows[:10], fold)
    before = fold.snapshot()
    other = {1: 5, 2: 5, 3: "deadbeef", 4: 0, 5: "closed", 6: "TH0417-000777-0", 7: "{}", 8: b"x"}
    changed: list[object] = list(rows[10])
    changed[column] = other[column]
    if column == 4:
        changed[4] = 1 - int(rows[10][4])
    with pytest.raises(ChainBroken):
        fold.apply(tuple(changed))  # type: ignore[arg-type]
    assert fold.snapshot() == before
    fold.apply(rows[10])


def test_a_journal_of_another_station_is_not_folded() -> None:
    with pytest.raises(ChainBroken):
        Fold("TH0418", ZONE).apply(started().rows[0])


def started() -> Booth:
    booth = Booth()
    booth.record(e.StationStarted("0.1.0"))
    return booth


def test_columns_that_hold_no_ids_are_refused_even_when_their_hash_is_right() -> None:
    row = list(started().rows[0])
    for column, name in ((3, "Nguyen Van An"), (6, "Nguyễn Văn An")):
        bad = [*row[:column], name, *row[column + 1 :]]
        with pytest.raises(ChainBroken) as refused:
            Fold(STATION, ZONE).apply(rechained([tuple(bad)])[0])  # type: ignore[list-item]
        assert "An" not in str(refused.value)


NEWER = [
    ("weather_seen", '{"kind":"weather_seen","rain":true}'),
    ("lid_changed", '{"kind":"lid_changed","opened":true,"boot":"0badcafe","no":1,"hinge":2}'),
    ("measured", '{"kind":"measured","temperature_dc":99999,"supply_mv":1}'),
    ("device_failed", '{"kind":"device_failed","device":"aura","fault":"hung"}'),
    ("closed", "not JSON"),
]


@pytest.mark.parametrize(("kind", "body"), NEWER)
def test_a_row_of_a_newer_station_is_chained_and_tells_nothing(kind: str, body: str) -> None:
    booth = Booth()
    booth.record(e.StationStarted("0.1.0"), e.RosterLoaded(1), e.OperatorUnlocked("OP1"))
    first, middle, last = booth.rows
    newer: Row = (*middle[:5], kind, None, body, b"")
    told = [entry for _, entry in folded(rechained([first, newer, last]))]
    assert [type(x.fact).__name__ for x in told] == [
        "ClockDated",
        "StationStarted",
        "OperatorChanged",
    ]
    assert (told[-1].first, told[-1].last) == (2, 3)


def test_every_kind_of_row_is_read_or_known_to_tell_nothing() -> None:
    silent = {e.RosterLoaded, e.GroupScheduled, e.PrintRequested, e.Printed, e.PrintDropped}
    silent.add(e.ClockChanged)  # its clocks tell, as those of every row
    read = OF_BOOTH | OF_TICKETS | OF_DOSSIER | OF_STAGES.keys()
    assert set(get_args(e.AnyBody)) - silent == read


def test_each_row_of_the_booth_is_its_fact() -> None:
    booth = Booth()
    camera, hung = e.Device.CAMERA, e.FaultCode.HUNG
    booth.record(
        e.StationStarted("1.2.3"),
        e.OperatorUnlocked("OP7"),
        e.OperatorLocked(e.LockReason.IDLE),
        e.UnlockFailed(3, 60),
        e.DeviceFailed(camera, hung),
        e.DeviceRecovered(camera),
        e.LidChanged(True, "0badcafe", 4),
        e.Measured(-15, 11_900),
        e.CommandRun("0123456789abcdef", e.CommandOutcome.NOT_ALLOWED),
    )
    assert booth.facts[1:] == [
        f.StationStarted("1.2.3"),
        f.OperatorChanged("OP7"),
        f.OperatorChanged(None),
        f.UnlockFailed(3, 60),
        f.DeviceChanged(camera, hung),
        f.DeviceChanged(camera, None),
        f.LidChanged(True),
        f.Measured(-15, 11_900),
        f.CommandAnswered("0123456789abcdef", e.CommandOutcome.NOT_ALLOWED),
    ]


def test_rows_kept_since_they_were_first_written_fold() -> None:
    """The journal's file of old rows: one of every kind, in no order that makes sense."""
    kept = Path(__file__).parents[1] / "journal" / "rows.jsonl"
    booth = Booth()
    for line in kept.read_text().splitlines():
        booth.events.append(
            e.Event(
                len(booth.events) + 1,
                MORNING_MS,
                1_000,
                "00000001",
                True,
                "TH0417-000001-8",
                msgspec.json.decode(line, type=e.AnyBody),
            )
        )
    assert len(facts_of(booth.rows)) > 9


def test_a_clock_before_1970_is_told_as_1970() -> None:
    booth = Booth(trusted=False, now_ms=-5_000_000)
    booth.record(e.StationStarted("0.1.0"))
    ((_, entry),) = folded(booth.rows)
    assert _read(_wire(entry)).at == 0


@pytest.mark.parametrize("ms", [-(2**63), -1, 0, 10**11, 10**15, 2**62])
def test_absurd_clocks_of_a_machine_stop_nothing(ms: int) -> None:
    booth = Booth()
    booth.record(e.StationStarted("0.1.0"))
    dossier = booth.whole_dossier()
    good = booth.rows
    for column in (1, 2):
        for boot in ("00000001", "0badcafe"):
            rows = [(*row[:3], boot, *row[4:]) for row in good if row[6] == dossier]
            rows = [(*row[:column], ms, *row[column + 1 :]) for row in rows]  # type: ignore[misc]
            fold = Fold(STATION, ZONE)
            for _, entry in folded(rechained([*good, *rows, *good]), fold):
                assert _read(_wire(entry)) == entry
            fold.figures(Now(ms, ms, boot))


def test_before_the_first_row_there_is_no_epoch() -> None:
    fold = Fold(STATION, ZONE)
    assert (fold.epoch, fold.seq, fold.number, fold.chain) == (None, 0, 0, bytes(32))
    assert fold.figures(NOW)["Queue/Walk-in"] == 0
