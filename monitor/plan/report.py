"""A plan as text for people, and as JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from monitor.plan.campaign import Outlook
from monitor.plan.scenario import Scenario

Table = Mapping[tuple[int, float], Outlook]


def as_text(scenario: Scenario, outlook: Outlook, table: Table | None = None) -> str:
    """Some lines of at most 80 columns, the what-if table last."""
    return "\n".join(_lines(scenario, outlook, table or {}))


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


def _lines(scenario: Scenario, out: Outlook, table: Table) -> Iterator[str]:
    line, day = scenario.line, scenario.day
    shifts = f", {day.shifts} shifts" if day.shifts > 1 else ""
    yield f"{scenario.name}: {_sets(line.sets)}, {day.opens}–{day.closes}{shifts}"
    for note in scenario.note.strip().splitlines():
        yield f"  {note}"
    yield ""
    band = f"{out.per_day_low:,.0f}–{out.per_day_high:,.0f}"
    yield f"pace        {out.per_day:,.0f} a day ({band}), {out.per_set_day:,.0f} per set and day,"
    yield f"            {out.per_set_hour:.1f} per set and hour: one every {out.takt_min:.1f} min"
    yield f"a person    {out.through_min:.1f} min from the desk to the slip"
    if out.wait_min is not None and out.wait_90_min is not None:
        yield (
            f"waiting     {out.wait_min:.0f} min in the middle, nine in ten within "
            f"{out.wait_90_min:.0f} min"
        )
        home = f"sent home at closing {out.sent_home:.0f}"
        yield f"            longest queue {out.longest_queue}, {home}"
    if out.referred:
        yield f"            {out.referred:.0f} a day referred to have their data corrected"
    busy = ", ".join(f"{place} {share:.0%}" for place, share in out.busy.items())
    yield f"machines    busy: {busy}"
    idle = f"free while people waited: {out.idle_share:.0%}"
    yield f"            {out.bottleneck} limits the line; {idle}"
    if out.finish is not None:
        yield from _finish(out)
    if table:
        yield ""
        yield from _table(table)


def _finish(out: Outlook) -> Iterator[str]:
    end = out.finish
    if end is None:
        return
    band = f"80 %: {_day(end.early)} to {_day(end.late)}"
    yield f"finished    {_day(end.day)} ({band}), {end.left:,} left"
    if end.due is not None and end.in_time is not None:
        needed = f"; needs {end.needed_per_day:,.0f} each open day" if end.needed_per_day else ""
        yield f"            in time for {end.due.isoformat()}: {end.in_time:.0%}{needed}"


def _table(table: Table) -> Iterator[str]:
    hours = sorted({hours for _, hours in table})
    with_end = any(one.finish is not None for one in table.values())
    what = "a day / finished (! too late)" if with_end else "a day"
    yield f"what if: {what}"
    yield "sets " + "".join(f"{f'{h:g} h':>20}" for h in hours)
    for sets in sorted({sets for sets, _ in table}):
        yield f"{sets:>4} " + "".join(f"{_cell(table[sets, h]):>20}" for h in hours)


def _cell(out: Outlook) -> str:
    text = f"{out.per_day:,.0f}"
    if out.finish is None:
        return text
    late = "!" if out.finish.in_time is not None and out.finish.in_time < 0.5 else ""
    return f"{text} / {_day(out.finish.day)}{late}"


def _sets(count: int) -> str:
    return "1 set" if count == 1 else f"{count:,} sets"


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else "not in 5 years"
