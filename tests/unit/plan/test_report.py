"""A plan is read in Vietnamese as in English: the same figures, no word left standing."""

from __future__ import annotations

import re

from ground.text import Language
from plan import campaign, report
from plan import scenario as files


def told(language: Language) -> str:
    chosen = files.load("quang-tri")
    found = campaign.outlook(chosen, 1)
    table = campaign.what_if(chosen, [2], [12.0], 1)
    return report.as_text(chosen, found, table, language)


def test_a_plan_is_told_in_both_languages() -> None:
    english, vietnamese = told("en"), told("vi")
    assert english.splitlines()[0].endswith("2 sets, 06:30–24:00, 3 shifts")
    assert vietnamese.splitlines()[0].endswith("2 bộ, 06:30–24:00, 3 ca")
    own = vietnamese.split("\n\n", 1)[1]  # what the scenario's file says of itself stays
    for word in ("pace", "per set", "waiting", "busy", "finished", "in time", "what if", "left"):
        assert word not in own
    assert "nhịp độ" in own
    assert re.findall(r"\d{4}-\d\d-\d\d", own) == re.findall(r"\d{4}-\d\d-\d\d", english)
