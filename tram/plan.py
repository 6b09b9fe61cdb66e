"""``tram plan``: what sets, desks and hours bring, and when everybody is done."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from ground.text import N_
from tram.plain import complain, languages, parts_of, plain_errors, said

if TYPE_CHECKING:
    from plan.scenario import Scenario

WHOLE = N_("The whole region")
_WEEKS_MS = 14 * 86_400_000
"""Stage times are measured over the last two weeks: older ones are of other people and crews."""


def plan(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="Scenario file (TOML), or the name of a built-in one; none: list them."
        ),
    ] = None,
    sets: Annotated[int | None, typer.Option(min=1, max=1000, help="Sets of equipment.")] = None,
    hours: Annotated[float | None, typer.Option(min=0.5, max=24, help="Open hours a day.")] = None,
    desks: Annotated[int | None, typer.Option(min=1, max=20, help="Desks of each set.")] = None,
    target: Annotated[int | None, typer.Option(min=1, help="People to enrol.")] = None,
    done: Annotated[int, typer.Option(min=0, help="Of them done already (with --target).")] = 0,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day [default: today].")
    ] = None,
    due: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day on which all must be done.")
    ] = None,
    db: Annotated[
        str | None, typer.Option(help="Region's store: take the stage times measured there.")
    ] = None,
    place: Annotated[str, typer.Option(help="Branch of the region tree (with --db).")] = "",
    what_if: Annotated[bool, typer.Option("--what-if", help="Table of sets and hours.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    seed: Annotated[int, typer.Option(help="Same seed, same days.")] = 1,
) -> None:
    """Simulate the line: pace, queue, idle machines, and the finishing date.

    For example: tram plan quang-tri, or
    tram plan booth --sets 3 --hours 12 --target 21566 --due 2026-04-30 --what-if
    """
    with plain_errors(), parts_of("monitor", "simpy"):
        from plan import campaign, report
        from plan import scenario as files

        if scenario is None:
            for name in files.built_in():
                typer.echo(f"{name:<24} {files.load(name).name}")
            return
        try:
            chosen = files.load(scenario)
        except files.BadScenario as error:
            typer.echo(f"{scenario}: {error}", err=True)
            complain("Correct the scenario and try again; docs/plan.md names every key.")
            raise typer.Exit(1) from None
        if db is not None:
            chosen = _measured(chosen, db, place)
        chosen = campaign.with_sets_and_hours(chosen, sets, hours)
        if desks is not None:
            first = chosen.line.stages[0].at
            places = {**chosen.line.places, first: desks}
            line = msgspec.structs.replace(chosen.line, places=places)
            chosen = msgspec.structs.replace(chosen, line=line)
        if target is not None:
            wanted = files.Campaign(
                target=target,
                done=done,
                start=(start or datetime.now()).date(),
                due=due.date() if due is not None else None,
            )
            chosen = msgspec.structs.replace(chosen, campaign=wanted)
        elif chosen.campaign is not None:
            wanted = chosen.campaign
            if start is not None:
                wanted = msgspec.structs.replace(wanted, start=start.date())
            if due is not None:
                wanted = msgspec.structs.replace(wanted, due=due.date())
            chosen = msgspec.structs.replace(chosen, campaign=wanted)
        found = campaign.outlook(chosen, seed)
        table = None
        if what_if:
            now, open_h = chosen.line.sets, chosen.day.hours.open_min / 60
            more = sorted({max(1, now - 1), now, now + 1, now * 2})
            longer = sorted({open_h, min(24.0, open_h + 2), 24.0})
            table = campaign.what_if(chosen, more, longer, seed)
        if as_json:
            typer.echo(json.dumps(report.as_json(chosen, found, table), indent=2))
        else:
            typer.echo(report.as_text(chosen, found, table, languages()[0]))


def _measured(chosen: Scenario, db: str, place: str) -> Scenario:
    """The scenario on the line as the store of the region knows it."""
    from sqlalchemy.exc import DBAPIError

    from monitor.store.database import BadStoreUrl, open_store
    from monitor.store.durations import durations
    from plan.measured import TooFew, line_of, measure

    desks = chosen.line.places.get("desk", 2)
    since_ms = time.time_ns() // 1_000_000 - _WEEKS_MS
    try:
        with open_store(db, create=False).connect() as connection:
            found = measure(*durations(connection, place, since_ms))
    except TooFew as few:
        complain(
            "{place}: only {few}. Leave --db out to plan with assumed times.",
            place=place or said(WHOLE),
            few=few,
        )
    except BadStoreUrl as error:
        complain(error.advice)
    except DBAPIError:
        complain("--db: the store cannot be read. Check its address, and that it is running.")
    else:
        line = line_of(found, chosen.line.sets, desks, max(2, chosen.line.in_flight))
        note = f"Stage times of {found.dossiers:,} dossiers at {found.booths} booths, last 2 weeks."
        name = f"{chosen.name}, measured at {place or 'the region'}"
        return msgspec.structs.replace(chosen, name=name, note=note, line=line)
    raise typer.Exit(1)
