"""Kinds of rows that stages bring with them, beside those of ``events``.

The vocabulary is still closed: a program brings the kinds of the stages that it knows before it
reads a row, and ``bring`` refuses a body that could hold more than ids, enumerations, small
integers and digests (``events`` says why).
"""

from __future__ import annotations

from typing import Any, Union, get_args

from edge.journal import terms
from edge.journal.events import AnyBody, Body
from ground.decode import from_json

_IDS = ("Digest", "DossierId", "OperatorId", "GroupId", "BootId", "CommandId", "Version")
_LARGEST = 99_999_999
"""One digit short of an old identity number."""
_brought: dict[str, type[Body]] = {}
_decode = from_json(AnyBody)


def bring(*kinds: type[Body]) -> None:
    """Make rows of ``kinds`` readable and writable; again: nothing changes.

    Raises ValueError when one could hold personal data, or has the tag of another kind.
    """
    global _decode
    ours: tuple[type[Body], ...] = get_args(AnyBody)
    new = {tag_of(kind): kind for kind in kinds if kind not in ours}
    known = {tag_of(kind): kind for kind in ours} | _brought
    for tag, kind in new.items():
        if known.get(tag, kind) is not kind:
            raise ValueError(f"there is a kind {tag} already")
        _check(kind)
    if new.keys() - _brought.keys():
        _brought.update(new)
        _decode = from_json(Union[(*ours, *_brought.values())])


def decode(text: bytes | str) -> Body:
    """A row's body. Raises ``Malformed`` when it is not of the vocabulary."""
    body: Body = _decode(text)
    return body


def tag_of(kind: type[Body]) -> str:
    """The journal's ``kind`` column."""
    return str(kind.__struct_config__.tag)


def _check(kind: type[Body]) -> None:
    from msgspec import inspect

    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    ids = [inspect.type_info(getattr(terms, name)) for name in _IDS]
    patterns = {one.pattern for one in ids if isinstance(one, inspect.StrType)}

    def closed(leaf: Any) -> bool:
        match leaf:
            case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner):
                return closed(inner)
            case inspect.UnionType(types=types):
                return all(map(closed, types))
            case inspect.IntType(ge=low, le=high):
                return all(isinstance(end, int) and abs(end) <= _LARGEST for end in (low, high))
            case inspect.StrType(pattern=pattern):
                return pattern in patterns
        return isinstance(leaf, inspect.EnumType | inspect.BoolType | inspect.NoneType)

    for field in info.fields:
        if not (info.forbid_unknown_fields and closed(field.type)):
            raise ValueError(f"{kind.__name__}.{field.name} could hold personal data")
