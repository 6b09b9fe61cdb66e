"""Bytes from outside, decoded: the one place that knows what decoders raise.

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


class Malformed(Exception):
    """Not what it should be. Tells the kind of mistake and no value; the decoder's own error, whose
    text may quote one, is its ``__cause__``.
    """


class _Message(Protocol):
    @classmethod
    def FromString(cls, s: bytes) -> Any: ...  # noqa: N802  (protobuf's name)


M = TypeVar("M", bound=_Message)


@overload
def msgpack(type_: type[T]) -> Callable[[bytes], T]: ...
@overload
def msgpack(type_: object) -> Callable[[bytes], Any]: ...
def msgpack(type_: Any) -> Callable[[bytes], Any]:
    """A decoder of msgpack to ``type_``. It raises ``Malformed`` and nothing else."""
    return _guarded(msgspec.msgpack.Decoder(type_).decode, type_)


@overload
def json(type_: type[T]) -> Callable[[bytes], T]: ...
@overload
def json(type_: object) -> Callable[[bytes], Any]: ...
def json(type_: Any) -> Callable[[bytes], Any]:
    """A decoder of JSON (RFC 8259) to ``type_``. It raises ``Malformed`` and nothing else."""
    return _guarded(msgspec.json.Decoder(type_).decode, type_)


def protobuf(message: type[M]) -> Callable[[bytes], M]:
    """A decoder of a protobuf ``message``. It raises ``Malformed`` and nothing else."""
    return _guarded(message.FromString, message)


def convert(value: object, type_: Any) -> Any:
    """A decoded value as ``type_`` (msgspec's rules). Raises ``Malformed`` and nothing else."""
    return _guarded(lambda raw: msgspec.convert(raw, type_), type_)(value)


def _guarded(decode: Callable[[Any], Any], type_: Any) -> Callable[[Any], Any]:
    name = getattr(type_, "__name__", str(type_)).lstrip("_")

    def guarded(data: Any) -> Any:
        try:
            return decode(data)
        except Exception as error:  # whatever it is: these are a stranger's bytes
            raise Malformed(f"not a {name} ({type(error).__name__})") from error

    return guarded
