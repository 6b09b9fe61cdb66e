from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.identity.birth import BirthDate
from controller.identity.card import Card, CardError, parse_card
from controller.identity.names import LETTERS, tidy
from controller.identity.person import Sex
from ground.error import InputError
from hw.twins import population

TEXT = (
    "026190004321|135123456|NGUYỄN THỊ THƯỞNG|02091990|Nữ|Thôn Đồng Tâm, Hải Lựu, Sông Lô, "
    "Vĩnh Phúc|20052017"
)
CARD = Card(
    number="026190004321",
    old_number="135123456",
    name="NGUYỄN THỊ THƯỞNG",
    birth=BirthDate(1990, 9, 2),
    sex=Sex.FEMALE,
    residence="Thôn Đồng Tâm, Hải Lựu, Sông Lô, Vĩnh Phúc",
    issued="2017-05-20",
)


@pytest.mark.parametrize(
    "scan",
    [
        TEXT,
        TEXT.encode(),
        TEXT.encode() + b"\r\n",
        b"\xef\xbb\xbf" + TEXT.encode(),
        "\ufeff" + TEXT + "\n",
    ],
)
def test_a_card_is_read_from_text_and_bytes(scan: bytes | str) -> None:
    assert parse_card(scan) == CARD


def test_a_new_card_keeps_its_further_fields_raw() -> None:
    card = parse_card(TEXT + "|LÊ THỊ B||A|0")
    assert card.rest == ("LÊ THỊ B", "", "A", "0")
    assert card.person() == CARD.person()


@pytest.mark.parametrize("old", ["", "026090004320"])
def test_the_old_number_may_be_missing_or_have_twelve_digits(old: str) -> None:
    assert parse_card(TEXT.replace("135123456", old)).old_number == old


def test_a_card_with_zeros_in_its_birth_date_is_read_as_incomplete() -> None:
    assert parse_card(TEXT.replace("02091990", "00001990")).birth == BirthDate(1990)


def test_a_card_without_a_date_of_issue_is_read() -> None:
    assert parse_card(TEXT.removesuffix("20052017")).issued == ""


@pytest.mark.parametrize("guess", ["latin-1", "cp1258", "mac_roman", "big5", "shift_jis"])
def test_letters_of_a_wrong_guess_come_back_or_the_scan_is_refused(guess: str) -> None:
    """Never anything in between: no name with a wrong letter."""
    garbled = TEXT.encode().decode(guess, "replace")
    try:
        read = parse_card(garbled)
    except CardError as refused:
        outcome: object = (refused.number, "camera" in refused.advice)
    else:
        outcome = read
    assert outcome in (CARD, (CARD.number, True))


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_latin_1_guess_is_undone(as_bytes: bool) -> None:
    garbled = TEXT.encode().decode("latin-1")
    assert parse_card(garbled.encode() if as_bytes else garbled) == CARD


@pytest.mark.parametrize("guess", ["cp1252", "cp1258", "big5", "shift_jis", "cp932", "gb18030"])
def test_wherever_a_guess_lost_nothing_the_card_comes_back_exactly(guess: str) -> None:
    came_back = 0
    for row in population.people(400, seed=9):
        text = population.card_text(row)
        try:
            garbled = text.encode().decode(guess)
        except UnicodeDecodeError:
            continue  # this guess has no reading of the text: such a scanner loses letters
        assert parse_card(garbled) == parse_card(text)
        came_back += 1
    assert came_back > 10


def test_a_windows_keyboard_that_passes_undefined_bytes_is_undone() -> None:
    garbled = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in TEXT.encode())
    assert "\x90" in garbled
    assert parse_card(garbled) == CARD


def test_bytes_of_the_vietnamese_windows_code_page_are_read() -> None:
    decomposed = "".join(
        # cp1258 has the letters with marks, and the tones as combining signs of their own
        unicodedata.normalize("NFC", letters[:-1]) + letters[-1]
        if len(letters) > 1 and letters[-1] in "\u0300\u0301\u0303\u0309\u0323"
        else unicodedata.normalize("NFC", letters)
        for letters in _clusters(TEXT)
    )
    assert parse_card(decomposed.encode("cp1258")) == CARD


def _clusters(text: str) -> list[str]:
    """Each letter with its marks, the tone last."""
    clusters: list[str] = []
    for c in unicodedata.normalize("NFD", text):
        if unicodedata.combining(c):
            clusters[-1] += c
        else:
            clusters.append(c)
    tones = "\u0300\u0301\u0303\u0309\u0323"
    return [c[0] + "".join(sorted(c[1:], key=lambda mark: mark in tones)) for c in clusters]


