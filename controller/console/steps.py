"""What an operator's next step with a dossier is, and how far a group's tickets are. Pure."""

from __future__ import annotations

from controller.views import DossierView, StationView


def step(dossier: DossierView) -> str:
    """What the operator's next step with a dossier is about."""
    if dossier.finding is not None:
        return "finding"
    if dossier.stage == "checked_in":
        return "identify"
    if dossier.stage != "identified":
        return "papers"
    devices = [capture.place for capture in dossier.captures]
    return dossier.place if dossier.place in (*devices, "review") else "waiting"


ATTENTION = ("finding", "identify", "review")
"""Steps in which the person sits before the operator."""
WAYS_OUT = ("refer", "abandon")
"""The forms that every step offers."""


def urgency(dossier: DossierView) -> int:
    devices = [capture.place for capture in dossier.captures]
    order = ["finding", "identify", "review", *devices, "waiting", "papers"]
    return order.index(step(dossier))


def group_counts(view: StationView, group: str) -> tuple[int, int]:
    """(tickets issued or being printed, people expected) of a scheduled group."""
    expected = next((g for g in view.groups if g.id == group), None)
    if expected is None:
        return 0, 0
    return expected.issued + sum(t.group == group for t in view.printing), expected.people
