"""Text on a strip: every Vietnamese letter whole and itself, every line within the paper."""

from __future__ import annotations

import unicodedata
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from controller.papers import layout
from controller.papers.bitmap import Bitmap
from controller.papers.layout import BODY_PX, SMALL_PX, TITLE_PX, FontMissing, Strip, font, wrap

VOWELS = "aăâeêioôơuưy"
TONES = ["", "\N{COMBINING GRAVE ACCENT}", "\N{COMBINING HOOK ABOVE}", "\N{COMBINING TILDE}"]
TONES += ["\N{COMBINING ACUTE ACCENT}", "\N{COMBINING DOT BELOW}"]
LOWER = [unicodedata.normalize("NFC", v + t) for v, t in product(VOWELS, TONES)]
LOWER += list("bcdđghklmnpqrstvx")
LETTERS = LOWER + [letter.upper() for letter in LOWER]
FACES = [("regular", SMALL_PX), ("regular", BODY_PX), ("bold", BODY_PX), ("bold", TITLE_PX)]


def black(paper: Bitmap) -> int:
    return int.from_bytes(paper.rows, "big").bit_count()


@pytest.mark.parametrize(("weight", "size_px"), FACES)
def test_every_vietnamese_letter_has_a_glyph_of_its_own(
    weight: layout.Weight, size_px: int
) -> None:
    assert len(LETTERS) == 178
    assert all(len(letter) == 1 for letter in LETTERS)
    drawn = {letter: _drawn(letter, weight, size_px) for letter in [*LETTERS, "\uffff"]}
    assert len(set(drawn.values())) == len(drawn)


def _drawn(letter: str, weight: layout.Weight, size_px: int) -> bytes:
    strip = Strip()
    strip.text(letter, size_px, weight)
    return strip.bitmap().rows


@pytest.mark.parametrize(("weight", "size_px"), FACES)
def test_no_mark_of_a_letter_is_cut_off(weight: layout.Weight, size_px: int) -> None:
    for letter in LETTERS:
        free = Image.new("1", (100, 150), 1)
        ImageDraw.Draw(free).text((50, 75), letter, fill=0, font=font(weight, size_px))
        whole = Bitmap(0, 0, free.tobytes("raw", "1;I"))
        strip = Strip()
        strip.text(letter, size_px, weight)
        assert black(strip.bitmap()) == black(whole), letter


def test_decomposed_letters_print_as_composed_ones() -> None:
    name = "Nguyễn Thị Phượng"
    slips = []
    for spelling in (unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)):
        strip = Strip()
        strip.text(spelling)
        slips.append(strip.bitmap())
    assert slips[0] == slips[1]


names = st.lists(st.text(st.sampled_from(LETTERS), min_size=1, max_size=40), max_size=12)


@given(words=names.map(" ".join), face=st.sampled_from(FACES), room_px=st.integers(200, 568))
def test_wrapped_lines_fit_and_lose_nothing(
    words: str, face: tuple[layout.Weight, int], room_px: int
) -> None:
    lines = wrap(words, font(*face), room_px)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert all(font(*face).getlength(line) <= room_px for line in lines)


@pytest.mark.parametrize("width_px", [384, 576])
def test_a_very_long_name_leaves_the_margins_white(width_px: int) -> None:
    strip = Strip(width_px)
    strip.field("Họ và tên", "Công Tằng Tôn Nữ Thị Huyền Trân " * 5 + "W" * 80)
    strip.text("Ẫ" * 100, align="centre")
    paper = strip.bitmap()
    stride = width_px // 8
    rows = [paper.rows[at : at + stride] for at in range(0, len(paper.rows), stride)]
    assert not any(row[0] & 0xE0 or row[-1] & 0x07 for row in rows)


def test_a_missing_font_names_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(layout, "FONT_FOLDER", tmp_path)
    with pytest.raises(FontMissing) as caught:
        font("bold", 7)
    assert "apt install fonts-dejavu-core" in caught.value.advice


def test_a_paper_narrower_than_the_layout_is_refused() -> None:
    with pytest.raises(ValueError, match="width"):
        Strip(380)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_is_written_as_the_unicode_cldr_has_it(day: date) -> None:
    assert layout.day_text(day, "vi") == format_date(day, "EEEE, dd/MM/yyyy", locale="vi")
    assert layout.day_text(day, "en") == format_date(day, "EEEE, d MMM yyyy", locale="en")


def test_the_day_of_the_week_comes_first() -> None:
    assert layout.day_text(date(2026, 11, 29), "vi") == "Chủ Nhật, 29/11/2026"
    assert layout.day_text(date(2026, 5, 4), "en") == "Monday, 4 May 2026"
