"""Bytes decoded: the one door to msgspec and protobuf, which alone knows what they raise.

msgspec raises its own errors, but ``UnicodeDecodeError`` for a text that is not UTF-8 and
``RecursionError`` for an array within an array without end; protobuf has an error of its own. Who
decodes what others sent, or what a disk gave back, makes a decoder here and meets ``Malformed``
only, so that a broken message ends where it came in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, overload

import msgspec

T = TypeVar("T")
Maker = Callable[[type, Any], Any]


class Malformed(ValueError):
    """Not what it should be. Tells the kind of mistake and no value; the decoder's own error, whose
    text may quote one, is its ``__cause__``. ``place``: where in it, as ``$.day``; "": not told.
    """

    def __init__(self, log_text: str, place: str = "") -> None:
        super().__init__(log_text)
        self.place = place


class _Message(Protocol):
    @classmethod
    def FromString(cls, s: bytes) -> Any: ...  # noqa: N802  (protobuf's name)


M = TypeVar("M", bound=_Message)


@overload
def from_msgpack(type_: type[T], made: Maker | None = None) -> Callable[[bytes], T]: ...
@overload
def from_msgpack(type_: object, made: Maker | None = None) -> Callable[[bytes], Any]: ...
def from_msgpack(type_: Any, made: Maker | None = None) -> Callable[[bytes], Any]:
    """A decoder of msgpack to ``type_``; ``made`` makes of plain values what msgspec does not know
    (its ``dec_hook``). It raises ``Malformed`` and nothing else."""
    return _guarded(msgspec.msgpack.Decoder(type_, dec_hook=made).decode, type_)


@overload
def from_json(type_: type[T]) -> Callable[[bytes | str], T]: ...
@overload
def from_json(type_: object) -> Callable[[bytes | str], Any]: ...
def from_json(type_: Any) -> Callable[[bytes | str], Any]:
    """A decoder of JSON (RFC 8259) to ``type_``. It raises ``Malformed`` and nothing else."""
    return _guarded(msgspec.json.Decoder(type_).decode, type_)


def from_protobuf(message: type[M]) -> Callable[[bytes], M]:
    """A decoder of a protobuf ``message``. It raises ``Malformed`` and nothing else."""
    return _guarded(message.FromString, message)


@overload
def convert(value: object, type_: type[T], made: Maker | None = None) -> T: ...
@overload
def convert(value: object, type_: object, made: Maker | None = None) -> Any: ...
def convert(value: object, type_: Any, made: Maker | None = None) -> Any:
    """A decoded value as ``type_`` (msgspec's rules). Raises ``Malformed`` and nothing else."""
    return _guarded(lambda raw: msgspec.convert(raw, type_, dec_hook=made), type_)(value)


def _guarded(decode: Callable[[Any], Any], type_: Any) -> Callable[[Any], Any]:
    bare = getattr(type_, "__origin__", type_) if hasattr(type_, "__metadata__") else type_
    name = getattr(bare, "__name__", str(bare)).lstrip("_")

    def guarded(data: Any) -> Any:
        try:
            return decode(data)
        except Exception as error:  # whatever it is: these are a stranger's bytes
            place = str(error).rpartition(" - at `")[2] if " - at `" in str(error) else ""
            raise Malformed(f"not a {name} ({type(error).__name__})", place.rstrip("`")) from error

    return guarded
