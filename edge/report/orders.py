"""Commands of the region to a station: signed, expiring, by role, run once.

The region signs with its Ed25519 command key (RFC 8032), the station knows the public half from its
configuration. A stolen broker or a thief's laptop can delay a command, not make or repeat one: the
station's code and an expiry are signed with it, and the station remembers the ids it has run.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Union

import msgspec
from msgspec import Meta

from edge.journal.terms import Count
from edge.report.facts import CommandId, Millis
from ground.decode import Malformed, from_msgpack

# Loaded where a signature is proven: 8 MB that a booth's uplink does without until a command comes.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


class Order(msgspec.Struct, frozen=True, array_like=True):
    """Base of all orders."""


class ReportNow(Order, frozen=True, tag="report_now"):
    """Births again with every value fresh."""


class Locate(Order, frozen=True, tag="locate"):
    """Lights and buzzer for ``seconds``: which of these booths is it?"""

    seconds: Annotated[int, Meta(ge=1, le=300)] = 15


class PauseIntake(Order, frozen=True, tag="pause_intake"):
    """No new tickets; people who have one are served."""


class ResumeIntake(Order, frozen=True, tag="resume_intake"):
    pass


Minute = Annotated[int, Meta(ge=0, le=1440)]


class SetTarget(Order, frozen=True, tag="set_target"):
    """Dossiers a day, and opening hours as minutes of the local day."""

    per_day: Count
    opens: Minute
    closes: Minute


class SendLogs(Order, frozen=True, tag="send_logs"):
    """The last ``lines`` lines of the station's log, which names nobody."""

    lines: Annotated[int, Meta(ge=1, le=2000)] = 200


AnyOrder = Union[ReportNow, Locate, PauseIntake, ResumeIntake, SetTarget, SendLogs]  # noqa: UP007

MAY: dict[type[Order], frozenset[Role]] = {
    ReportNow: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
    Locate: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
    SendLogs: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
    PauseIntake: frozenset({Role.ADMINISTRATOR}),
    ResumeIntake: frozenset({Role.ADMINISTRATOR}),
    SetTarget: frozenset({Role.ADMINISTRATOR}),
}
"""Who may give which order; region and station both check."""


class Command(msgspec.Struct, frozen=True, array_like=True):
    id: CommandId
    station: Annotated[str, Meta(pattern=r"^[A-Z]{2}[0-9]{4}\Z")]
    role: Role
    issued_at: Millis
    expires_at: Millis
    order: AnyOrder


class Signed(msgspec.Struct, frozen=True, array_like=True):
    command: bytes
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


class BadCommand(Exception):
    """Not signed by the region, for another station, or unreadable. Never run, never answered."""


_encode = msgspec.msgpack.Encoder().encode
_signed = from_msgpack(Signed)
_command = from_msgpack(Command)


def sign(command: Command, key: Ed25519PrivateKey) -> bytes:
    """The command's bytes for the wire."""
    body = _encode(command)
    return _encode(Signed(body, key.sign(body)))


def verify(wire: bytes, station: str, key: Ed25519PublicKey) -> Command:
    """The command, if the region signed it for ``station``. Raises ``BadCommand``."""
    from cryptography.exceptions import InvalidSignature

    try:
        signed = _signed(wire)
        key.verify(signed.signature, signed.command)
        command = _command(signed.command)
    except (Malformed, InvalidSignature) as error:
        raise BadCommand("not a command that the region signed") from error
    if command.station != station:
        raise BadCommand(f"a command for {command.station}")
    return command


def allowed(command: Command) -> bool:
    """Whether the role may give the order."""
    return command.role in MAY[type(command.order)]
