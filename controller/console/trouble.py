"""Devices and print jobs in trouble: what happened, what to do. The rest of the desk goes on."""

from __future__ import annotations

from dataclasses import dataclass

from controller import commands as c
from controller.console.frame import Frame, Tag
from controller.console.words import DEVICES, PAPERS
from controller.views import JobView, Message, StationView

Device = tuple[str, Message]


@dataclass
class Shown:
    """What this page remembers: whether the list of papers is open, and notices put away."""

    papers: bool = False
    read: tuple[Message, ...] = ()


def trouble_panel(page: Frame[StationView]) -> None:
    shown = Shown()

    def select(view: StationView) -> tuple[tuple[Device, ...], tuple[JobView, ...], bool]:
        failed = ((d.device, d.advice) for d in view.devices if d.health == "failed")
        devices = tuple((device, advice) for device, advice in failed if advice is not None)
        return devices, tuple(j for j in view.jobs if j.problem is not None), shown.papers

    def notice(view: StationView) -> Message | None:
        return view.notices[-1] if view.notices and view.notices != shown.read else None

    page.region(select, lambda now: _troubles(page, shown, *now), "troubles")
    page.region(notice, lambda now: _notice(page, shown, now))


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
            Tag("b", page.say(DEVICES.get(device, device)))
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


def _notice(page: Frame[StationView], shown: Shown, notice: Message | None) -> None:
    if notice is None:
        return

    def read() -> None:
        shown.read = page.view.notices

    with Tag("div", classes="notice"):
        Tag("p", page.tell(notice))
        page.button(page.say("Understood"), read, look="small quiet")
