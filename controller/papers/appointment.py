"""The appointment slip: what the citizen takes home, and needs to get the card."""

from __future__ import annotations

from controller.papers.bitmap import Bitmap
from controller.papers.facts import AppointmentFacts
from controller.papers.layout import (
    BODY_PX,
    SMALL_PX,
    TITLE_PX,
    WIDTH_PX,
    Strip,
    day_text,
    moment_text,
)
from edge.journal.events import Delivery
from ground.text import N_, Language, text


def appointment(
    facts: AppointmentFacts, language: Language = "vi", width_px: int = WIDTH_PX
) -> Bitmap:
    strip = Strip(width_px)
    strip.text(facts.station, SMALL_PX, align="centre")
    strip.text(text(language, N_("APPOINTMENT SLIP")), TITLE_PX, "bold", "centre")
    strip.text(text(language, N_("for your identity card")), SMALL_PX, align="centre")
    strip.rule()
    strip.text(facts.name, TITLE_PX, "bold", "centre")
    strip.qr(facts.dossier)
    strip.text(text(language, N_("Dossier code")), SMALL_PX, align="centre")
    strip.text(facts.dossier, TITLE_PX, "bold", "centre")
    strip.rule()
    if facts.delivery is Delivery.POST:
        strip.banner(text(language, N_("BY POST")))
        strip.space(6)
        strip.text(text(language, N_("The card comes to this address:")), SMALL_PX)
        strip.text(facts.address, BODY_PX, "bold")
        strip.text(text(language, N_("Expected by:")), SMALL_PX)
        note = N_("Keep this slip until the card has come.")
    else:
        strip.banner(text(language, N_("COLLECT IN PERSON")))
        strip.space(6)
        strip.text(text(language, N_("Place:")), SMALL_PX)
        strip.text(facts.address, BODY_PX, "bold")
        strip.text(text(language, N_("Come on or after:")), SMALL_PX)
        note = N_("Bring this slip and your old card when you collect the new one.")
    strip.text(day_text(facts.come_on, language), BODY_PX, "bold")
    strip.rule()
    strip.text(text(language, note), SMALL_PX)
    strip.text(text(language, N_("Issued {at}"), at=moment_text(facts.at)), SMALL_PX)
    return strip.bitmap()
