"""Commands of the region: signed, for one station, by a role; nothing else gets through."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.report.orders import (
    BadCommand,
    Command,
    Locate,
    Order,
    PauseIntake,
    ReportNow,
    ResumeIntake,
    Role,
    SendLogs,
    SetTarget,
    Signed,
    allowed,
    sign,
    verify,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
NOW = 1_764_000_000_000
ORDERS = [
    ReportNow(),
    Locate(20),
    PauseIntake(),
    ResumeIntake(),
    SetTarget(300, 420, 1020),
    SendLogs(),
]


def command(order: Order, role: Role = Role.ADMINISTRATOR) -> Command:
    return Command("00000000000000aa", "TH0001", role, NOW, NOW + 60_000, order)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_what_the_region_signed_is_read(order: Order) -> None:
    assert verify(sign(command(order), KEY), "TH0001", KEY.public_key()) == command(order)


def test_another_station_s_command_is_refused() -> None:
    with pytest.raises(BadCommand, match="for TH0001"):
        verify(sign(command(Locate()), KEY), "TH0002", KEY.public_key())


def test_another_key_s_command_is_refused() -> None:
    with pytest.raises(BadCommand):
        verify(sign(command(Locate()), Ed25519PrivateKey.generate()), "TH0001", KEY.public_key())


@given(st.data())
def test_no_bit_of_a_command_can_be_changed(data: st.DataObject) -> None:
    wire = bytearray(sign(command(SetTarget(300, 420, 1020)), KEY))
    bit = data.draw(st.integers(0, len(wire) * 8 - 1))
    wire[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadCommand):
        verify(bytes(wire), "TH0001", KEY.public_key())


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(wire: bytes) -> None:
    with pytest.raises(BadCommand):
        verify(wire, "TH0001", KEY.public_key())


def test_a_signed_order_that_nobody_knows_is_refused() -> None:
    body = msgspec.msgpack.encode(
        ["00000000000000aa", "TH0001", "administrator", NOW, NOW + 1, ["open_the_vault"]]
    )
    wire = msgspec.msgpack.encode(Signed(body, KEY.sign(body)))
    with pytest.raises(BadCommand):
        verify(wire, "TH0001", KEY.public_key())


def test_arrays_within_arrays_are_refused_too() -> None:
    body = b"\xc4\x00\xc4\x40" + bytes(64)
    with pytest.raises(BadCommand):
        verify(b"\x93" + body + b"\x91" * 100_000, "TH0001", KEY.public_key())


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_who_may_give_which_order(order: Order, role: Role) -> None:
    harmless = isinstance(order, ReportNow | Locate | SendLogs)
    may = role is Role.ADMINISTRATOR or (role is Role.OPERATOR and harmless)
    assert allowed(command(order, role)) is may
