"""Devices and print jobs in trouble: what happened, what to do. The rest of the desk goes on."""

from __future__ import annotations

from controller import commands as c
from controller.console.frame import Frame, Tag
from controller.console.words import DEVICES, PAPERS
from controller.views import JobView, Message, StationView


def trouble_panel(page: Frame[StationView]) -> None:
    page.region(_troubles, lambda shown: _draw(page, *shown), "troubles")


def _troubles(view: StationView) -> tuple[object, ...]:
    devices = tuple(
        (d.device, d.advice) for d in view.devices if d.health == "failed" and d.advice is not None
    )
    jobs = tuple(j for j in view.jobs if j.problem is not None)
    return devices, jobs, view.notices[-1:]


def _draw(
    page: Frame[StationView],
    devices: tuple[tuple[str, Message], ...],
    jobs: tuple[JobView, ...],
    notices: tuple[Message, ...],
) -> None:
    for device, advice in devices:
        box = Tag("div", classes="trouble")
        box.props["role"] = "alert"
        with box:
            Tag("b", page.say(DEVICES.get(device, device)))
            Tag("p", page.tell(advice))
    for job in jobs:
        with Tag("div", classes="trouble"):
            paper = page.say(PAPERS[job.paper])
            whose = f"{paper} {job.ticket}" if job.ticket is not None else paper
            Tag("b", whose)
            assert job.problem is not None
            if (job.problem.text) not in [advice.text for _, advice in devices]:
                Tag("p", page.tell(job.problem))
            else:
                Tag("p", page.say("It is printed as soon as the printer is back."))
            _way_out(page, job)
    for notice in notices:
        with Tag("div", classes="notice"):
            Tag("p", page.tell(notice))


def _way_out(page: Frame[StationView], job: JobView) -> None:
    ticket = next((t for t in page.view.printing if t.number == job.ticket), None)
    if job.paper != "ticket" or ticket is None:
        page.button(page.say("Do not print"), page.doing(c.DropPrint(job.job)), look="small")
        return
    number = (ticket.day, ticket.number)
    handed = page.say("Number was told: handed over")
    page.button(handed, page.doing(c.HandOverTicket(*number)), look="small")
    page.button(page.say("Cancel ticket"), page.doing(c.CancelTicket(*number)), look="small")
