"""Nothing that tells who somebody is fits into a fact: by reflection and by trying."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from edge.journal.terms import CommandOutcome, Device
from edge.report import facts as f
from hw.twins.population import people
from tests.unit.report.station_days import Diced, folded

FACTS: tuple[type[f.Fact], ...] = get_args(f.AnyFact)
CLOCKS = {(f.DossierEnded, "opened_at"), (f.ClockDated, "offset_ms")}
"""Ms since 1970 have thirteen digits since 2001: what the fold puts there is tried below."""
CLOSED = (
    r"^(sealed|referred|refused|abandoned)\Z",
    inspect.type_info(f.EndReason).pattern,  # type: ignore[attr-defined]
)
"""Enumerations written as patterns: nothing but their words fits."""
ID_PATTERNS = {
    inspect.type_info(getattr(f, name)).pattern  # type: ignore[attr-defined]
    for name in ("DossierId", "OperatorId", "BootId", "Version", "CommandId")
}


def leaves(kind: inspect.Type) -> list[inspect.Type]:
    match kind:
        case inspect.Metadata(type=inner):
            return leaves(inner)
        case inspect.UnionType(types=types):
            return [leaf for inner in types for leaf in leaves(inner)]
        case inspect.VarTupleType(item_type=inner):
            return leaves(inner)
    return [kind]


def fields() -> list[tuple[type[f.Fact], str, inspect.Type]]:
    found = []
    for fact in FACTS:
        info = inspect.type_info(fact)
        assert isinstance(info, inspect.StructType)
        found += [(fact, field.name, field.type) for field in info.fields]
    return found


def test_every_fact_of_the_module_is_in_the_vocabulary() -> None:
    written = {
        kind
        for kind in vars(f).values()
        if isinstance(kind, type) and issubclass(kind, f.Fact) and kind is not f.Fact
    }
    assert written == set(FACTS)


@pytest.mark.parametrize(
    ("fact", "name", "kind"), fields(), ids=lambda v: v.__name__ if isinstance(v, type) else None
)
def test_every_field_is_bounded_or_closed(
    fact: type[f.Fact], name: str, kind: inspect.Type
) -> None:
    for leaf in leaves(kind):
        match leaf:
            case inspect.IntType(ge=low, le=high) if isinstance(low, int) and isinstance(high, int):
                assert abs(low) <= 99_999_999
                assert high <= 99_999_999 or (fact, name) in CLOCKS
            case inspect.StrType(pattern=pattern):
                assert pattern in ID_PATTERNS or pattern in CLOSED
            case inspect.EnumType(cls=cls):
                assert issubclass(cls, Enum)
            case inspect.BytesType(max_length=longest):
                assert longest == 16  # a digest's start: no image, no template
            case inspect.BoolType() | inspect.NoneType():
                pass
            case _:
                raise AssertionError(f"{fact.__name__}.{name} may hold {leaf}")


def samples() -> dict[type[f.Fact], f.Entry]:
    """An entry of every kind of fact."""
    found: dict[type[f.Fact], f.Entry] = {}
    for seed in range(40):
        for _, entry in folded(Diced(seed).run(200).rows):
            found.setdefault(type(entry.fact), entry)
    found[f.CommandAnswered] = msgspec.structs.replace(
        found[f.Measured], fact=f.CommandAnswered("0123456789abcdef", CommandOutcome.DONE)
    )
    found[f.StageEnded] = msgspec.structs.replace(
        found[f.Measured],
        fact=f.StageEnded("TH0417-000001-8", Device.SCANNER, 9, 1, 0, (80,), None),
    )
    assert set(found) == set(FACTS)
    return found


@pytest.fixture(scope="module")
def entries() -> dict[type[f.Fact], f.Entry]:
    return samples()


PERSONAL = st.one_of(
    st.sampled_from(list(people(300, seed=7))).flatmap(
        lambda row: st.sampled_from([value for value in row.values() if value])
    ),
    st.from_regex(r"0[0-9]{11}", fullmatch=True),
    st.from_regex(r"[0-9]{9}", fullmatch=True),
    st.integers(10**8, 10**12 - 1),
    st.sampled_from(["Nguyễn Văn An", "Thôn 3, xã Hoằng Lộc", "An\n", "OP1\n", "0.1.0\n"]),
    st.dates().map(lambda day: day.strftime("%d/%m/%Y")),
    st.binary(min_size=17, max_size=40),
    st.just({"name": "Nguyễn Văn An"}),
)
_wire = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(f.Entry).decode


@settings(max_examples=1000)
@given(
    st.sampled_from([(fact, name) for fact, name, _ in fields() if (fact, name) not in CLOCKS]),
    PERSONAL,
    st.booleans(),
)
def test_a_region_cannot_read_personal_data_from_any_field(
    entries: dict[type[f.Fact], f.Entry], field: tuple[type[f.Fact], str], value: Any, packed: bool
) -> None:
    fact, name = field
    good = entries[fact]
    if isinstance(value, str) and value in ("sealed", "left", "operator"):
        return
    bad = msgspec.structs.replace(good.fact, **{name: (value,) if packed else value})
    with pytest.raises(msgspec.ValidationError):
        _read(_wire(msgspec.structs.replace(good, fact=bad)))


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_clocks_in_facts_have_thirteen_digits_or_are_unknown(seed: int) -> None:
    for _, entry in folded(Diced(seed).run(150).rows):
        for fact, name in CLOCKS:
            if isinstance(entry.fact, fact):
                clock = getattr(entry.fact, name)
                assert clock == 0 or len(str(clock)) == 13


def test_no_pattern_has_room_for_an_identity_number() -> None:
    for pattern in CLOSED:
        assert pattern is not None
        assert not any(re.search(pattern, text) for text in ("038190012345", "123456789", "Nga"))
