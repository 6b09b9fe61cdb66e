"""The words of what only the booth's screens show.

Screens and the API get values like ``right_thumb`` from the station; what those of the vocabulary
are called stands in ``ground/text/words.py``.
"""

from __future__ import annotations

from ground.text import N_

HEALTH = {
    "starting": N_("starting"),
    "ready": N_("ready"),
    "failed": N_("failed"),
    "absent": N_("not installed"),
}
CLOCK_UNSET = N_(
    "The booth's clock is not set: until it is, the region does not count what is done here. "
    "Connect the booth to its network, then the clock sets itself. If this persists, call a "
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


def clock(minute_of_day: int) -> str:
    return f"{minute_of_day // 60:02d}:{minute_of_day % 60:02d}"
