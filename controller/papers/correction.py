"""For people who leave without capture: the correction slip and the refusal, with what to do."""

from __future__ import annotations

from datetime import datetime

from controller.papers import words
from controller.papers.bitmap import Bitmap
from controller.papers.facts import CorrectionFacts, RefusalFacts
from controller.papers.layout import (
    BODY_PX,
    SMALL_PX,
    TITLE_PX,
    WIDTH_PX,
    Strip,
    day_text,
    moment_text,
)
from edge.journal.events import RefusalReason
from ground.text import N_, Language, text

REFUSALS = {
    RefusalReason.UNDER_AGE: (
        N_("You are not old enough for an identity card yet."),
        N_("You may come from:"),
    ),
    RefusalReason.ALREADY_ENROLLED: (
        N_("Your data have already been taken. You do not need to come again."),
        N_("Taken on:"),
    ),
}


def correction(
    facts: CorrectionFacts, language: Language = "vi", width_px: int = WIDTH_PX
) -> Bitmap:
    strip = Strip(width_px)
    _head(strip, N_("CORRECTION SLIP"), facts, language)
    strip.text(text(language, words.REFERRAL[facts.reason]), BODY_PX, "bold")
    if facts.birth:
        strip.field(text(language, N_("Recorded birth date")), facts.birth)
    strip.text(text(language, N_("Your data must be corrected before the card can be made.")))
    strip.space(10)
    strip.banner(text(language, N_("WHERE TO GO")), BODY_PX)
    strip.text(text(language, facts.where), BODY_PX, "bold")
    strip.space(10)
    strip.banner(text(language, N_("WHAT TO BRING")), BODY_PX)
    for thing in facts.bring:
        strip.text(text(language, thing), hang="• ")
    strip.rule()
    strip.text(text(language, N_("Then come back to this station.")), BODY_PX, "bold")
    _foot(strip, facts.dossier, facts.at)
    return strip.bitmap()


def refusal(facts: RefusalFacts, language: Language = "vi", width_px: int = WIDTH_PX) -> Bitmap:
    reason, day = REFUSALS[facts.reason]
    strip = Strip(width_px)
    _head(strip, N_("NOTICE"), facts, language)
    strip.text(text(language, reason), BODY_PX, "bold")
    strip.space(10)
    strip.text(text(language, day))
    strip.text(day_text(facts.day, language), BODY_PX, "bold")
    strip.rule()
    _foot(strip, facts.dossier, facts.at)
    return strip.bitmap()


def _head(
    strip: Strip, title: str, facts: CorrectionFacts | RefusalFacts, language: Language
) -> None:
    strip.text(facts.station, SMALL_PX, align="centre")
    strip.text(text(language, title), TITLE_PX, "bold", "centre")
    strip.rule()
    strip.text(facts.name, TITLE_PX, "bold")
    strip.space(6)


def _foot(strip: Strip, dossier: str, at: datetime) -> None:
    strip.qr(dossier)
    strip.text(dossier, BODY_PX, "bold", "centre")
    strip.text(moment_text(at), SMALL_PX, align="centre")
