"""What is wrong with a configuration, in lines that a technician can act on, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ground.error import InputError
from ground.text import N_, Language, text

WRONG = N_("The configuration {source} has errors. Correct them and start again:\n{listing}")


@dataclass(frozen=True)
class Line:
    """A message id and what fills its fields: values, and lines within the line."""

    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def told(self, language: Language) -> str:
        said = {name: _told(language, value) for name, value in self.params.items()}
        return text(language, self.message, **said)

    def __str__(self) -> str:
        return self.told("en")


def _told(language: Language, value: object) -> object:
    if isinstance(value, tuple):
        return ", ".join(str(_told(language, one)) for one in value)
    return value.told(language) if isinstance(value, Line) else value


def line(message: str, **params: object) -> Line:
    return Line(message, params)


class ConfigErrors(InputError):
    """All errors of a configuration; ``lines`` has one for each, in English."""

    def __init__(self, source: str, problems: Sequence[Line], advice: str = WRONG) -> None:
        self.problems = tuple({str(one): one for one in problems}.values())
        self.lines = tuple(map(str, self.problems))
        self.source = source
        listing = _listing(self.lines)
        count = len(self.lines)
        super().__init__(
            f"{source} has {count} error{'s' if count != 1 else ''}:\n{listing}"
            if count
            else f"{source}: {text('en', advice, source=source)}",
            advice,
            source=source,
            listing=listing,
        )

    def told(self, language: Language) -> str:
        listing = _listing([one.told(language) for one in self.problems])
        return text(language, self.advice, source=self.source, listing=listing)


def _listing(lines: Sequence[str]) -> str:
    return "\n".join(f"  {one}" for one in lines)
