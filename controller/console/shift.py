"""The shift page: what was done today, and whether the books balance."""

from __future__ import annotations

from starlette.requests import Request

from controller.console import panels
from controller.console.frame import Console, Frame
from controller.console.parts import Tag
from controller.console.region import hours
from controller.console.words import SPANS
from controller.views import ShiftView, TargetView
from ground.day import shown
from ground.text import N_

WHAT_TO_DO = N_(
    "Go on working: nothing that was recorded is lost. Note the time, and call a technician, who "
    "checks the journal with “tram journal verify”."
)


def shift_page(console: Console, request: Request) -> None:
    page: Frame[ShiftView] = Frame(console, request, lambda _: console.service.shift())
    with Tag("main", classes="page shift"):
        page.region(lambda v: (v.day, v.target), lambda shown: _header(page, *shown))
        with Tag("div", classes="fill scroll") as figures:
            page.region(lambda v: v, lambda shift: _draw(page, shift))
        figures.props["tabindex"] = "0"  # scrolled by keys, too: nothing in it takes the focus
        figures.props["role"] = "region"
        figures.props["aria-label"] = page.say("Shift")


def _header(page: Frame[ShiftView], day: int, target: TargetView | None) -> None:
    date = shown(day)
    if target is not None:
        date += " · " + page.say("open {hours}", hours=hours(target.opens, target.closes))
    with Tag("header", classes="top"):
        Tag("strong", page.say("Shift"))
        Tag("span", date, "where")
        with Tag("nav"):
            page.link(page.say("Desk"), page.address("/"), "F2")
            page.link(page.say("Technician"), page.address("/technician"))
            page.language_switch()


def _draw(page: Frame[ShiftView], shift: ShiftView) -> None:
    with Tag("div", classes="figures"):
        for label, value, look in (
            (_sealed(page, shift.target), shift.sealed, "good"),
            (page.say("Referred"), shift.referred, ""),
            (page.say("Refused"), shift.refused, ""),
            (page.say("Abandoned"), shift.abandoned, ""),
            (page.say("In work"), shift.open, ""),
            (page.say("Waiting"), shift.waiting, ""),
        ):
            _figure(label, str(value), look)
        _figure(page.say("Pace per dossier"), _clock(shift.pace_s), "")
    _balance(page, shift)
    with Tag("div", classes="halves"):
        _per_hour(page, shift)
        with Tag("div"):
            _stages(page, shift)
            _idle(page, shift)


def _sealed(page: Frame[ShiftView], target: TargetView | None) -> str:
    if target is None or not target.per_day:
        return page.say("Sealed")
    return page.say("Sealed, target {count}", count=target.per_day)


def _figure(label: str, value: str, look: str) -> None:
    with Tag("div", classes=f"figure {look}"):
        Tag("b", value)
        Tag("span", label)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _balance(page: Frame[ShiftView], shift: ShiftView) -> None:
    """Two equations whose terms are each counted by themselves."""
    tickets_say = page.say(
        "Tickets: {issued} = {served} came + {no_shows} did not come + {waiting} waiting "
        "+ {called} called",
        issued=shift.issued,
        served=shift.served,
        no_shows=shift.no_shows + shift.expired,
        waiting=shift.waiting,
        called=shift.called,
    )
    dossiers_say = page.say(
        "Dossiers: {dossiers} ({served} with ticket, {without} without) = {sealed} sealed "
        "+ {referred} referred + {refused} refused + {abandoned} abandoned + {open} in work",
        dossiers=shift.served + shift.without_ticket,
        served=shift.served,
        without=shift.without_ticket,
        sealed=shift.sealed,
        referred=shift.referred,
        refused=shift.refused,
        abandoned=shift.abandoned,
        open=shift.open,
    )
    with Tag("div", classes=f"balance {'bad' if shift.lost else 'good'}"):
        for said, balances in zip((tickets_say, dossiers_say), balanced(shift), strict=True):
            Tag("p", said, "" if balances else "bad")
        if not shift.lost:
            Tag("b", page.say("The books balance: nothing is lost."))
            return
        Tag("b", page.say("The books do not balance: {lost} missing.", lost=shift.lost))
        Tag("p", page.say(WHAT_TO_DO))


def balanced(shift: ShiftView) -> tuple[bool, bool]:
    """Whether the equation of the tickets holds, and that of the dossiers."""
    absent = shift.no_shows + shift.expired
    ticket_ends = shift.served + absent + shift.waiting + shift.called
    closed = shift.sealed + shift.referred + shift.refused + shift.abandoned
    dossiers = shift.served + shift.without_ticket
    return shift.issued == ticket_ends, dossiers == closed + shift.open


def _per_hour(page: Frame[ShiftView], shift: ShiftView) -> None:
    hours = dict(shift.per_hour)
    most = max(hours.values(), default=0) or 1
    with Tag("section", classes="per-hour"):
        Tag("h2", page.say("Closed per hour"))
        with Tag("div", classes="bars"):
            for hour in range(min(hours, default=7), max(hours, default=17) + 1):
                count = hours.get(hour, 0)
                with Tag("div", classes="bar"):
                    Tag("b", str(count) if count else "")
                    Tag("i").style(f"--part:{count / most:.3f}")
                    Tag("span", str(hour))


def _stages(page: Frame[ShiftView], shift: ShiftView) -> None:
    Tag("h2", page.say("Median time"))
    with Tag("table", classes="plain"):
        for stage in shift.stages:
            with Tag("tr"):
                panel = panels.named(stage.stage)
                span = panel.span if panel else SPANS.get(stage.stage, stage.stage)
                Tag("th", page.say(span))
                Tag("td", _clock(stage.median_s))


def _idle(page: Frame[ShiftView], shift: ShiftView) -> None:
    Tag("h2", page.say("Machines"))
    busy = dict(shift.busy_s)
    with Tag("table", classes="plain"):
        with Tag("tr"):
            Tag("th")
            Tag("th", page.say("busy"))
            Tag("th", page.say("idle while people waited"))
        for device, idle in shift.idle_s:
            with Tag("tr"):
                Tag("th", page.say(panels.device_word(device)))
                Tag("td", _clock(busy.get(device, 0)))
                Tag("td", _clock(idle))
        for label, value in (
            (
                page.say("Waiting for the software, 95 % of dossiers below"),
                f"{shift.software_p95_ms} ms",
            ),
            (page.say("Forced portraits"), str(shift.forced)),
            (page.say("Missing fingers"), str(shift.missing_fingers)),
        ):
            with Tag("tr"):
                Tag("th", label)
                Tag("td", value).props["colspan"] = 2
