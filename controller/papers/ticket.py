"""The queue ticket: a number to be read across a hall, and how long it may take."""

from __future__ import annotations

from controller.papers import words
from controller.papers.bitmap import Bitmap
from controller.papers.facts import TicketFacts
from controller.papers.layout import SMALL_PX, TITLE_PX, WIDTH_PX, Strip, moment_text
from edge.journal.events import TicketKind
from ground.text import N_, Language, text

NUMBER_PX = 190


def ticket(facts: TicketFacts, language: Language = "vi", width_px: int = WIDTH_PX) -> Bitmap:
    strip = Strip(width_px)
    strip.text(facts.station, SMALL_PX, align="centre")
    strip.text(text(language, N_("YOUR NUMBER")), TITLE_PX, "bold", "centre")
    strip.space(6)
    strip.number(facts.number, NUMBER_PX)
    strip.space(16)
    kind = text(language, words.TICKET_KIND[facts.kind])
    if facts.kind is TicketKind.WALK_IN:
        strip.text(kind, align="centre")
    else:
        strip.banner(kind)
    strip.rule()
    strip.field(text(language, N_("People before you")), str(facts.ahead), TITLE_PX)
    strip.field(text(language, N_("Estimated wait")), _wait(facts.wait_min, language))
    strip.rule()
    strip.qr(facts.code)
    strip.text(moment_text(facts.at), SMALL_PX, align="centre")
    strip.text(
        text(language, N_("Please keep this ticket and wait until your number is called.")),
        SMALL_PX,
        align="centre",
    )
    return strip.bitmap()


def _wait(minutes: int | None, language: Language) -> str:
    if minutes is None:
        return text(language, N_("not known yet"))
    if minutes < 60:
        return text(language, N_("{minutes} min"), minutes=max(1, minutes))
    hours, rest = divmod(minutes, 60)
    return text(language, N_("{hours} h {minutes} min"), hours=hours, minutes=rest)
