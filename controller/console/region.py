"""What the region has set and asked for, as the pages show it: intake, target, hours, commands."""

from __future__ import annotations

from controller.console.frame import Frame
from controller.console.parts import Tag
from controller.console.words import clock
from controller.views import CommandView, RegionView, StationView, TargetView
from ground.day import short
from ground.text import N_, P_
from ground.text.words import COMMAND_OUTCOMES, ORDERS

PAUSED = N_("No new numbers: the region has paused the intake. Serve the people who have one.")


def hours(opens: int, closes: int) -> str:
    """``06:30–24:00``, from minutes of the local day."""
    return f"{clock(opens)}–{clock(closes)}"


def paused_note(page: Frame[StationView]) -> None:
    """On the desk, for as long as no numbers are given."""

    def draw(intake_open: bool) -> None:
        if not intake_open:
            Tag("p", page.say(PAUSED), "contradiction")

    page.region(lambda v: v.region.intake_open, draw)


def region_card(page: Frame[StationView]) -> None:
    """On the technician's page."""
    page.region(lambda v: (v.region, v.operator is None), lambda shown: _card(page, *shown))


def _card(page: Frame[StationView], region: RegionView, locked: bool) -> None:
    with Tag("section", classes="device region"):
        Tag("h2", page.say("The region"))
        for message in region.standing:
            Tag("p", page.tell(message), "detail" if region.connected else "mend")
        if region.intake_open:
            Tag("p", page.say("Tickets are being issued."))
        else:
            Tag("p", page.say(PAUSED), "mend")
        if region.target is None:
            Tag("p", page.say("The region has set no target."))
        else:
            Tag("p", _target(page, region.target))
        if locked:
            return
        Tag("p", page.say("Commands of the region, the latest first:"))
        if not region.commands:
            Tag("p", page.say("None has come."), "detail")
            return
        with Tag("table", classes="plain"):
            for command in region.commands:
                _command(page, command)


def _target(page: Frame[StationView], target: TargetView) -> str:
    return page.say(
        P_("Target: {n} dossier a day, open {hours}", "Target: {n} dossiers a day, open {hours}"),
        n=target.per_day,
        hours=hours(target.opens, target.closes),
    )


def _command(page: Frame[StationView], command: CommandView) -> None:
    with Tag("tr"):
        Tag("td", f"{short(command.day)} {clock(command.minute_of_day)}")
        Tag("th", page.say(ORDERS.get(command.order, command.order)))
        if command.outcome is None:
            Tag("td", page.say("waits"))
        else:
            Tag("td", page.say(COMMAND_OUTCOMES[command.outcome]))