def test_question_marks_for_letters_are_not_taken_for_a_name() -> None:
    lost = TEXT.encode("ascii", "replace").decode()
    with pytest.raises(CardError):
        parse_card(lost)
    with pytest.raises(CardError):
        parse_card(lost.replace("N?", "Nam"))


@pytest.mark.parametrize(
    ("scan", "log"),
    [
        ("", "1 fields"),
        ("https://example.org/menu", "1 fields"),
        ("026190004321|135123456|NGUYỄN", "3 fields"),
        (TEXT.replace("026190004321", "02619000432"), "field 1"),
        (TEXT.replace("026190004321", "135123456"), "field 1"),
        (TEXT.replace("135123456", "13512"), "field 2"),
        (TEXT.replace("NGUYỄN THỊ THƯỞNG", ""), "field 3"),
        (TEXT.replace("02091990", "0209199"), "field 4"),
        (TEXT.replace("Nữ", "X"), "field 5"),
        (TEXT[:-1], "field 7"),
        ("x" * 5000, "too long"),
    ],
)
def test_each_broken_scan_is_named_by_its_field_and_tells_nothing(scan: str, log: str) -> None:
    with pytest.raises(CardError) as error:
        parse_card(scan)
    assert log in str(error.value)
    assert error.value.advice.endswith(".")
    assert "NGUY" not in str(error.value)


def test_the_number_of_a_scan_that_broke_off_is_kept_for_the_operator() -> None:
    with pytest.raises(CardError) as error:
        parse_card(TEXT[:40])
    assert error.value.number == "026190004321"


def test_a_card_does_not_show_itself() -> None:
    assert "NGUY" not in f"{CARD!r} {CARD} {CARD.birth}"
    assert CARD.__rich_repr__() == []


@given(st.binary(max_size=300))
def test_any_bytes_are_a_card_or_an_input_error(scan: bytes) -> None:
    with_number = b"026190004321||" + scan
    for candidate in (scan, with_number, with_number + b"|02091990|Nam|X|20052017"):
        with suppress(InputError):
            assert len(parse_card(candidate).number) == 12


@given(st.text(max_size=100))
def test_any_text_is_a_card_or_an_input_error(scan: str) -> None:
    for candidate in (scan, f"026190004321||{scan}|02091990|Nam|X|20052017"):
        with suppress(InputError):
            assert len(parse_card(candidate).number) == 12


_TEXTS = st.text(st.sampled_from(sorted(LETTERS) + list("abcXYZ ,./'-0123456789")), max_size=60)
_NUMBERS = st.from_regex(r"[0-9]{12}", fullmatch=True)


@given(
    number=_NUMBERS,
    old=st.one_of(st.just(""), st.from_regex(r"[0-9]{9}", fullmatch=True), _NUMBERS),
    name=_TEXTS.filter(str.strip),
    birth=st.dates(date(1900, 1, 1)),
    sex=st.sampled_from(["Nam", "Nữ"]),
    residence=_TEXTS,
    issued=st.dates(date(2012, 1, 1)),
    rest=st.lists(_TEXTS, max_size=4),
    garble=st.sampled_from([None, "latin-1"]),
)
def test_what_is_on_a_card_is_what_is_read(
    number: str,
    old: str,
    name: str,
    birth: date,
    sex: str,
    residence: str,
    issued: date,
    rest: list[str],
    garble: str | None,
) -> None:
    fields = [number, old, name, f"{birth:%d%m%Y}", sex, residence, f"{issued:%d%m%Y}", *rest]
    scan = "|".join(fields).encode()
    card = parse_card(scan.decode(garble) if garble else scan)
    assert card == Card(
        number=number,
        old_number=old,
        name=tidy(name),
        birth=BirthDate(birth.year, birth.month, birth.day),
        sex=Sex.MALE if sex == "Nam" else Sex.FEMALE,
        residence=tidy(residence),
        issued=issued.isoformat(),
        rest=tuple(map(tidy, rest)),
    )


def test_the_cards_of_the_made_up_district_are_read() -> None:
    for row in population.people(300, seed=5):
        card = parse_card(population.card_text(row).encode())
        assert (card.number, card.name) == (row["number"], row["name"])
