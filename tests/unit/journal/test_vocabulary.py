"""Nothing that tells who somebody is can be put into the journal: by reflection and by trying."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from edge.journal import events as e
from edge.journal.error import UNTOLD
from edge.journal.store import Journal, JournalError, read_rows
from hw.twins.population import people
from tests.unit.journal.journal_rows import DOSSIER

BODIES: tuple[type[e.Body], ...] = get_args(e.AnyBody)
ROWS = Path(__file__).with_name("rows.jsonl")
IDS = ("Digest", "DossierId", "OperatorId", "GroupId", "BootId", "Version", "CommandId")


def pattern_of(name: str) -> str:
    info = inspect.type_info(getattr(e, name))
    assert isinstance(info, inspect.StrType)
    assert info.pattern is not None
    return info.pattern


PATTERNS = {pattern_of(name) for name in IDS}


def leaves(kind: inspect.Type) -> list[inspect.Type]:
    """The types that a value of ``kind`` is made of; anything but these containers is a leaf."""
    match kind:
        case inspect.Metadata(type=inner):
            return leaves(inner)
        case inspect.UnionType(types=types):
            return [leaf for inner in types for leaf in leaves(inner)]
        case inspect.VarTupleType(item_type=inner):
            return leaves(inner)
    return [kind]


def fields() -> list[tuple[type[e.Body], str, inspect.Type]]:
    found = []
    for body in BODIES:
        info = inspect.type_info(body)
        assert isinstance(info, inspect.StructType)
        assert info.forbid_unknown_fields
        found += [(body, field.name, field.type) for field in info.fields]
    return found


def test_every_body_of_the_module_is_in_the_vocabulary() -> None:
    written = {
        kind
        for kind in vars(e).values()
        if isinstance(kind, type) and issubclass(kind, e.Body) and kind is not e.Body
    }
    assert written == set(BODIES)


@pytest.mark.parametrize(
    ("body", "name", "kind"), fields(), ids=lambda v: v.__name__ if isinstance(v, type) else None
)
def test_every_field_is_a_bounded_integer_an_enumeration_or_a_patterned_id(
    body: type[e.Body], name: str, kind: inspect.Type
) -> None:
    for leaf in leaves(kind):
        match leaf:
            case inspect.IntType(ge=low, le=high) if isinstance(low, int) and isinstance(high, int):
                if kind != inspect.type_info(e.Day):  # a day of the queue has eight digits
                    assert abs(low) <= 99_999_999
                    assert high <= 99_999_999
            case inspect.StrType(pattern=pattern):
                assert pattern in PATTERNS
            case inspect.EnumType(cls=cls):
                assert issubclass(cls, Enum)
            case inspect.BoolType() | inspect.NoneType():
                pass
            case _:
                raise AssertionError(f"{body.__name__}.{name} may hold {leaf}")


def test_no_pattern_has_room_for_an_identity_number() -> None:
    """Nine (CMND) or twelve (CCCD) digits in a row, or with signs between them."""
    room = {"Version": "99.999.999", "OperatorId": "OP9999", "GroupId": "G9999"}
    for name, longest in room.items():
        pattern = pattern_of(name)
        assert re.search(pattern, longest)
        assert sum(c.isdigit() for c in longest) < 9
        assert not re.search(pattern, longest + "9")


PERSONAL = st.one_of(
    st.sampled_from([row for row in people(300, seed=7)]).flatmap(
        lambda row: st.sampled_from([value for value in row.values() if value])
    ),
    st.from_regex(r"0[0-9]{11}", fullmatch=True),
    st.from_regex(r"[0-9]{9}", fullmatch=True),
    st.integers(10**8, 10**12 - 1),
    st.sampled_from(["Nguyễn Văn An", "Ng", "Thôn 3, xã Hoằng Lộc, Thanh Hoá", "NV\n", "OP1\n"]),
    st.text(min_size=1, max_size=30).filter(lambda text: not re.fullmatch(r"OP\d+|G\d+", text)),
    st.dates().map(lambda day: day.strftime("%d/%m/%Y")),
    st.binary(max_size=20),
    st.just({"name": "Nguyễn Văn An"}),
    st.just(object()),
)


def sample(body: type[e.Body]) -> e.Body:
    """A legal body: the one that the file of old rows has."""
    kind = body.__struct_config__.tag
    for line in ROWS.read_bytes().splitlines():
        if msgspec.json.decode(line)["kind"] == kind:
            found: e.Body = msgspec.json.decode(line, type=e.AnyBody)
            return found
    raise AssertionError(f"rows.jsonl has no row of kind {kind}: add one, and never change it")


def is_personal(value: Any, kind: inspect.Type) -> bool:
    """Hypothesis may happen on an innocent value, such as a member of an enumeration."""
    allowed = [leaf.cls for leaf in leaves(kind) if isinstance(leaf, inspect.EnumType)]
    return not any(value in [member.value for member in cls] for cls in allowed)


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(fields()), PERSONAL, st.booleans())
def test_personal_data_cannot_be_put_in_any_field(
    journal: Journal, field: tuple[type[e.Body], str, inspect.Type], value: Any, packed: bool
) -> None:
    body, name, kind = field
    before = journal.seq
    value = (value,) if packed else value
    if isinstance(value, str) and not is_personal(value, kind):
        return
    with pytest.raises(JournalError) as refused:
        journal.append(msgspec.structs.replace(sample(body), **{name: value}), dossier=DOSSIER)
    assert refused.value.advice == UNTOLD
    assert refused.value.__cause__ is None
    if isinstance(value, str | int) and len(str(value)) > 3:
        assert str(value) not in str(refused.value)
    assert journal.seq == before == len(list(read_rows(journal.path)))


@pytest.mark.parametrize("value", ["Nguyễn Văn An", "038190012345", "TH0417-000001-8\n", ""])
def test_the_dossier_column_takes_dossier_ids_alone(journal: Journal, value: str) -> None:
    with pytest.raises(JournalError) as refused:
        journal.append(e.DeviceTaken(e.Device.CAMERA), dossier=value)
    assert not value or value not in str(refused.value)
    assert journal.seq == 0


@pytest.mark.parametrize("body", [None, "Nguyễn Văn An", 5, e.Event(1, 1, 1, "", True, None, None)])  # type: ignore[arg-type]
def test_what_is_no_body_is_refused(journal: Journal, body: Any) -> None:
    with pytest.raises(JournalError):
        journal.append(body)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_rows_as_first_written_still_decode(journal: Journal, body: type[e.Body]) -> None:
    (event,) = journal.append(sample(body), dossier=DOSSIER)
    assert type(event.body) is body
    assert list(journal.replay()) == [event]
