"""Devices and print jobs in trouble: what happened, what to do. The rest of the desk goes on."""

from __future__ import annotations

from dataclasses import dataclass

from controller import commands as c
from controller.console.frame import Frame
from controller.console.panels import device_word
from controller.console.parts import Tag
from controller.console.words import CLOCK_UNSET
from controller.views import JobView, Message, StationView
from ground.text.words import PAPERS

Device = tuple[str, Message]


@dataclass
class Shown:
    """What this page remembers: whether the list of papers is open."""

    papers: bool = False


def trouble_panel(page: Frame[StationView]) -> None:
    shown = Shown()

    def select(view: StationView) -> tuple[tuple[Device, ...], tuple[JobView, ...], bool]:
        failed = ((d.device, d.advice) for d in view.devices if d.health == "failed")
        devices = tuple((device, advice) for device, advice in failed if advice is not None)
        return devices, tuple(j for j in view.jobs if j.problem is not None), shown.papers

    page.region(lambda v: v.clock_trusted, lambda trusted: clock_trouble(page, trusted))
    page.region(select, lambda now: _troubles(page, shown, *now), "troubles")
    page.region(lambda v: (v.notices, page.browser.read), lambda told: _notices(page, *told))


def clock_trouble(page: Frame[StationView], trusted: bool) -> None:
    """What is done under a clock that nobody set is dated, if ever, when it is set."""
    if not trusted:
        box = Tag("div", classes="trouble clock")
        box.props["role"] = "alert"
        with box:
            Tag("b", page.say("Clock"))
            Tag("p", page.say(CLOCK_UNSET))


def _troubles(
    page: Frame[StationView],
    shown: Shown,
    devices: tuple[Device, ...],
    jobs: tuple[JobView, ...],
    opened: bool,
) -> None:
    def toggle() -> None:
        shown.papers = not shown.papers

    label = page.say("Hide the papers") if opened else page.say("Show the papers")
    for device, advice in devices:
        box = Tag("div", classes="trouble")
        box.props["role"] = "alert"
        with box:
            Tag("b", page.say(device_word(device)))
            Tag("p", page.tell(advice))
            if jobs and device == devices[-1][0]:
                page.button(f"{label} ({len(jobs)})", toggle, look="small")
    if opened:
        for job in jobs:
            _job(page, job)


def _job(page: Frame[StationView], job: JobView) -> None:
    with Tag("div", classes="trouble"):
        whose = str(job.ticket) if job.ticket is not None else job.dossier or ""
        Tag("b", f"{page.say(PAPERS[job.paper])} {whose}".strip())
        Tag("p")
        ticket = next((t for t in page.view.printing if t.number == job.ticket), None)
        if ticket is None:
            page.button(page.say("Do not print"), page.doing(c.DropPrint(job.job)), look="small")
            return
        number = (ticket.day, ticket.number)
        handed = page.say("Number was told: handed over")
        page.button(handed, page.doing(c.HandOverTicket(*number)), look="small")
        page.button(page.say("Cancel ticket"), page.doing(c.CancelTicket(*number)), look="small")


def unread(notices: tuple[Message, ...], read: tuple[Message, ...]) -> tuple[Message, ...]:
    """What came after ``read``, newest first.

    The station keeps the latest notices only: the oldest of those read may be gone.
    """
    known = next(n for n in range(len(read), -1, -1) if read[len(read) - n :] == notices[:n])
    return tuple(reversed(notices[known:]))


def _notices(
    page: Frame[StationView], notices: tuple[Message, ...], read: tuple[Message, ...]
) -> None:
    new = unread(notices, read)
    if not new:
        return

    def understood() -> None:
        page.browser.read = notices

    with Tag("div", classes="notice"):
        with Tag("ul"):
            for notice in new:
                Tag("li", page.tell(notice))
        page.button(page.say("Understood"), understood, look="small quiet")
