from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.identity.names import fold, readable, same, tidy


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("NGUYỄN VĂN ĐỨC", "nguyen van duc"),
        ("  Lê  Thị\tHòa ", "le thi hoa"),
        (unicodedata.normalize("NFD", "Trần Đình Thưởng"), "tran dinh thuong"),
        ("H'Hen Niê", "h hen nie"),
        ("Ksơr Y-Ƀhan", "ksor y bhan"),
    ],
)
def test_folding_forgets_case_tones_and_strokes(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_two_spellings_of_one_tone_are_the_same_name() -> None:
    assert same("NGUYỄN THỊ HÒA", "Nguyễn Thị Hoà")
    assert same("Trần Thúy", "Trần Thuý")


@pytest.mark.parametrize("other", ["Nguyễn Thị Hoa", "Nguyễn Thị Hóa", "Nguyên Thị Hòa", "Hòa"])
def test_another_tone_or_letter_is_another_name(other: str) -> None:
    assert not same("Nguyễn Thị Hòa", other)


def test_tidied_names_are_composed_and_singly_spaced() -> None:
    assert tidy(unicodedata.normalize("NFD", "  Lê   Thị  Hòa\n")) == "Lê Thị Hòa"


@pytest.mark.parametrize("text", ["Đặng Thùy Trâm", "H'Hen Niê", "Số 5/2, Ngõ 3 – TP. Huế", "ČƯ"])
def test_vietnamese_text_is_readable(text: str) -> None:
    assert readable(text)


@pytest.mark.parametrize("text", ["Nguyá»\x85n", "Nguy廙n", "Nguy\ufffdn", "NguyÅ¡n", "a\0b"])
def test_mojibake_is_not_readable(text: str) -> None:
    assert not readable(text)


@given(st.text(max_size=40))
def test_folding_any_text_twice_changes_nothing_more(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert fold(tidy(text)) == once
