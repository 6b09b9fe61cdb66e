"""The clerk's guides name the buttons as they stand on the screen, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ground.text import catalog

DOCS = Path(__file__).parents[3] / "docs"
ENGLISH = DOCS / "clerk.md"
VIETNAMESE = DOCS / "clerk.vi.md"
PAIR = re.compile(r"\*\*([^*]+)\*\*\s+\(\*([^*]+)\*\)")
FIELD = re.compile(r"\{\w+\}")


def one_line(text: str) -> str:
    return " ".join(text.split())


def on_screens() -> dict[str, str]:
    """English label → Vietnamese label, fields as "…"."""
    return {FIELD.sub("…", en): FIELD.sub("…", vi) for en, vi in catalog().texts.items()}


def named() -> list[tuple[str, str]]:
    return [(one_line(en), one_line(vi)) for en, vi in PAIR.findall(ENGLISH.read_text())]


@pytest.mark.parametrize(("english", "vietnamese"), named())
def test_a_button_is_named_as_it_stands_on_the_screen(english: str, vietnamese: str) -> None:
    assert on_screens()[english] == vietnamese


def test_the_vietnamese_guide_names_the_same_buttons() -> None:
    guide = one_line(VIETNAMESE.read_text())
    pattern = {vi: re.escape(vi).replace("…", r"[^*]+") for _, vi in named()}
    missing = [vi for vi, found in pattern.items() if not re.search(rf"\*\*{found}\*\*", guide)]
    assert missing == []
    assert len(pattern) > 30
