"""A strip of receipt paper, laid out from top to bottom in black and white dots.

No grey: a thermal head burns a dot or does not. Sizes are for old eyes at 203 dpi (8 dots a
millimetre): lower-case letters are 1.7 mm high in the smallest text and 1.9 mm in the body, as in
a 12-point book face.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Literal
from unicodedata import normalize

import segno
from PIL import Image, ImageDraw, ImageFont

from controller.papers.bitmap import Bitmap
from ground.error import TramError
from ground.text import N_, Language

WIDTH_PX = 384
"""58 mm paper at 203 dpi; 576 is the usual width of 80 mm paper."""
MARGIN_PX = 4
TAIL_PX = 24
SMALL_PX, BODY_PX, TITLE_PX = 25, 28, 32
"""Sizes at which no two Vietnamese letters become the same dots (at 23 and 24, l and I do)."""
QR_PX = 208
"""Aim for a QR's side with its quiet zone: 26 mm, modules of 0.75 mm and more."""

FONT_FOLDER = Path("/usr/share/fonts/truetype/dejavu")
"""Where Debian's fonts-dejavu-core puts DejaVu Sans, which has every Vietnamese letter."""
FILES = {"regular": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}

WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "vi": ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
"""From Monday on, as the Unicode CLDR writes them. The C library's depend on installed locales."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Weight = Literal["regular", "bold"]
Align = Literal["left", "centre"]


class FontMissing(TramError):
    """The font of the papers is not installed."""


@cache
def font(weight: Weight, size_px: int) -> ImageFont.FreeTypeFont:
    """Basic layout: the same dots whether or not the machine has a shaping library."""
    path = FONT_FOLDER / FILES[weight]
    if not path.is_file():  # Pillow would search other folders, and print in another face
        raise FontMissing(
            f"font {path} is missing",
            N_("The font for printing is missing. Install it: apt install fonts-dejavu-core"),
        )
    return ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.BASIC)


@cache
def line_box(face: ImageFont.FreeTypeFont) -> tuple[int, int]:
    """(height, baseline) of a line in px. Marks stacked on capitals rise above the font's ascent,
    which knows no Vietnamese: without room for them Ấ prints as Â."""
    ascent, descent = face.getmetrics()
    marks = max(0, -int(face.getbbox("ẤẦẨẪẮẰẲẴẾỀỂỄỐỒỔỖ")[1]))
    return marks + ascent + descent, marks + ascent


@lru_cache(maxsize=2048)
def advance(face: ImageFont.FreeTypeFont, letter: str) -> float:
    """Width of one letter in px. Kerning only pulls letters together: sums are never too small."""
    return face.getlength(letter)


def width(face: ImageFont.FreeTypeFont, words: str) -> float:
    return sum(advance(face, letter) for letter in words)


def day_text(day: date, language: Language) -> str:
    """With the day of the week, since that is what people remember."""
    name = WEEKDAYS[language][day.weekday()]
    if language == "vi":
        return f"{name}, {day:%d/%m/%Y}"
    return f"{name}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_text(at: datetime) -> str:
    return at.strftime("%H:%M %d/%m/%Y")


class Strip:
    """Pieces one under the other; ``bitmap()`` ends the strip and joins them.

    Text is brought to NFC, white space is collapsed, lines are wrapped to the paper's width.
    """

    def __init__(self, width_px: int = WIDTH_PX) -> None:
        if width_px % 8 or width_px < WIDTH_PX:
            raise ValueError(f"paper width must be a multiple of 8 from {WIDTH_PX}, not {width_px}")
        self.width_px = width_px
        self._room_px = width_px - 2 * MARGIN_PX
        self._pieces: list[Image.Image] = []

    def text(
        self,
        words: str,
        size_px: int = BODY_PX,
        weight: Weight = "regular",
        align: Align = "left",
        hang: str = "",
    ) -> None:
        """A paragraph. ``hang`` is a mark (bullet) that the lines stand clear of."""
        face = font(weight, size_px)
        indent = round(width(face, hang))
        for row, line in enumerate(wrap(words, face, self._room_px - indent)):
            self._line(hang if row == 0 else "", indent, line, face, align)

    def field(self, label: str, value: str, size_px: int = BODY_PX) -> None:
        """A label, and its value in bold: on one line where both fit, else below it."""
        small, bold = font("regular", SMALL_PX), font("bold", size_px)
        label, value = clean(label), clean(value) or "—"
        if width(small, label) + MARGIN_PX * 4 + width(bold, value) > self._room_px:
            self.text(label, SMALL_PX)
            self.text(value, size_px, "bold")
            return
        height, base = line_box(bold)
        piece, draw = self._piece(height)
        draw.text((MARGIN_PX, base), label, fill=0, font=small, anchor="ls")
        draw.text((self.width_px - MARGIN_PX, base), value, fill=0, font=bold, anchor="rs")
        self._pieces.append(piece)

    def number(self, number: int, size_px: int) -> None:
        """Digits as large as asked for, or as the paper allows, without a text line's air."""
        digits = str(number)
        face = font("bold", size_px)
        if (wide := width(face, digits)) > self._room_px:
            face = font("bold", int(size_px * self._room_px / wide))
        left, top, right, bottom = face.getbbox(digits)
        piece, draw = self._piece(int(bottom - top))
        x = (self.width_px - (right - left)) / 2 - left
        draw.text((round(x), -top), digits, fill=0, font=face)
        self._pieces.append(piece)

    def banner(self, words: str, size_px: int = TITLE_PX) -> None:
        """White on black across the paper: what must be seen first."""
        face = font("bold", size_px)
        height, base = line_box(face)
        for line in wrap(words, face, self._room_px):
            piece, draw = self._piece(height + 4)
            draw.rectangle((0, 0, self.width_px, piece.height), fill=0)
            draw.text((self.width_px // 2, base + 2), line, fill=1, font=face, anchor="ms")
            self._pieces.append(piece)

    def rule(self) -> None:
        piece, draw = self._piece(18)
        draw.line((MARGIN_PX, 9, self.width_px - MARGIN_PX - 1, 9), fill=0, width=2)
        self._pieces.append(piece)

    def space(self, height_px: int) -> None:
        self._pieces.append(self._piece(height_px)[0])

    def picture(self, picture: Image.Image) -> None:
        """A black-and-white picture (mode 1, no wider than the paper), centred."""
        piece, _ = self._piece(picture.height)
        piece.paste(picture, ((self.width_px - picture.width) // 2, 0))
        self._pieces.append(piece)

    def qr(self, content: str) -> None:
        self.picture(qr_image(content))

    def bitmap(self) -> Bitmap:
        """The strip with 1 = black, and white below so that the cut spares the last line."""
        self.space(TAIL_PX)
        tops = [0, *accumulate(piece.height for piece in self._pieces)]
        paper = Image.new("1", (self.width_px, tops[-1]), 1)
        for top, piece in zip(tops, self._pieces, strict=False):
            paper.paste(piece, (0, top))
        return Bitmap(*paper.size, paper.tobytes("raw", "1;I"))

    def _line(
        self, mark: str, indent: int, words: str, face: ImageFont.FreeTypeFont, align: Align
    ) -> None:
        height, base = line_box(face)
        piece, draw = self._piece(height)
        if align == "centre":
            draw.text((self.width_px // 2, base), words, fill=0, font=face, anchor="ms")
        else:
            if mark:
                draw.text((MARGIN_PX, base), mark, fill=0, font=face, anchor="ls")
            draw.text((MARGIN_PX + indent, base), words, fill=0, font=face, anchor="ls")
        self._pieces.append(piece)

    def _piece(self, height_px: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        piece = Image.new("1", (self.width_px, height_px), 1)
        return piece, ImageDraw.Draw(piece)


def clean(words: str) -> str:
    """NFC, since the font draws composed letters only, and single spaces."""
    return " ".join(normalize("NFC", words).split())


def wrap(words: str, face: ImageFont.FreeTypeFont, room_px: float) -> list[str]:
    """Lines that fit ``room_px``, broken at spaces, and inside a word only if it must be."""
    lines, used = [""], 0.0
    space = advance(face, " ")
    for word in clean(words).split(" "):
        wide = width(face, word)
        if lines[-1] and used + space + wide <= room_px:
            lines[-1] += f" {word}"
            used += space + wide
            continue
        if lines[-1]:
            lines.append("")
        used = 0.0
        for letter in word:
            if lines[-1] and used + advance(face, letter) > room_px:
                lines.append("")
                used = 0.0
            lines[-1] += letter
            used += advance(face, letter)
    return lines


@lru_cache(maxsize=32)
def qr_image(content: str) -> Image.Image:
    """A QR with its quiet zone. Kept for reprints; the content is a code, never a person's data."""
    matrix = [bytearray(row) for row in segno.make(content, error="m", micro=False).matrix_iter()]
    side = len(matrix)
    dots = bytes(255 * (1 - dot) for row in matrix for dot in row)
    scale = max(3, QR_PX // side)
    small = Image.frombytes("L", (side, side), dots).convert("1", dither=Image.Dither.NONE)
    return small.resize((side * scale, side * scale), Image.Resampling.NEAREST)
