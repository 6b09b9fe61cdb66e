"""The technician's page: each device's state and remedy, live tests, voice, versions."""

from __future__ import annotations

from importlib.metadata import version

from nicegui import events, ui
from starlette.requests import Request

from controller import commands as c
from controller.console.frame import Action, Console, Frame, Tag
from controller.console.unlock import unlock_form
from controller.console.words import DEVICES, FAULTS, HEALTH
from controller.texts import N_
from controller.views import DeviceView, Message, StationView
from edge.journal.events import Device

IMPORTED = N_("Imported: {groups} groups, {people} people.")


class Technician(Frame[StationView]):
    """``results``: what live tests said, by device; the latest only."""

    def __init__(self, console: Console, request: Request) -> None:
        self.results: dict[str, tuple[bool, str]] = {}
        super().__init__(console, request, console.service.view)


def technician_page(console: Console, request: Request) -> None:
    page = Technician(console, request)
    with Tag("main", classes="page"):
        page.region(lambda v: (v.name, v.station), lambda shown: _header(page, *shown))
        page.show_advice()
        page.region(lambda v: v.operator is None, lambda locked: _body(page, locked), "fill scroll")


def _header(page: Technician, name: str, station: str) -> None:
    with Tag("header", classes="top"):
        Tag("strong", page.say("Technician"))
        Tag("span", f"{name} · {station}", "where")
        with Tag("nav"):
            page.link(page.say("Desk"), page.address("/"), "F2")
            page.link(page.say("Shift"), page.address("/shift"))
            page.language_switch()


def _body(page: Technician, locked: bool) -> None:
    if locked:
        unlock_form(page)
    with Tag("div", classes="devices"):
        for device in Device:
            _device_region(page, device)
    if not locked:
        _schedule(page)
    page.region(lambda v: (v.voice, v.outbox, v.roster_people), lambda s: _station(page, *s))


def _device_region(page: Technician, device: Device) -> None:
    page.region(
        lambda v: (_of(v, device), page.results.get(device), v.operator is None),
        lambda shown: _device(page, *shown),
    )


def _of(view: StationView, device: Device) -> DeviceView:
    absent = DeviceView(device, "absent", None, None, "", "", None)
    return next((d for d in view.devices if d.device == device), absent)


def _device(
    page: Technician, device: DeviceView, result: tuple[bool, str] | None, locked: bool
) -> None:
    with Tag("section", classes=f"device {device.health}"):
        with Tag("div", classes="device-head"):
            Tag("h2", page.say(DEVICES[device.device]))
            state = page.say(HEALTH[device.health])
            if device.fault:
                state = f"{state}: {page.say(FAULTS.get(device.fault, device.fault))}"
            Tag("b", state, "state")
        if device.advice:
            Tag("p", page.tell(device.advice))
        if device.held_by and not locked:
            Tag("p", page.say("In use by dossier {dossier}", dossier=device.held_by))
        if device.detail and not locked:
            Tag("p", device.detail, "detail")
        if device.last_error != device.detail and device.last_error and not locked:
            Tag("p", page.say("Last error: {error}", error=device.last_error), "detail")
        if result is not None:
            passed, detail = result
            verdict = page.say("Test passed") if passed else page.say("Test failed")
            Tag("p", f"{verdict}: {detail}", "good" if passed else "mend")
        if device.health != "absent" and not locked:
            page.button(page.say("Test now"), _test(page, device.device), look="small")
            if device.device == Device.PRINTER:
                page.button(page.say("Print test page"), page.doing(c.TestPrint()), look="small")


def _test(page: Technician, device: str) -> Action:
    async def test() -> None:
        page.results.pop(device, None)
        result = await page.do(c.TestDevice(Device(device)))
        assert isinstance(result, c.TestResult)
        page.results[device] = (result.passed, result.detail)

    return test


def _schedule(page: Technician) -> None:
    """Import of the groups' schedule: all of the file, or nothing and every bad line named."""

    async def chosen(event: events.UploadEventArguments) -> None:
        async def load() -> None:
            text = (await event.file.read()).decode("utf-8-sig", "replace")
            done = await page.do(c.ImportGroups(text))
            assert isinstance(done, c.GroupsImported)
            page.advice = Message(IMPORTED, {"groups": done.groups, "people": done.people})

        await page.run(load)
        picker.reset()

    with Tag("section", classes="device"):
        Tag("h2", page.say("Schedule of groups"))
        Tag("p", page.say("A CSV file with the columns group,name,day,time,people"))
        label = page.say("Choose the file")
        picker = ui.upload(label=label, on_upload=chosen, auto_upload=True, max_file_size=1 << 20)
        picker.props("accept=.csv flat bordered")


def _station(page: Technician, voice: bool, outbox: int, people: int) -> None:
    with Tag("section", classes="device"):
        Tag("h2", page.say("Station"))
        Tag("p", page.say("{count} sealed packets wait for the region's receipt", count=outbox))
        Tag("p", page.say("{count} people on the roster", count=people))
        Tag("p", page.say("Version {version}", version=version("tram")))
        if page.view.operator is not None:
            label = page.say("Spoken calls: off") if not voice else page.say("Spoken calls: on")
            page.button(label, page.doing(c.SetVoice(not voice)), look="small")
