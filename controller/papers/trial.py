"""The technician's test page: a dead dot, a wrong width or a missing letter shows at a glance."""

from __future__ import annotations

from datetime import datetime

from PIL import Image, ImageDraw

from controller.papers.bitmap import Bitmap
from controller.papers.layout import BODY_PX, SMALL_PX, TITLE_PX, WIDTH_PX, Strip, moment_text
from ground.text import N_, Language, text

LETTERS = "AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXY aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = "à ả ã á ạ ằ ẳ ẵ ắ ặ ầ ẩ ẫ ấ ậ ừ ử ữ ứ ự ỳ ỷ ỹ ý ỵ"
DOTS_PER_CM = 80


def trial_page(
    at: datetime, station: str, language: Language = "vi", width_px: int = WIDTH_PX
) -> Bitmap:
    strip = Strip(width_px)
    strip.text(text(language, N_("PRINTER TEST")), TITLE_PX, "bold", "centre")
    strip.text(station, SMALL_PX, align="centre")
    strip.text(moment_text(at), SMALL_PX, align="centre")
    strip.picture(_ruler(width_px))
    strip.text(text(language, N_("The ruler must reach both edges; one step is 1 cm.")), SMALL_PX)
    strip.rule()
    strip.text(LETTERS, BODY_PX)
    strip.text(TONES, BODY_PX)
    strip.rule()
    strip.qr(station)
    strip.text(text(language, N_("If all of this can be read, the printer is good.")), SMALL_PX)
    return strip.bitmap()


def _ruler(width_px: int) -> Image.Image:
    """A solid bar (dead dots show as white lines), a ruler in cm, a grey of single dots."""
    picture = Image.new("1", (width_px, 72), 1)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 4, width_px, 19), fill=0)
    for x in range(0, width_px, DOTS_PER_CM // 10):
        draw.line((x, 24, x, 44 if x % DOTS_PER_CM == 0 else 34), fill=0)
    draw.line((width_px - 1, 24, width_px - 1, 44), fill=0)
    for y in range(48, 68):
        draw.point([(x, y) for x in range(y % 2, width_px, 2)], fill=0)
    return picture
