"""What a check of a packet found, as messages of the catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ground.text import text


@dataclass(frozen=True)
class Finding:
    """``message`` is a message id of the catalogs, ``params`` fill its fields."""

    message: str
    params: Mapping[str, object]

    def __str__(self) -> str:
        return text("en", self.message, **self.params)


@dataclass
class Report:
    """``good``: what was proven. ``problems``: what is wrong. ``notes``: what was not proven."""

    good: list[Finding] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.problems

    def proven(self, message: str, **params: object) -> None:
        self.good.append(Finding(message, params))

    def wrong(self, message: str, **params: object) -> None:
        self.problems.append(Finding(message, params))

    def note(self, message: str, **params: object) -> None:
        self.notes.append(Finding(message, params))


def shown(name: str) -> str:
    """``name`` out of a packet nobody has vouched for, fit for a terminal: ASCII, 80 characters."""
    return ascii(name)[1:-1][:80]
