"""A fold that is cut anywhere and resumed from its snapshot tells exactly the same."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.report import booth, days, dossier, line, moments, stages, state, tickets
from edge.report.fold import BadSnapshot, Fold, Now
from tests.unit.report.station_days import STATION, ZONE, Diced, folded


@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    st.integers(1, 300),
    st.lists(st.floats(0, 1), min_size=1, max_size=3).map(sorted),
)
def test_any_cut_points_tell_the_same_facts_with_the_same_chain(
    seed: int, steps: int, cuts: list[float]
) -> None:
    rows = Diced(seed).run(steps).rows
    whole = Fold(STATION, ZONE)
    expected = folded(rows, whole)
    told, fold, begin = [], Fold(STATION, ZONE), 0
    for end in [*(round(cut * len(rows)) for cut in cuts), len(rows)]:
        told += folded(rows[begin:end], fold)
        fold = Fold(STATION, ZONE, fold.snapshot())
        begin = end
    assert told == expected
    assert (fold.chain, fold.epoch, fold.seq, fold.number) == (
        whole.chain,
        whole.epoch,
        whole.seq,
        whole.number,
    )
    now = Now(rows[-1][1] + 500, rows[-1][2] + 500, rows[-1][3])
    assert fold.figures(now) == whole.figures(now)
    assert fold.device_figures(now) == whole.device_figures(now)
    assert fold.snapshot() == whole.snapshot()


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_garbage_is_no_snapshot(garbage: bytes) -> None:
    with pytest.raises(BadSnapshot):
        Fold(STATION, ZONE, garbage)


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_snapshot_is_told_from_a_good_one(data: st.DataObject) -> None:
    fold = Fold(STATION, ZONE)
    folded(Diced(3).run(100).rows, fold)
    good = fold.snapshot()
    place = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadSnapshot):
        Fold(STATION, ZONE, bytes(bad))
    with pytest.raises(BadSnapshot):
        Fold(STATION, ZONE, good[:place])


def test_a_snapshot_of_another_station_is_refused() -> None:
    with pytest.raises(BadSnapshot):
        Fold("TH0418", ZONE, Fold(STATION, ZONE).snapshot())


def sealed(content: object) -> bytes:
    packed = msgspec.msgpack.encode(content)
    return hashlib.sha256(packed).digest()[:16] + packed


@pytest.mark.parametrize(
    "content",
    [[3, STATION], [2, STATION], [1, STATION], [1], {}, None, [1, STATION, b"", b"", "many"]],
)
def test_an_undamaged_snapshot_of_another_layout_is_refused(content: object) -> None:
    with pytest.raises(BadSnapshot):
        Fold(STATION, ZONE, sealed(content))


FIELDS_OF_LAYOUT = {1: "6a819e6692b09d66", 2: "3296c11adf853d01"}
"""Digest of the fields of everything in a snapshot, by layout."""


def test_who_changes_a_field_of_the_snapshot_raises_its_layout() -> None:
    """Or a station that is updated reads yesterday's snapshot with today's meaning."""
    parts: list[type[Any]] = [
        state.State,
        moments.Moment,
        moments.Clocks,
        days.Today,
        tickets.Tickets,
        tickets.Ticket,
        line.Line,
        dossier.OpenDossier,
        stages.Tally,
        booth.Booth,
        booth.Target,
        booth.Climate,
    ]
    fields = repr([(part.__name__, sorted(part.__annotations__.items())) for part in parts])
    order = repr([part.__struct_fields__ for part in parts])
    digest = hashlib.sha256((fields + order).encode()).hexdigest()[:16]
    assert FIELDS_OF_LAYOUT[state.LAYOUT] == digest
