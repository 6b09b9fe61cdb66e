"""A plan as text for people, and as JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from ground.text import P_, Language, text
from plan.campaign import Outlook
from plan.scenario import Scenario

Table = Mapping[tuple[int, float], Outlook]


def as_text(
    scenario: Scenario, outlook: Outlook, table: Table | None = None, language: Language = "en"
) -> str:
    """Some lines of about 80 columns, the what-if table last."""
    return "\n".join(_Report(language).lines(scenario, outlook, table or {}))


def as_json(scenario: Scenario, outlook: Outlook, table: Table | None = None) -> dict[str, Any]:
    """Plain values; days as yyyy-mm-dd; no number is infinite."""
    cells = [
        {"sets": sets, "hours": hours, **_plain(asdict(one))}
        for (sets, hours), one in (table or {}).items()
    ]
    return {"name": scenario.name, **_plain(asdict(outlook)), "what_if": cells}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value


WIDTH = 12
"""Of the column that tells what a line is about."""


class _Report:
    def __init__(self, language: Language) -> None:
        self._language = language

    def say(self, message: str, **params: object) -> str:
        return text(self._language, message, **params)

    def _about(self, what: str, said: str) -> str:
        return f"{what:<{WIDTH}}{said}"

    def _count(self, number: float) -> str:
        """1204 is "1,204", in Vietnamese "1.204"."""
        written = f"{number:,.0f}"
        return written.replace(",", ".") if self._language == "vi" else written

    def _tenth(self, number: float) -> str:
        written = f"{number:.1f}"
        return written.replace(".", ",") if self._language == "vi" else written

    def lines(self, scenario: Scenario, out: Outlook, table: Table) -> Iterator[str]:
        line, day = scenario.line, scenario.day
        sets = self.say(P_("{n} set", "{n} sets"), n=self._count(line.sets))
        shifts = self.say(P_("{n} shift", "{n} shifts"), n=day.shifts)
        opens = f"{day.opens}–{day.closes}" + (f", {shifts}" if day.shifts > 1 else "")
        yield f"{scenario.name}: {sets}, {opens}"
        for note in scenario.note.strip().splitlines():
            yield f"  {note}"
        yield ""
        pace = self.say(
            "{pace} a day ({low}–{high}), {per_set} per set and day,",
            pace=self._count(out.per_day),
            low=self._count(out.per_day_low),
            high=self._count(out.per_day_high),
            per_set=self._count(out.per_set_day),
        )
        yield self._about(self.say("pace"), pace)
        per_hour, takt = self._tenth(out.per_set_hour), self._tenth(out.takt_min)
        every = self.say(
            "{per_hour} per set and hour: one every {takt} min", per_hour=per_hour, takt=takt
        )
        yield self._about("", every)
        through = self._tenth(out.through_min)
        walk = self.say("{through} min from the desk to the slip", through=through)
        yield self._about(self.say("a person"), walk)
        if out.wait_min is not None and out.wait_90_min is not None:
            middle, most = self._count(out.wait_min), self._count(out.wait_90_min)
            waits = self.say(
                "{middle} min in the middle, nine in ten within {most} min",
                middle=middle,
                most=most,
            )
            yield self._about(self.say("waiting"), waits)
            home = self._count(out.sent_home)
            ends = self.say(
                "longest queue {longest}, sent home at closing {home}",
                longest=out.longest_queue,
                home=home,
            )
            yield self._about("", ends)
        if out.referred:
            referred = self._count(out.referred)
            mend = self.say(
                "{referred} a day referred to have their data corrected", referred=referred
            )
            yield self._about("", mend)
        busy = ", ".join(f"{place} {share:.0%}" for place, share in out.busy.items())
        yield self._about(self.say("machines"), self.say("busy: {busy}", busy=busy))
        idle = f"{out.idle_share:.0%}"
        limits = self.say(
            "{place} limits the line; free while people waited: {idle}",
            place=out.bottleneck,
            idle=idle,
        )
        yield self._about("", limits)
        if out.finish is not None:
            yield from self._finish(out)
        if table:
            yield ""
            yield from self._table(table)

    def _finish(self, out: Outlook) -> Iterator[str]:
        end = out.finish
        if end is None:
            return
        ends = self.say(
            "{day} (80 %: {early} to {late}), {left} left",
            day=self._day(end.day),
            early=self._day(end.early),
            late=self._day(end.late),
            left=self._count(end.left),
        )
        yield self._about(self.say("finished"), ends)
        if end.due is not None and end.in_time is not None:
            due, share = end.due.isoformat(), f"{end.in_time:.0%}"
            in_time = self.say("in time for {due}: {share}", due=due, share=share)
            if end.needed_per_day:
                needed = self._count(end.needed_per_day)
                in_time += self.say("; needs {needed} each open day", needed=needed)
            yield self._about("", in_time)

    def _table(self, table: Table) -> Iterator[str]:
        hours = sorted({hours for _, hours in table})
        with_end = any(one.finish is not None for one in table.values())
        what = self.say("a day / finished (! too late)") if with_end else self.say("a day")
        yield self.say("what if: {what}", what=what)
        title = self.say("sets")
        yield f"{title:<5}" + "".join(f"{f'{h:g} h':>20}" for h in hours)
        for sets in sorted({sets for sets, _ in table}):
            yield f"{sets:>4} " + "".join(f"{self._cell(table[sets, h]):>20}" for h in hours)

    def _cell(self, out: Outlook) -> str:
        pace = self._count(out.per_day)
        if out.finish is None:
            return pace
        late = "!" if out.finish.in_time is not None and out.finish.in_time < 0.5 else ""
        return f"{pace} / {self._day(out.finish.day)}{late}"

    def _day(self, day: date | None) -> str:
        return day.isoformat() if day is not None else self.say("not in 5 years")
