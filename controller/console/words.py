"""The words of what only the booth's screens show, and messages with values in them said in words.

Screens and the API get values like ``right_thumb`` from the station; what those of the vocabulary
are called stands in ``ground/text/words.py``.
"""

from __future__ import annotations

from controller.views import Message
from ground.text import N_, Language, text
from ground.text.words import DELIVERIES, DEVICES, FAULTS, KINDS, PAPERS, POSITIONS

HEALTH = {
    "starting": N_("starting"),
    "ready": N_("ready"),
    "failed": N_("failed"),
    "absent": N_("not installed"),
}
CLOCK_UNSET = N_(
    "The booth's clock is not set: until it is, the region does not count what is done here. "
    "Connect the booth to its network, then the clock sets itself. If this stays, call a "
    "technician."
)
KIND_HINTS = {
    "walk_in": N_("whoever comes"),
    "priority": N_("old, disabled, pregnant, small children"),
    "group": N_("school class or agency with an appointment"),
}
CONTRADICTED_FIELDS = {
    "name_differs": "name",
    "birth_differs": "birth",
    "sex_differs": "sex",
    "residence_differs": "residence",
    "old_number_differs": "old_number",
    "number_sex": "sex",
    "number_year": "birth",
    "number_province": "number",
}
"""Which field of a ``PersonView`` a contradiction is about."""
PLACES = {
    "desk": N_("Desk"),
    "scanner": N_("Card"),
    "waiting": N_("Waits"),
    "review": N_("Review"),
    "papers": N_("Papers"),
}
"""Where a person is; the places of stages are in their panels."""
SPANS = {
    "identify": N_("Identification"),
    "review": N_("Review and confirmation"),
    "papers": N_("Papers"),
    "total": N_("Whole dossier"),
}
FIELDS = {
    "number": N_("Number"),
    "old_number": N_("Old number"),
    "name": N_("Full name"),
    "birth": N_("Birth"),
    "sex": N_("Sex"),
    "residence": N_("Residence"),
    "hamlet": N_("Hamlet"),
}

_BY_PARAMETER: dict[str, dict[str, str]] = {
    "device": DEVICES,
    "fault": FAULTS,
    "finger": POSITIONS,
    "position": POSITIONS,
    "other": POSITIONS,
    "kind": KINDS,
    "paper": PAPERS,
    "delivery": DELIVERIES,
}
"""Parameters of messages that carry an enum's value, and its words."""
_MESSAGES = ("reason", "where", "what", "advice")
"""Parameters of messages that are message ids themselves."""


def rendered(language: Language, message: Message) -> str:
    """``message`` in ``language``, enums among its parameters in words of that language."""
    params = {name: _worded(language, name, value) for name, value in message.params.items()}
    return text(language, message.text, **params)


def _worded(language: Language, name: str, value: object) -> object:
    if isinstance(value, Message):
        return rendered(language, value)
    if isinstance(value, tuple):
        return "; ".join(str(_worded(language, name, one)) for one in value)
    if not isinstance(value, str):
        return value
    if name in _MESSAGES:
        return text(language, value)
    words = _BY_PARAMETER.get(name, {})
    return text(language, words[value]) if value in words else str(value)
