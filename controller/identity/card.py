"""The QR code of a CCCD card.

UTF-8, ``|`` between fields: number, old number or nothing, name, birth ddmmyyyy, Nam/Nữ, residence,
issued ddmmyyyy; cards since July 2024 carry four more whose meaning is not published: kept as they
are. Scanners in keyboard mode and zbar guess another encoding (Big5, Shift-JIS, Latin-1, Windows
code pages) and hand on mojibake. It is undone only where the way back is exact and the result reads
as Vietnamese; anything else is an error that says what to do, because a wrong letter in a name
becomes a wrong card.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec

from controller.identity.birth import BirthDate, parse_birth
from controller.identity.names import fold, readable, tidy
from controller.identity.number import NumberError, parse_number
from controller.identity.person import Person, Sex
from ground.error import InputError
from ground.text import N_

FIELDS = 7
"""Fields that every card has. More are kept raw."""
MAX_BYTES = 2_000
"""A card has some 200. More is not a card (QR codes hold at most 2,953 bytes)."""

_GUESSES = (
    "latin-1",
    "cp1252",
    "cp1258",
    "big5",
    "big5hkscs",
    "cp950",
    "shift_jis",
    "cp932",
    "gb18030",
    "euc_kr",
)
_WINDOWS = {bytes([b]).decode("cp1252", "ignore") or chr(b): b for b in range(256)}
"""Windows-1252 as browsers and keyboards use it: its five undefined bytes stand for themselves."""
_SEXES = {"nam": Sex.MALE, "nu": Sex.FEMALE}


class CardError(InputError):
    """The scan is not a readable card. ``number`` is the identity number if that much could be
    read, for the operator to go on with instead of typing it."""

    def __init__(self, log_text: str, advice: str, number: str = "", **params: object) -> None:
        super().__init__(log_text, advice, **params)
        self.number = number


class Card(msgspec.Struct, frozen=True):
    """What the card says. ``issued``: ISO date or "". ``rest``: the newer cards' further fields."""

    number: str
    old_number: str
    name: str
    birth: BirthDate
    sex: Sex
    residence: str
    issued: str = ""
    rest: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Card(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    def person(self) -> Person:
        return Person(
            number=self.number,
            old_number=self.old_number,
            name=self.name,
            birth=self.birth,
            sex=self.sex,
            residence=self.residence,
        )


def parse_card(scan: bytes | str) -> Card:
    """Read one scan (``bytes`` of the serial scanner or camera, ``str`` of a keyboard scanner).

    CardError, with advice for the operator, for anything but a complete, readable card.
    """
    if len(scan) > MAX_BYTES:
        raise CardError("scan too long", _NOT_A_CARD)
    fields = [tidy(field) for field in _text(scan).split("|")]
    if len(fields) < FIELDS:
        advice = _CUT_SHORT if len(fields) > 1 else _NOT_A_CARD
        raise CardError(f"{len(fields)} fields", advice, _number_in(fields[0]))
    number = _number_in(fields[0])
    if len(number) != 12:
        raise CardError("field 1 is no 12-digit number", _NOT_A_CARD)
    sex = _SEXES.get(fold(fields[4]))
    if sex is None:
        raise CardError("field 5 is neither Nam nor Nữ", _CUT_SHORT, number)
    if not fields[2]:
        raise CardError("field 3, the name, is empty", _CUT_SHORT, number)
    old_number = _number_in(fields[1])
    if fields[1] and not old_number:
        raise CardError("field 2 is no old number", _CUT_SHORT, number)
    return Card(
        number=number,
        old_number=old_number,
        name=fields[2],
        birth=_birth(fields[3], number),
        sex=sex,
        residence=fields[5],
        issued=_issued(fields[6], number),
        rest=tuple(fields[FIELDS:]),
    )


_NOT_A_CARD = N_("This is not the QR code of an identity card. Scan the one on the card.")
_CUT_SHORT = N_("The card was not read whole. Scan it again, slower, or type the number.")
_GARBLED = N_(
    "The scanner garbled the Vietnamese letters. Scan the card with the camera, or type the number."
)


def _text(scan: bytes | str) -> str:
    """Readable text of the scan, mojibake undone. CardError when there is no sure way."""
    candidates = _from_bytes(scan) if isinstance(scan, bytes) else _from_text(scan)
    for candidate in candidates:
        if readable(candidate):
            return candidate
    raw = scan if isinstance(scan, bytes) else scan.encode("utf-8", "replace")
    number = _number_in(raw.split(b"|")[0].decode("ascii", "replace"))
    # separators are not counted: Big5 swallows some of them as second bytes
    advice = _GARBLED if number else _NOT_A_CARD
    raise CardError("letters that no Vietnamese card has", advice, number)


def _from_bytes(scan: bytes) -> Iterator[str]:
    scan = scan.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n\t\0")
    try:
        yield from _from_text(scan.decode("utf-8"))
    except UnicodeDecodeError:
        try:
            vietnamese = scan.decode("cp1258")
        except UnicodeDecodeError:
            return
        yield unicodedata.normalize("NFC", vietnamese)


def _from_text(text: str) -> Iterator[str]:
    """The text itself, then each exact way back from a wrong guess."""
    text = text.removeprefix("\ufeff").rstrip("\r\n\t\0")
    yield text
    for guess in _GUESSES:
        try:
            raw = text.encode(guess)
            if raw.decode(guess) == text:
                yield raw.decode("utf-8")
        except UnicodeError:
            continue
    if _WINDOWS.keys() >= set(text):
        with suppress(UnicodeDecodeError):
            yield bytes(_WINDOWS[c] for c in text).decode("utf-8")


def _number_in(field: str) -> str:
    try:
        return parse_number(field)
    except NumberError:
        return ""


def _birth(field: str, number: str) -> BirthDate:
    try:
        return parse_birth(field)
    except InputError:
        raise CardError("field 4 is no birth date", _CUT_SHORT, number) from None


def _issued(field: str, number: str) -> str:
    """ISO date, or "" for a card without. A broken date means that the scan broke off."""
    if not field:
        return ""
    try:
        return parse_birth(field).calendar().isoformat()
    except (InputError, ValueError):
        raise CardError("field 7 is no date of issue", _CUT_SHORT, number) from None
