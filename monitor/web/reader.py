"""Who reads a page: in which language, which numbers and times look how.

Times are shown on the region's own clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ground.hours import VIETNAM, day_start_ms, local_day
from ground.text import Language, text


def midnight(now: int) -> int:
    """Start of the region's day that ``now`` (ms UTC) is in, in ms UTC."""
    return day_start_ms(local_day(now))


def local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, VIETNAM)


@dataclass(frozen=True)
class Reader:
    language: Language

    def say(self, message: str, **params: object) -> str:
        """``message`` (a literal: extraction reads these calls) in the reader's language."""
        return text(self.language, message, **params)

    def count(self, number: float, digits: int = 0) -> str:
        """1234.5 → "1.234,5" in Vietnamese, "1,234.5" in English."""
        written = f"{number:,.{digits}f}"
        if self.language == "vi":
            return written.translate(str.maketrans(",.", ".,"))
        return written

    def percent(self, part: float) -> str:
        """0.9871 → "98 %": never rounded up to something that is not reached."""
        return f"{int(part * 100)} %"

    def clock(self, ms: int) -> str:
        return f"{local(ms):%H:%M}"

    def moment(self, ms: int, now: int) -> str:
        """Clock time today, date and time otherwise."""
        return self.clock(ms) if midnight(now) == midnight(ms) else f"{local(ms):%d/%m %H:%M}"

    def day(self, day: date) -> str:
        return f"{day:%d/%m/%Y}"

    def span(self, ms: float) -> str:
        """How long: "3 min", "2 h 05", "4 d 3 h"."""
        minutes = int(ms // 60_000)
        if minutes < 1:
            return self.say("{n} s", n=max(0, int(ms // 1000)))
        if minutes < 60:
            return self.say("{n} min", n=minutes)
        if minutes < 24 * 60:
            return self.say("{h} h {m:02d}", h=minutes // 60, m=minutes % 60)
        return self.say("{d} d {h} h", d=minutes // 1440, h=minutes % 1440 // 60)
