"""The intake form: all that was recorded, for the citizen to read, check and sign."""

from __future__ import annotations

from controller.papers import words
from controller.papers.bitmap import Bitmap
from controller.papers.facts import IntakeFacts
from controller.papers.layout import (
    SMALL_PX,
    TITLE_PX,
    WIDTH_PX,
    Strip,
    moment_text,
)
from ground.text import N_, Language, text
from ground.text.words import ROSTER, SEXES

SIGNATURE_PX = 110
"""Room to sign: 14 mm."""


def intake_form(facts: IntakeFacts, language: Language = "vi", width_px: int = WIDTH_PX) -> Bitmap:
    strip = Strip(width_px)

    def field(label: str, value: str) -> None:
        strip.field(text(language, label), value)

    strip.text(facts.station, SMALL_PX, align="centre")
    strip.text(text(language, N_("INTAKE FORM")), TITLE_PX, "bold", "centre")
    strip.text(moment_text(facts.at), SMALL_PX, align="centre")
    field(N_("Dossier"), facts.dossier)
    strip.rule()
    field(N_("Full name"), facts.name)
    field(N_("Identity number"), facts.number)
    if facts.old_number:
        field(N_("Old number"), facts.old_number)
    field(N_("Date of birth"), facts.birth)
    field(N_("Sex"), text(language, SEXES[facts.sex]) if facts.sex else "")
    field(N_("Residence"), facts.residence)
    strip.rule()
    field(N_("Population database"), text(language, ROSTER[facts.outcome]))
    for contradiction in facts.contradictions:
        strip.text(text(language, words.CONTRADICTION[contradiction]), SMALL_PX, hang="• ")
    for capture in facts.captures:
        field(capture.label, capture.taken.told(language))
        for note in capture.notes:
            strip.text(note.told(language), SMALL_PX, hang="• ")
    strip.rule()
    strip.text(
        text(language, N_("I have read the above. It is right and complete.")),
        SMALL_PX,
    )
    strip.space(6)
    strip.text(text(language, N_("Signature and full name")), SMALL_PX, align="centre")
    strip.space(SIGNATURE_PX)
    strip.rule()
    return strip.bitmap()
